#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <vector>

#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/airquality/site.h"
#include "geoclimate/base/clock.h"
#include "geoclimate/base/day.h"
#include "geoclimate/features/site_history.h"

namespace geoclimate::forecast {

// When a forecast that must be of use is issued: 15:00 of the site's local standard time on its
// issue day. The day itself is not measured to its end then.
inline constexpr std::chrono::hours kIssueTime{15};

// The first issue day whose issue time is not before `available_at`, at a site with this offset.
base::LocalDay FirstIssueDayThatKnows(base::Timestamp available_at,
                                      std::chrono::minutes utc_offset);

// Daily values with the day on which each became known, and what was thought before: a continuous
// monitor's value is known on the next day, a filter's a month later, and a provisional value
// stands until the final one comes.
//
// Immutable; thread-safe.
class VintageHistory {
 public:
  class Builder {
   public:
    // Sites in any order, each id once; before their values.
    void AddSite(airquality::Site site) { sites_.push_back(std::move(site)); }
    // From the issue day `known_from` on, `value` is what is known of `day`. In the order of
    // (site's id, day, known_from) per pollutant.
    void Add(airquality::Pollutant pollutant, airquality::SiteId site, base::LocalDay day,
             base::LocalDay known_from, float value);
    VintageHistory Finish() &&;

   private:
    friend class VintageHistory;
    struct Step {
      airquality::SiteId site;
      std::int32_t day;
      std::int32_t known_from;
      float value;
    };
    std::vector<airquality::Site> sites_;
    std::array<std::vector<Step>, airquality::kPollutantCount> steps_;
  };

  // Everything that was ever measured, in its last version: the truth to judge by.
  const features::SiteHistory& truth() const { return truth_; }

  // What a forecast issued on `issue_day` may be made from: the sites of truth(), and of each day's
  // value the version that is known by then, if any.
  features::SiteHistory KnownAt(base::LocalDay issue_day) const;

  // That of one value: NaN while it is not known. `site` is an index into truth().sites().
  float ValueKnownAt(airquality::Pollutant pollutant, std::size_t site, base::LocalDay day,
                     base::LocalDay issue_day) const;

  // Calls `visit` for every version of every value, in a fixed order.
  void Visit(const std::function<void(airquality::Pollutant pollutant, airquality::SiteId site,
                                      base::LocalDay day, base::LocalDay known_from, float value)>&
                 visit) const;

  // After so many days every value has its last version.
  std::chrono::days longest_wait() const { return longest_wait_; }

 private:
  using Step = Builder::Step;
  features::SiteHistory truth_;
  std::array<std::vector<Step>, airquality::kPollutantCount> steps_;  // by (site, day, known_from)
  // By pollutant and site: where its steps begin, and the end.
  std::array<std::vector<std::size_t>, airquality::kPollutantCount> offsets_;
  std::chrono::days longest_wait_{0};
};

}  // namespace geoclimate::forecast
