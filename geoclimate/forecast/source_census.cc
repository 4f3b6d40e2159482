#include "geoclimate/forecast/source_census.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "geoclimate/airquality/daily_value.h"
#include "geoclimate/airquality/observation.h"
#include "geoclimate/airquality/site.h"
#include "geoclimate/forecast/past_rows.h"

namespace geoclimate::forecast {
namespace {

using Kind = std::tuple<airquality::ParameterCode, airquality::Source, airquality::MonitorKind>;

struct Counted {
  model::CardSource source;
  std::optional<airquality::SiteId> last_site;  // sites come in a row
};

void Count(const airquality::ObservationKey& key, base::LocalDay day, Counted& counted) {
  model::CardSource& source = counted.source;
  if (source.measurements++ == 0) source.first_day = source.last_day = day;
  source.first_day = std::min(source.first_day, day);
  source.last_day = std::max(source.last_day, day);
  if (counted.last_site != key.site) ++source.sites;
  counted.last_site = key.site;
}

}  // namespace

base::Result<SourceCensus> CountSources(store::ObservationStore& store, base::LocalDay as_of) {
  GC_ASSIGN_OR_RETURN(const std::vector<airquality::Site> sites, store.Sites());
  std::array<std::map<Kind, Counted>, airquality::kPollutantCount> kinds;
  auto site = sites.begin();
  GC_RETURN_IF_ERROR(store.Visit({}, [&](const store::StoredObservation& stored) {
    const airquality::Observation& observation = stored.observation;
    const airquality::ObservationKey& key = observation.key;
    const auto pollutant = airquality::PollutantOf(key.parameter);
    if (!pollutant) return;
    const airquality::DailyCandidate candidate = {.parameter = key.parameter,
                                                  .poc = key.poc,
                                                  .statistic = key.statistic,
                                                  .event = key.event,
                                                  .source = observation.source,
                                                  .completeness = observation.completeness,
                                                  .value = observation.value,
                                                  .origin = {}};
    if (!airquality::DailyValue(*pollutant, {&candidate, 1})) return;
    while (site != sites.end() && site->id < key.site) ++site;
    if (site == sites.end() || site->id != key.site) return;
    const base::LocalDay day = base::DayOf(key.start, site->utc_offset);
    if (day < FirstTrainingDay(*pollutant) || day > as_of) return;
    Count(key, day,
          kinds[static_cast<std::size_t>(airquality::Index(*pollutant))]
               [{key.parameter, observation.source, observation.monitor}]);
  }));
  SourceCensus census;
  for (std::size_t pollutant = 0; pollutant < kinds.size(); ++pollutant) {
    for (auto& [kind, counted] : kinds[pollutant]) {
      const auto& [parameter, source, monitor] = kind;
      counted.source.parameter = parameter;
      counted.source.source = source == airquality::Source::kFinal ? "final" : "provisional";
      counted.source.monitor =
          monitor == airquality::MonitorKind::kFilter ? "filter" : "continuous";
      census[pollutant].push_back(std::move(counted.source));
    }
  }
  return census;
}

}  // namespace geoclimate::forecast
