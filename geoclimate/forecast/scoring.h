#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/forecast/baselines.h"
#include "geoclimate/forecast/bootstrap.h"
#include "geoclimate/forecast/judge.h"
#include "geoclimate/forecast/score.h"

namespace geoclimate::forecast {

// A score with the ends of its 95 % intervals, figure by figure (bootstrap.h); the blocks are the
// ISO weeks of the valid days, over all sites of the set.
struct IntervalScored {
  std::size_t weeks = 0;
  Score score;
  Score low;
  Score high;
};

// A part of a group's rows. Skill is against the baseline that is best over the whole group.
struct ScoredSubset {
  std::string by;    // "season", "p50", or Grouping::by
  std::string name;  // "DJF" .. "SON"; "over 35 ug/m3"; one of Grouping::names
  IntervalScored scored;
};

// The rows of one pollutant and lead time.
struct ScoredGroup {
  airquality::Pollutant pollutant = airquality::Pollutant::kPm25;
  int horizon_days = 1;
  Baseline best = Baseline::kPersistence;
  IntervalScored scored;
  std::vector<ScoredSubset> subsets;

  const Score& score() const { return scored.score; }
};

// A division of the rows into named groups, of sites for instance.
struct Grouping {
  std::string by;                  // "state"
  std::vector<std::string> names;  // in the order in which they are reported
  std::vector<std::uint32_t> of;   // of each row, an index into `names`
};

// Which subsets are scored beside the whole.
enum class Subsets {
  kNone,
  kAll,  // by season of the valid day; PM2.5 with p50 > 35 ug/m3 (about AQI 100); the grouping's
};

struct ScoringOptions {
  ScoreRules rules = {};
  BootstrapOptions bootstrap = {};
  Subsets subsets = Subsets::kNone;
  const Grouping* grouping = nullptr;  // beside the rows; borrowed
  int threads = 1;                     // changes no bit of the result
};

// One group a pollutant and lead time, in that order, with its subsets that have rows: seasons,
// then p50, then the grouping's. The result does not depend on the order of `judged`, not by a bit,
// as long as no forecast stands twice.
std::vector<ScoredGroup> ScoreForecasts(std::span<const JudgedForecast> judged,
                                        const ScoringOptions& options = {});

}  // namespace geoclimate::forecast
