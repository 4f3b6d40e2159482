#include "geoclimate/service/live_values.h"

#include <array>
#include <map>
#include <tuple>
#include <utility>

#include "geoclimate/airquality/daily_value.h"

namespace geoclimate::service {
namespace {

using airquality::Concentration;
using airquality::kNowCastHours;
using airquality::Pollutant;
using std::chrono::hours;

struct Hour {
  Concentration value;
  airquality::Source source = airquality::Source::kProvisional;
  base::Timestamp received_at;
};

// Of one monitor, by their begin.
using MonitorHours = std::map<base::Timestamp, Hour>;

// By pollutant, parameter and POC.
using MonitorKey = std::tuple<Pollutant, airquality::ParameterCode, std::uint16_t>;

bool IsComplete(const airquality::Observation& observation) {
  return observation.completeness == airquality::kCompletenessUnknown ||
         observation.completeness >= airquality::kCompleteEnough;
}

// Versions of an hour come with the newest last; a final one is not replaced by a provisional one.
void Put(MonitorHours& monitor, const store::StoredObservation& stored) {
  const airquality::Observation& observation = stored.observation;
  if (!IsComplete(observation)) return;
  const Hour hour{observation.value, observation.source, stored.received_at};
  const auto [known, is_new] = monitor.try_emplace(observation.key.start, hour);
  if (!is_new && hour.source <= known->second.source) known->second = hour;
}

std::array<std::optional<Concentration>, kNowCastHours> NewestFirst(const MonitorHours& monitor,
                                                                    base::Timestamp newest) {
  std::array<std::optional<Concentration>, kNowCastHours> window;
  for (std::size_t i = 0; i < kNowCastHours; ++i) {
    const auto hour = monitor.find(newest - hours(i));
    if (hour != monitor.end()) window[i] = hour->second.value;
  }
  return window;
}

std::optional<LiveValue> LiveOf(Pollutant pollutant, const MonitorHours& monitor,
                                base::Timestamp this_hour) {
  if (monitor.empty() || pollutant == Pollutant::kCo) return std::nullopt;
  const auto& [start, newest] = *monitor.rbegin();
  if (start + hours(1) < this_hour - kLiveFor) return std::nullopt;
  LiveValue live{.value = newest.value,
                 .aqi = {},
                 .nowcast = {},
                 .hour = start,
                 .source = newest.source,
                 .received_at = newest.received_at};
  if (airquality::HasNowCast(pollutant)) {
    const auto nowcast = airquality::ComputeNowCast(pollutant, NewestFirst(monitor, start));
    if (!nowcast) return std::nullopt;
    live.value = nowcast->value;
    live.nowcast = nowcast->method;
  }
  live.aqi = airquality::Aqi(pollutant, live.value);
  return live;
}

}  // namespace

base::Result<std::vector<LiveValue>> FindLiveValues(store::ObservationStore& store,
                                                    airquality::SiteId site, base::Timestamp now) {
  const base::Timestamp this_hour = std::chrono::floor<hours>(now);
  const store::ObservationQuery query{
      .pollutant = {},
      .site = site,
      .duration = airquality::Duration::kHour,
      .from = this_hour - hours(kNowCastHours) - kLiveFor - hours(1),
      .to = this_hour,
      .received_by = {}};
  std::map<MonitorKey, MonitorHours> monitors;
  GC_RETURN_IF_ERROR(store.Visit(query, [&monitors](const store::StoredObservation& stored) {
    const auto& key = stored.observation.key;
    const auto pollutant = airquality::PollutantOf(key.parameter);
    if (!pollutant || key.event == airquality::EventStatus::kExcluded) return;
    Put(monitors[{*pollutant, key.parameter, key.poc}], stored);
  }));
  std::vector<LiveValue> values;
  for (const auto& [key, monitor] : monitors) {
    const auto live = LiveOf(std::get<Pollutant>(key), monitor, this_hour);
    if (!live) continue;
    if (values.empty() || values.back().aqi.pollutant != live->aqi.pollutant) {
      values.push_back(*live);
    } else if (live->aqi.aqi > values.back().aqi.aqi) {
      values.back() = *live;
    }
  }
  return values;
}

}  // namespace geoclimate::service
