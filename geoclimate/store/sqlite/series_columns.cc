#include "geoclimate/store/sqlite/series_columns.h"

namespace geoclimate::store::sqlite {

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

}  // namespace geoclimate::store::sqlite
