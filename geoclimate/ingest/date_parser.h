#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "geoclimate/base/day.h"
#include "geoclimate/ingest/source_description.h"

namespace geoclimate::ingest {

enum class DateStatus : std::uint8_t {
  kDay,
  kOtherFormat,  // in none of the formats
  kNoSuchDay,    // in one of them, but no calendar has the day; also years before 1901 or past 2149
};

struct DateReading {
  DateStatus status = DateStatus::kOtherFormat;
  base::LocalDay day;  // when there is one
};

// Reads a date in the first of `formats` that it has. Years have four digits, months and days one
// or two.
DateReading ReadDate(std::string_view text, std::span<const DateFormat> formats);

}  // namespace geoclimate::ingest
