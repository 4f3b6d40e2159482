#include "geoclimate/forecast/vintage_history.h"

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

#include "geoclimate/base/check.h"

namespace geoclimate::forecast {
namespace {

using airquality::Pollutant;

std::size_t Slot(Pollutant pollutant) {
  return static_cast<std::size_t>(airquality::Index(pollutant));
}

}  // namespace

base::LocalDay FirstIssueDayThatKnows(base::Timestamp available_at,
                                      std::chrono::minutes utc_offset) {
  const auto local = available_at.time_since_epoch() + utc_offset - kIssueTime;
  return base::LocalDay(std::chrono::ceil<std::chrono::days>(local));
}

void VintageHistory::Builder::Add(Pollutant pollutant, airquality::SiteId site, base::LocalDay day,
                                  base::LocalDay known_from, float value) {
  std::vector<Step>& steps = steps_[Slot(pollutant)];
  const Step step{site, base::DayNumber(day), base::DayNumber(known_from), value};
  const auto order = [](const Step& s) { return std::tuple(s.site, s.day, s.known_from); };
  GC_CHECK(steps.empty() || order(steps.back()) < order(step), "steps come in their order");
  steps.push_back(step);
}

VintageHistory VintageHistory::Builder::Finish() && {
  VintageHistory history;
  history.steps_ = std::move(steps_);
  features::SiteHistory::Builder sites;
  for (airquality::Site& site : sites_) sites.AddSite(std::move(site));
  history.truth_ = std::move(sites).Finish();  // for now the sites alone
  history.truth_ = history.KnownAt(base::LocalDay::max());
  for (const Pollutant pollutant : airquality::kPollutants) {
    const std::vector<Step>& steps = history.steps_[Slot(pollutant)];
    std::vector<std::size_t>& offsets = history.offsets_[Slot(pollutant)];
    std::size_t at = 0;
    for (const airquality::Site& site : history.truth_.sites()) {
      offsets.push_back(at);
      while (at < steps.size() && steps[at].site == site.id) ++at;
    }
    offsets.push_back(at);
    for (const Step& step : steps) {
      history.longest_wait_ =
          std::max(history.longest_wait_, std::chrono::days(step.known_from - step.day));
    }
  }
  return history;
}

features::SiteHistory VintageHistory::KnownAt(base::LocalDay issue_day) const {
  features::SiteHistory::Builder builder;
  for (const airquality::Site& site : truth_.sites()) builder.AddSite(site);
  const std::int64_t today = issue_day.time_since_epoch().count();
  for (const Pollutant pollutant : airquality::kPollutants) {
    const std::vector<Step>& steps = steps_[Slot(pollutant)];
    for (std::size_t i = 0; i < steps.size(); ++i) {
      if (steps[i].known_from > today) continue;
      const bool replaced = i + 1 < steps.size() && steps[i + 1].site == steps[i].site &&
                            steps[i + 1].day == steps[i].day && steps[i + 1].known_from <= today;
      if (replaced) continue;
      builder.Set(pollutant, steps[i].site, base::DayFromNumber(steps[i].day), steps[i].value);
    }
  }
  return std::move(builder).Finish();
}

float VintageHistory::ValueKnownAt(Pollutant pollutant, std::size_t site, base::LocalDay day,
                                   base::LocalDay issue_day) const {
  const std::vector<std::size_t>& offsets = offsets_[Slot(pollutant)];
  const auto begin = steps_[Slot(pollutant)].begin();
  const auto first = begin + static_cast<std::ptrdiff_t>(offsets[site]);
  const auto last = begin + static_cast<std::ptrdiff_t>(offsets[site + 1]);
  const auto after = std::upper_bound(
      first, last, std::pair(base::DayNumber(day), base::DayNumber(issue_day)),
      [](const auto& key, const Step& step) { return key < std::pair(step.day, step.known_from); });
  if (after == first || std::prev(after)->day != base::DayNumber(day)) {
    return std::numeric_limits<float>::quiet_NaN();
  }
  return std::prev(after)->value;
}

void VintageHistory::Visit(const std::function<void(Pollutant, airquality::SiteId, base::LocalDay,
                                                    base::LocalDay, float)>& visit) const {
  for (const Pollutant pollutant : airquality::kPollutants) {
    for (const Step& step : steps_[Slot(pollutant)]) {
      visit(pollutant, step.site, base::DayFromNumber(step.day),
            base::DayFromNumber(step.known_from), step.value);
    }
  }
}

}  // namespace geoclimate::forecast
