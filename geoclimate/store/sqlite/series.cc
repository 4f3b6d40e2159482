#include "geoclimate/store/sqlite/series.h"

#include <fmt/format.h>

#include <optional>
#include <string>

namespace geoclimate::store::sqlite {

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

void BindSeries(Statement& statement, int first, const Series& series) {
  statement.Bind(first, std::int64_t{series.site.number()});
  statement.Bind(first + 1, std::int64_t{airquality::Index(series.pollutant)});
  statement.Bind(first + 2, std::int64_t{series.parameter});
  statement.Bind(first + 3, std::int64_t{series.poc});
  statement.Bind(first + 4, static_cast<std::int64_t>(series.duration));
  statement.Bind(first + 5, static_cast<std::int64_t>(series.statistic));
  statement.Bind(first + 6, static_cast<std::int64_t>(series.event));
}

Series ReadSeries(const Statement& statement, int first) {
  const auto number = [&](int column) { return statement.Integer(first + column); };
  Series series;
  series.site = airquality::SiteId::FromNumber(static_cast<std::uint32_t>(number(0)));
  series.pollutant = static_cast<airquality::Pollutant>(number(1));
  series.parameter = static_cast<airquality::ParameterCode>(number(2));
  series.poc = static_cast<std::uint16_t>(number(3));
  series.duration = static_cast<airquality::Duration>(number(4));
  series.statistic = static_cast<airquality::Statistic>(number(5));
  series.event = static_cast<airquality::EventStatus>(number(6));
  return series;
}

std::string Describe(const Series& series) {
  return fmt::format("site {}, parameter {}, POC {}", series.site.ToString(), series.parameter,
                     series.poc);
}

}  // namespace geoclimate::store::sqlite
