#include "geoclimate/fetch/value_keeper.h"

#include <algorithm>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "geoclimate/airquality/daily_value.h"
#include "geoclimate/airquality/day_from_hours.h"
#include "geoclimate/base/day.h"

namespace geoclimate::fetch {
namespace {

using airquality::DayHours;
using airquality::Observation;
using airquality::ObservationKey;
using airquality::Pollutant;
using airquality::Statistic;
using std::chrono::hours;

void Add(store::WriteCounts& to, const store::WriteCounts& counts) {
  to.observations_new += counts.observations_new;
  to.observations_replaced += counts.observations_replaced;
  to.observations_unchanged += counts.observations_unchanged;
}

// A day, and when the last of its hours came.
struct DerivedDay {
  Observation observation;
  base::Timestamp received_at;
};

// The hours of one monitor, in the order of time, each the version that came last.
class MonitorHours {
 public:
  void Add(const store::StoredObservation& stored) {
    const ObservationKey& key = stored.observation.key;
    if (hours_.empty()) first_ = stored.observation;
    if (!hours_.empty() && hours_.back().start == key.start) {
      Hour& known = hours_.back();
      if (stored.received_at < known.received_at) return;
      known = HourOf(stored);
      return;
    }
    hours_.push_back(HourOf(stored));
  }

  void Derive(std::chrono::minutes utc_offset, const Span& span, base::Timestamp over_by,
              std::vector<DerivedDay>& days) const {
    const auto pollutant = airquality::PollutantOf(first_.key.parameter);
    if (!pollutant) return;
    const base::LocalDay last = base::DayOf(span.to, utc_offset) + std::chrono::days(1);
    for (base::LocalDay day = base::DayOf(span.from, utc_offset) - std::chrono::days(2);
         day <= last; day += std::chrono::days(1)) {
      for (const Statistic statistic : airquality::HourlyStatistics(*pollutant)) {
        DeriveOne(*pollutant, statistic, base::DayStart(day, utc_offset), span, over_by, days);
      }
    }
  }

 private:
  struct Hour {
    base::Timestamp start;
    base::Timestamp received_at;
    // Nothing where too little of the hour was measured.
    std::optional<airquality::Concentration> value;
  };

  static Hour HourOf(const store::StoredObservation& stored) {
    const Observation& observation = stored.observation;
    Hour hour{.start = observation.key.start, .received_at = stored.received_at, .value = {}};
    if (observation.completeness == airquality::kCompletenessUnknown ||
        observation.completeness >= airquality::kCompleteEnough) {
      hour.value = observation.value;
    }
    return hour;
  }

  void DeriveOne(Pollutant pollutant, Statistic statistic, base::Timestamp midnight,
                 const Span& span, base::Timestamp over_by, std::vector<DerivedDay>& days) const {
    const base::Timestamp end = midnight + airquality::DayLength(pollutant, statistic);
    const base::Timestamp begin = midnight - hours(airquality::kHoursBefore);
    if (end > over_by || end <= span.from || begin >= span.to) return;
    DayHours of_day;
    base::Timestamp received_at{};
    auto hour = std::lower_bound(hours_.begin(), hours_.end(), begin,
                                 [](const Hour& h, base::Timestamp at) { return h.start < at; });
    for (; hour != hours_.end() && hour->start < end; ++hour) {
      const auto place = static_cast<std::size_t>((hour->start - begin) / hours(1));
      of_day[place] = hour->value;
      received_at = std::max(received_at, hour->received_at);
    }
    const auto derived = airquality::DayFromHours(pollutant, statistic, of_day);
    if (!derived) return;
    DerivedDay day{.observation = first_, .received_at = received_at};
    day.observation.key.start = midnight;
    day.observation.key.duration = airquality::Duration::kDay;
    day.observation.key.statistic = statistic;
    day.observation.value = derived->value;
    day.observation.completeness = derived->completeness;
    days.push_back(day);
  }

  Observation first_;
  std::vector<Hour> hours_;
};

using MonitorKey = std::pair<airquality::ParameterCode, std::uint16_t>;

// Hours come site by site and pollutant by pollutant: only the monitors of one are held.
class DayCollector {
 public:
  DayCollector(std::string_view source,
               std::unordered_map<airquality::SiteId, std::chrono::minutes> offsets, Span span,
               base::Timestamp over_by)
      : source_(source), offsets_(std::move(offsets)), span_(span), over_by_(over_by) {}

