#include "geoclimate/forecast/history_loader.h"

#include <algorithm>
#include <functional>
#include <set>
#include <span>
#include <string>
#include <unordered_set>

#include "geoclimate/airquality/daily_value.h"
#include "geoclimate/airquality/observation.h"
#include "geoclimate/airquality/site.h"

namespace geoclimate::forecast {
namespace {

using airquality::DailyCandidate;
using airquality::Pollutant;

// No local day begins or ends further from its UTC day.
constexpr std::chrono::days kUtcSlack(1);

// Gathers what the store says of one site, pollutant and day, which comes in a row, and hands it on
// when the next begins.
class DayGatherer {
 public:
  using OnDay = std::function<void(const airquality::Site& site, Pollutant pollutant,
                                   base::LocalDay day, std::span<const DailyCandidate> candidates,
                                   std::span<const base::Timestamp> available_at)>;

  // `sites` ordered by id; must outlive the gatherer.
  DayGatherer(const std::vector<airquality::Site>& sites, const HistoryOptions& options,
              OnDay on_day)
      : sites_(sites), options_(options), site_(sites.begin()), on_day_(std::move(on_day)) {}

  void Add(const store::StoredObservation& stored) {
    const airquality::ObservationKey& key = stored.observation.key;
    const std::optional<Pollutant> pollutant = airquality::PollutantOf(key.parameter);
    if (!pollutant || !Wanted(*pollutant)) return;
    if (site_ == sites_.end() || site_->id != key.site) {
      // Before the site moves on: what is gathered is of the old one.
      Flush();
      site_ = std::lower_bound(
          sites_.begin(), sites_.end(), key.site,
          [](const airquality::Site& site, airquality::SiteId id) { return site.id < id; });
      if (site_ == sites_.end() || site_->id != key.site) return;
    }
    const base::LocalDay day = base::DayOf(key.start, site_->utc_offset);
    if (day > options_.as_of || (options_.from && day < *options_.from)) return;
    if (day != day_ || *pollutant != pollutant_) {
      Flush();
      day_ = day;
      pollutant_ = *pollutant;
    }
    candidates_.push_back({key.parameter, key.poc, key.statistic, key.event,
                           stored.observation.source, stored.observation.completeness,
                           stored.observation.value, Keep(stored.origin)});
    available_at_.push_back(stored.available_at);
  }

  void Flush() {
    if (candidates_.empty()) return;
    on_day_(*site_, pollutant_, day_, candidates_, available_at_);
    candidates_.clear();
    available_at_.clear();
  }

 private:
  bool Wanted(Pollutant pollutant) const {
    const std::vector<Pollutant>& wanted = options_.pollutants;
    return wanted.empty() || std::find(wanted.begin(), wanted.end(), pollutant) != wanted.end();
  }

  // The store's view dies with the visit. There are few origins, and mostly the same one comes
  // again.
  std::string_view Keep(std::string_view origin) {
    if (origin != last_origin_) last_origin_ = *origins_.emplace(origin).first;
    return last_origin_;
  }

  const std::vector<airquality::Site>& sites_;
  const HistoryOptions& options_;
  std::vector<airquality::Site>::const_iterator site_;
  OnDay on_day_;
  base::LocalDay day_;
  Pollutant pollutant_ = Pollutant::kPm25;
  std::vector<DailyCandidate> candidates_;
  std::vector<base::Timestamp> available_at_;  // beside them
  std::unordered_set<std::string> origins_;
  std::string_view last_origin_;
};

base::Result<void> VisitDays(store::ObservationStore& store,
                             const std::vector<airquality::Site>& sites,
                             const HistoryOptions& options, DayGatherer::OnDay on_day) {
  store::ObservationQuery query;
  if (options.pollutants.size() == 1) query.pollutant = options.pollutants.front();
  if (options.from) query.from = base::DayStart(*options.from - kUtcSlack, std::chrono::minutes(0));
  query.to =
      base::DayStart(options.as_of + std::chrono::days(1) + kUtcSlack, std::chrono::minutes(0));
  DayGatherer gatherer(sites, options, std::move(on_day));
  GC_RETURN_IF_ERROR(
      store.Visit(query, [&](const store::StoredObservation& stored) { gatherer.Add(stored); }));
  gatherer.Flush();
  return {};
}

}  // namespace

base::Result<features::SiteHistory> LoadSiteHistory(store::ObservationStore& store,
                                                    const HistoryOptions& options) {
  GC_ASSIGN_OR_RETURN(const std::vector<airquality::Site> sites, store.Sites());
  features::SiteHistory::Builder builder;
  for (const airquality::Site& site : sites) builder.AddSite(site);
  GC_RETURN_IF_ERROR(VisitDays(store, sites, options,
                               [&](const airquality::Site& site, Pollutant pollutant,
                                   base::LocalDay day, std::span<const DailyCandidate> candidates,
                                   std::span<const base::Timestamp> /*available_at*/) {
                                 const std::optional<double> value =
                                     airquality::DailyValue(pollutant, candidates);
                                 if (value)
                                   builder.Set(pollutant, site.id, day, static_cast<float>(*value));
                               }));
  return std::move(builder).Finish();
}

base::Result<VintageHistory> LoadVintageHistory(store::ObservationStore& store,
                                                const HistoryOptions& options) {
  GC_ASSIGN_OR_RETURN(const std::vector<airquality::Site> sites, store.Sites());
  VintageHistory::Builder builder;
  for (const airquality::Site& site : sites) builder.AddSite(site);
  const auto add_steps = [&](const airquality::Site& site, Pollutant pollutant, base::LocalDay day,
                             std::span<const DailyCandidate> candidates,
                             std::span<const base::Timestamp> available_at) {
    std::vector<base::LocalDay> known_from;
    for (const base::Timestamp at : available_at) {
      known_from.push_back(FirstIssueDayThatKnows(at, site.utc_offset));
    }
    const std::set<base::LocalDay> issue_days(known_from.begin(), known_from.end());
    std::optional<double> known;
    for (const base::LocalDay issue_day : issue_days) {
      std::vector<DailyCandidate> by_then;
      for (std::size_t i = 0; i < candidates.size(); ++i) {
        if (known_from[i] <= issue_day) by_then.push_back(candidates[i]);
      }
      const std::optional<double> value = airquality::DailyValue(pollutant, by_then);
      if (!value || value == known) continue;
      known = value;
      builder.Add(pollutant, site.id, day, issue_day, static_cast<float>(*value));
    }
  };
  GC_RETURN_IF_ERROR(VisitDays(store, sites, options, add_steps));
  return std::move(builder).Finish();
}

}  // namespace geoclimate::forecast
