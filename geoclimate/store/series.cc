#include "geoclimate/store/series.h"

#include <fmt/format.h>

#include <optional>
#include <string>

namespace geoclimate::store {

std::size_t SeriesHash::operator()(const Series& series) const {
  std::uint64_t hash = series.site.number();
  for (const std::uint64_t part :
       {std::uint64_t{series.parameter}, std::uint64_t{series.poc},
        static_cast<std::uint64_t>(series.duration), static_cast<std::uint64_t>(series.statistic),
        static_cast<std::uint64_t>(series.event)}) {
    hash = (hash ^ part) * 0x9e3779b97f4a7c15u;
    hash ^= hash >> 32;
  }
  return static_cast<std::size_t>(hash);
}

bool IsOf(const airquality::ObservationKey& key, const Series& series) {
  return key.site == series.site && key.parameter == series.parameter && key.poc == series.poc &&
         key.duration == series.duration && key.statistic == series.statistic &&
         key.event == series.event;
}

base::Result<Series> SeriesOf(const airquality::ObservationKey& key) {
  const std::optional<airquality::Pollutant> pollutant = airquality::PollutantOf(key.parameter);
  if (!pollutant) {
    return base::InvalidArgument(
        fmt::format("site {}: parameter {} belongs to no pollutant that is kept",
                    key.site.ToString(), key.parameter));
  }
  return Series{key.site,     *pollutant,    key.parameter, key.poc,
                key.duration, key.statistic, key.event};
}

airquality::ObservationKey KeyOf(const Series& series, base::Timestamp start) {
  return {series.site,     series.parameter, series.poc,  start,
          series.duration, series.statistic, series.event};
}

std::string Describe(const Series& series) {
  return fmt::format("site {}, parameter {}, POC {}", series.site.ToString(), series.parameter,
                     series.poc);
}

}  // namespace geoclimate::store
