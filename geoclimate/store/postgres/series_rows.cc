#include "geoclimate/store/postgres/series_rows.h"

namespace geoclimate::store::postgres {

void SeriesCall::Add(const Series& series) {
  site_.Add(series.site.number());
  pollutant_.Add(airquality::Index(series.pollutant));
  parameter_.Add(series.parameter);
  poc_.Add(series.poc);
  duration_.Add(static_cast<int>(series.duration));
  statistic_.Add(static_cast<int>(series.statistic));
  event_.Add(static_cast<int>(series.event));
}

Call SeriesCall::Take() const {
  Call call{statement_, {}};
  for (const Column* column :
       {&site_, &pollutant_, &parameter_, &poc_, &duration_, &statistic_, &event_}) {
    call.parameters.Array(*column);
  }
  return call;
}

Series ReadSeries(const Rows& rows, int row, int first) {
  const auto number = [&](int column) { return rows.Integer(row, first + column); };
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

}  // namespace geoclimate::store::postgres