  void Add(const store::StoredObservation& stored) {
    const Observation& observation = stored.observation;
    if (stored.origin != source_) return;
    const auto pollutant = airquality::PollutantOf(observation.key.parameter);
    if (observation.key.site != site_ || pollutant != pollutant_) {
      Derive();
      site_ = observation.key.site;
      pollutant_ = pollutant;
    }
    monitors_[{observation.key.parameter, observation.key.poc}].Add(stored);
  }

  std::vector<DerivedDay> Finish() && {
    Derive();
    return std::move(days_);
  }

 private:
  void Derive() {
    const auto offset = offsets_.find(site_);
    if (offset != offsets_.end()) {
      for (const auto& [key, monitor] : monitors_) {
        monitor.Derive(offset->second, span_, over_by_, days_);
      }
    }
    monitors_.clear();
  }

  const std::string_view source_;
  const std::unordered_map<airquality::SiteId, std::chrono::minutes> offsets_;
  const Span span_;
  const base::Timestamp over_by_;
  airquality::SiteId site_;
  std::optional<Pollutant> pollutant_;
  std::map<MonitorKey, MonitorHours> monitors_;
  std::vector<DerivedDay> days_;
};

}  // namespace

void FetchReport::Count(const ingest::FetchedValues& fetched) {
  rows += fetched.rows;
  without_value += fetched.without_value;
  for (const auto& [reason, count] : fetched.rejected) rejected[reason] += count;
  if (!fetched.note.empty()) note = fetched.note;
}

base::Result<void> ValueKeeper::Keep(const ingest::FetchedValues& fetched, FetchReport& report) {
  report.Count(fetched);
  if (fetched.observations.empty()) return {};
  GC_ASSIGN_OR_RETURN(const auto writer, store_.BeginWrite(source_));
  GC_RETURN_IF_ERROR(writer->PutSites(fetched.sites));
  GC_RETURN_IF_ERROR(writer->Append(fetched.observations, floor_));
  GC_ASSIGN_OR_RETURN(const store::WriteCounts counts, writer->Commit());
  Add(report.values, counts);
  return {};
}

base::Result<void> ValueKeeper::DeriveDays(const Span& span, base::Timestamp over_by,
                                           FetchReport& report) {
  GC_ASSIGN_OR_RETURN(const std::vector<airquality::Site> sites, store_.Sites());
  std::unordered_map<airquality::SiteId, std::chrono::minutes> offsets;
  for (const airquality::Site& site : sites) offsets.emplace(site.id, site.utc_offset);
  DayCollector collector(source_, std::move(offsets), span, over_by);
  // A day that ends after the span's begin began up to 31 hours before, and 7 more belong to it.
  const store::ObservationQuery query{.pollutant = {},
                                      .site = {},
                                      .duration = airquality::Duration::kHour,
                                      .from = span.from - hours(38),
                                      .to = span.to + hours(38),
                                      .received_by = {}};
  GC_RETURN_IF_ERROR(store_.Visit(
      query, [&collector](const store::StoredObservation& stored) { collector.Add(stored); }));
  std::vector<DerivedDay> days = std::move(collector).Finish();
  std::map<base::Timestamp, std::vector<Observation>> by_arrival;
  for (const DerivedDay& day : days) by_arrival[day.received_at].push_back(day.observation);
  std::vector<std::unique_ptr<store::ObservationWriter>> writers;
  writers.reserve(by_arrival.size());
  for (const auto& [received_at, observations] : by_arrival) {
    GC_ASSIGN_OR_RETURN(auto writer,
                        store_.BeginWrite(fmt::format("{}/{:020}", source_,
                                                      received_at.time_since_epoch().count())));
    GC_RETURN_IF_ERROR(writer->Append(observations, floor_));
    writers.push_back(std::move(writer));
  }
  if (writers.empty()) return {};
  GC_ASSIGN_OR_RETURN(const std::vector<store::WriteCounts> counts, store_.CommitTogether(writers));
  for (const store::WriteCounts& one : counts) Add(report.days, one);
  return {};
}

}  // namespace geoclimate::fetch
