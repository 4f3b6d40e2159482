#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "geoclimate/airquality/observation.h"
#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/airquality/site.h"
#include "geoclimate/base/clock.h"
#include "geoclimate/base/result.h"

namespace geoclimate::store {

// What one monitor measures in one way: a key without its start. Ordered as Visit() orders keys of
// one start.
struct Series {
  airquality::SiteId site;
  airquality::Pollutant pollutant = airquality::Pollutant::kPm25;
  airquality::ParameterCode parameter = 0;
  std::uint16_t poc = 0;
  airquality::Duration duration = airquality::Duration::kDay;
  airquality::Statistic statistic = airquality::Statistic::kMean;
  airquality::EventStatus event = airquality::EventStatus::kRegular;
  friend auto operator<=>(const Series&, const Series&) = default;
};

struct SeriesHash {
  std::size_t operator()(const Series& series) const;
};

// The same but for the start.
bool IsOf(const airquality::ObservationKey& key, const Series& series);
// kInvalidArgument when the parameter belongs to no pollutant.
base::Result<Series> SeriesOf(const airquality::ObservationKey& key);
airquality::ObservationKey KeyOf(const Series& series, base::Timestamp start);

// "site 06-037-1103, parameter 88101, POC 1".
std::string Describe(const Series& series);

}  // namespace geoclimate::store
