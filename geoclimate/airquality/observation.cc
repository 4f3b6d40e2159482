#include "geoclimate/airquality/observation.h"

#include <chrono>

namespace geoclimate::airquality {

Statistic DailyStatistic(Pollutant pollutant) {
  switch (pollutant) {
    case Pollutant::kPm25:
    case Pollutant::kPm10:
      return Statistic::kMean;
    case Pollutant::kO3:
    case Pollutant::kCo:
      return Statistic::kMax8Hour;
    case Pollutant::kNo2:
    case Pollutant::kSo2:
      return Statistic::kMax1Hour;
  }
  return Statistic::kMean;
}

MonitorKind LikelyMonitorKind(ParameterCode parameter, Source source) {
  const bool reference_particle_method = parameter == Traits(Pollutant::kPm25).parameter ||
                                         parameter == Traits(Pollutant::kPm10).parameter;
  return reference_particle_method && source == Source::kFinal ? MonitorKind::kFilter
                                                               : MonitorKind::kContinuous;
}

base::Timestamp AvailableAt(const ObservationKey& key, MonitorKind kind) {
  const std::chrono::hours covered(key.duration == Duration::kHour ? 1 : 24);
  const std::chrono::hours lag = kind == MonitorKind::kFilter
                                     ? std::chrono::hours(std::chrono::days(30))
                                     : std::chrono::hours(2);
  return key.start + covered + lag;
}

}  // namespace geoclimate::airquality
