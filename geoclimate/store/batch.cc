#include "geoclimate/store/batch.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace geoclimate::store {
namespace {

constexpr base::Timestamp kFirstStart = base::DayStart(base::MakeDay(1900, 1, 1), {});
constexpr base::Timestamp kEndOfStarts = base::DayStart(base::MakeDay(2151, 1, 1), {});

bool Before(const Version& a, const Version& b) {
  if (a.series != b.series) return a.series < b.series;
  return a.Identity() < b.Identity();
}

}  // namespace

base::Result<std::uint32_t> Batch::SeriesIndex(const airquality::ObservationKey& key) {
  if (last_ < series_.size() && IsOf(key, series_[last_])) return last_;
  GC_ASSIGN_OR_RETURN(const Series series, SeriesOf(key));
  const auto [known, inserted] =
      index_.try_emplace(series, static_cast<std::uint32_t>(series_.size()));
  if (inserted) series_.push_back(series);
  last_ = known->second;
  return last_;
}

base::Result<void> Batch::Add(const airquality::Observation& observation,
                              std::optional<base::Timestamp> available_at_floor) {
  const base::Timestamp start = observation.key.start;
  const std::int64_t minutes = MinutesOf(start);
  if (start < kFirstStart || start >= kEndOfStarts || TimeOfMinutes(minutes) != start) {
    return base::InvalidArgument(
        fmt::format("site {}, parameter {}: the start {} us since 1970 is no whole minute of the "
                    "years 1900 to 2150",
                    observation.key.site.ToString(), observation.key.parameter,
                    start.time_since_epoch().count()));
  }
  GC_ASSIGN_OR_RETURN(const std::uint32_t series, SeriesIndex(observation.key));
  Version version;
  version.value = observation.value.micro();
  if (available_at_floor)
    version.available_at_floor = available_at_floor->time_since_epoch().count();
  version.start = static_cast<std::int32_t>(minutes);
  version.series = series;
  version.source = static_cast<std::uint8_t>(observation.source);
  version.completeness = observation.completeness;
  version.monitor = static_cast<std::uint8_t>(observation.monitor);
  versions_.push_back(version);
  return {};
}

std::vector<Batch::Part> Batch::Sort() {
  if (!std::is_sorted(versions_.begin(), versions_.end(), Before)) {
    std::sort(versions_.begin(), versions_.end(), Before);
  }
  std::vector<Part> parts;
  for (auto begin = versions_.begin(); begin != versions_.end();) {
    const auto end = std::find_if(begin, versions_.end(), [&](const Version& version) {
      return version.series != begin->series;
    });
    parts.push_back({begin->series, {begin, end}});
    begin = end;
  }
  return parts;
}

}  // namespace geoclimate::store
