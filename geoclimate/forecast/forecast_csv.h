#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/airquality/forecast.h"
#include "geoclimate/base/result.h"
#include "geoclimate/formats/byte_source.h"

namespace geoclimate::forecast {

// Why a line of a file of forecasts was not taken.
enum class ForecastReject : std::uint8_t {
  kRecordTooLong,    // over a megabyte, often for want of a closing quote
  kMalformedQuotes,  // text behind a closing quote, or a quote that is never closed
  kFieldCount,       // more or fewer fields than the header
  kBadPollutant,
  kBadSiteId,
  kBadDate,         // not YYYY-MM-DD, no day of the calendar, or not within 1900 to 2199
  kBadLeadTime,     // no whole number of 1 to 300 days, and none by valid_date
  kDatesDisagree,   // valid_date is not horizon_days after issued_date
  kBadNumber,       // a value that is no number within 1e9
  kBadProbability,  // not within 0 to 1
  kQuantilesCross,  // p10 <= p50 <= p90 does not hold
  kNothingGiven,    // no mean, p50, p10 with p90, nor probability
  kBadGroup,        // over 64 bytes, not UTF-8, or with control characters
  kStandsTwice,     // the forecast stands on an earlier line, which counts
};
inline constexpr std::size_t kForecastRejectCount = 14;

// As reports spell it, "quantiles_cross".
std::string_view RejectName(ForecastReject reason);

struct RejectedForecast {
  std::uint64_t line = 0;   // the header is line 1
  std::string_view column;  // its name; empty when it is the line itself
  ForecastReject reason = ForecastReject::kFieldCount;
  // "'nan' is no number within 1e9": printable ASCII, what else the line holds as '?', 200 at most.
  std::string detail;
};

struct ForecastFile {
  std::vector<airquality::IssuedForecast> forecasts;  // in the order of the file
  // The texts of the column `group`, in the order of their first line; without the column none.
  std::vector<std::string> groups;
  std::vector<std::uint32_t> group_of;  // beside `forecasts`, an index into `groups`; or empty
  std::array<std::uint64_t, kForecastRejectCount> rejects{};  // by ForecastReject

  std::uint64_t rejected() const;
};

// Reads forecasts to be judged, anybody's: CSV with a header, columns in any order, others ignored.
// docs/formats/forecasts_csv.md describes it.
//
//   pollutant, site_id, issued_date     what was forecast, where, and the last day that was known
//   horizon_days, valid_date            at least one of them
//   mean, p10, p50, p90                 in the pollutant's EPA unit
//   p_aqi_over_100                      probability of AQI > 100
//   model_id, group                     texts
//
// A column that is absent and a field that is empty are not given: NaN. A line on which something
// is wrong is shown to `rejected` and counted, and reading goes on; which lines are does not depend
// on the others, but for forecasts that stand twice, which are told last.
//
// kInvalidArgument naming `name`, when the file is empty or its header lacks what is needed; the
// source's errors.
base::Result<ForecastFile> ReadForecasts(
    formats::ByteSource& bytes, std::string_view name,
    const std::function<void(const RejectedForecast&)>& rejected);

}  // namespace geoclimate::forecast
