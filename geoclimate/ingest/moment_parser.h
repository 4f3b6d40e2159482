#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/day.h"

namespace geoclimate::ingest {

enum class MomentStatus : std::uint8_t {
  kMoment,
  kOtherFormat,
  kNoSuchMoment,  // a day that no calendar has, an hour 25; also years before 1901 or past 2149
};

// A day, or a moment of it where the text has a time.
struct MomentReading {
  MomentStatus status = MomentStatus::kOtherFormat;
  base::LocalDay day;                   // as it is written
  std::optional<base::Timestamp> time;  // without one the text is a day
};

// Reads "2024-01-31", or a time in the form of ISO 8601: "2024-01-31T18:00", a blank instead of
// the T, with or without seconds, and the zone behind it as Z, +02:00 or -0500; without a zone it
// is UTC.
MomentReading ReadMoment(std::string_view text);

}  // namespace geoclimate::ingest
