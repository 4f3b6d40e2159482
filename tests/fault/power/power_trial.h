#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/fault/power/ledger.h"
#include "tests/fault/power/virtual_file_system.h"

namespace geoclimate::fault {

struct TrialOptions {
  // All that happens in a trial follows from it.
  std::uint64_t seed = 0;
  Lie lie = Lie::kNone;
};

struct TrialReport {
  int power_cuts = 0;
  int kills = 0;
  int acknowledged = 0;     // changes
  int died_while_open = 0;  // before it had come so far as to change anything
  Losses losses;            // each with the event that it came after
};

// Processes that run one after another on a virtual disk, on an installation that is new or has
// been in use, and die at a random change of the disk: by a power cut, after which the disk has any
// part of what no sync had followed, or a kill, after which it has all. Each looks for what those
// before it acknowledged, then goes on. The last one is left alone, and must succeed in all that it
// does.
TrialReport RunTrial(const TrialOptions& options);

}  // namespace geoclimate::fault
