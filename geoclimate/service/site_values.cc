#include "geoclimate/service/site_values.h"

#include <algorithm>
#include <deque>
#include <string>

#include "geoclimate/airquality/daily_value.h"
#include "geoclimate/service/live_values.h"

namespace geoclimate::service {
namespace {

// The versions of the newest day that a visit has come to; earlier days are forgotten.
class NewestDay {
 public:
  explicit NewestDay(airquality::Pollutant pollutant, std::chrono::minutes utc_offset)
      : pollutant_(pollutant), utc_offset_(utc_offset) {}

  void Add(const store::StoredObservation& stored) {
    const airquality::Observation& observation = stored.observation;
    const base::LocalDay day = base::DayOf(observation.key.start, utc_offset_);
    if (day != day_) {
      Decide();
      day_ = day;
      candidates_.clear();
      origins_.clear();
      received_at_.clear();
    }
    origins_.emplace_back(stored.origin);
    candidates_.push_back({.parameter = observation.key.parameter,
                           .poc = observation.key.poc,
                           .statistic = observation.key.statistic,
                           .event = observation.key.event,
                           .source = observation.source,
                           .completeness = observation.completeness,
                           .value = observation.value,
                           .origin = origins_.back()});
    received_at_.push_back(stored.received_at);
  }

  std::optional<CurrentValue> Finish() && {
    Decide();
    return found_;
  }

 private:
  void Decide() {
    const airquality::DailyCandidate* highest =
        airquality::HighestDailyRow(pollutant_, candidates_);
    if (highest == nullptr) return;
    found_ = CurrentValue{
        .value = highest->value,
        .aqi = airquality::Aqi(pollutant_, highest->value),
        .day = day_,
        .source = highest->source,
        .received_at = received_at_[static_cast<std::size_t>(highest - candidates_.data())]};
  }

  airquality::Pollutant pollutant_;
  std::chrono::minutes utc_offset_;
  base::LocalDay day_;
  std::vector<airquality::DailyCandidate> candidates_;
  std::deque<std::string> origins_;           // what the candidates' views point into
  std::vector<base::Timestamp> received_at_;  // of the candidates
  std::optional<CurrentValue> found_;
};

base::Result<std::optional<CurrentValue>> FindNewest(store::ObservationStore& store,
                                                     const airquality::Site& site,
                                                     airquality::Pollutant pollutant,
                                                     const DayRange& range, base::LocalDay as_of) {
  // The last day is known to have a value; before it, anything may be missing.
  const base::LocalDay first = range.last <= as_of ? range.last : range.first;
  NewestDay newest(pollutant, site.utc_offset);
  const store::ObservationQuery query{
      .pollutant = pollutant,
      .site = site.id,
      .from = base::DayStart(first, site.utc_offset),
      .to = base::DayStart(std::min(as_of, range.last) + std::chrono::days(1), site.utc_offset),
      .received_by = std::nullopt};
  GC_RETURN_IF_ERROR(store.Visit(
      query, [&newest](const store::StoredObservation& stored) { newest.Add(stored); }));
  return std::move(newest).Finish();
}

CurrentValue Shown(const LiveValue& live, const airquality::Site& site) {
  return {.value = live.value,
          .aqi = live.aqi,
          .day = base::DayOf(live.hour, site.utc_offset),
          .source = live.source,
          .received_at = live.received_at,
          .method = live.nowcast ? airquality::Method::kNowcast : airquality::Method::kObserved,
          .hour = live.hour,
          .nowcast = live.nowcast};
}

}  // namespace

base::Result<CurrentValues> SiteValues::Current(const ListedSite& site, base::LocalDay as_of,
                                                base::Timestamp now) const {
  CurrentValues current;
  GC_ASSIGN_OR_RETURN(const std::vector<LiveValue> live, FindLiveValues(store_, site.site.id, now));
  for (const airquality::Pollutant pollutant : airquality::kPollutants) {
    const auto found = std::find_if(live.begin(), live.end(), [pollutant](const LiveValue& value) {
      return value.aqi.pollutant == pollutant;
    });
    if (found != live.end()) {
      current.values.push_back(Shown(*found, site.site));
      continue;
    }
    const std::optional<DayRange>& range = site.Coverage(pollutant);
    if (!range || range->first > as_of) continue;
    GC_ASSIGN_OR_RETURN(const std::optional<CurrentValue> value,
                        FindNewest(store_, site.site, pollutant, *range, as_of));
    if (value) current.values.push_back(*value);
  }
  for (const CurrentValue& value : current.values) {
    if (!current.day || value.day > *current.day) current.day = value.day;
  }
  std::vector<airquality::AqiValue> newest;
  for (const CurrentValue& value : current.values) {
    if (value.day == *current.day) newest.push_back(value.aqi);
  }
  current.overall = airquality::DominantAqi(newest);
  return current;
}

base::Result<void> SiteValues::VisitHistory(
    const airquality::Site& site, const HistoryQuery& query,
    const std::function<void(const HistoryValue&)>& visit) const {
  const store::ObservationQuery stored_query{
      .pollutant = query.pollutant,
      .site = site.id,
      .from = base::DayStart(query.from, site.utc_offset),
      .to = base::DayStart(query.to + std::chrono::days(1), site.utc_offset),
      .received_by = query.received_by};
  // Versions of a measurement come in a row, the newest last.
  std::optional<HistoryValue> chosen;
  GC_RETURN_IF_ERROR(store_.Visit(stored_query, [&](const store::StoredObservation& stored) {
    const HistoryValue version{stored.observation, stored.received_at};
    const bool same = chosen && chosen->observation.key == version.observation.key;
    if (same && version.observation.source > chosen->observation.source) return;
    if (chosen && !same) visit(*chosen);
    chosen = version;
  }));
  if (chosen) visit(*chosen);
  return {};
}

}  // namespace geoclimate::service
