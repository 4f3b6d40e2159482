#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/airquality/site.h"
#include "geoclimate/base/day.h"

namespace geoclimate::features {

// Daily values of all sites and pollutants, in EPA units: what features are built from. One value a
// site, pollutant and day (airquality::DailyValue). Immutable; thread-safe.
class SiteHistory {
 public:
  class Builder {
   public:
    // Sites in any order, each id once; before their values.
    void AddSite(airquality::Site site);
    // A second value for the same cell replaces the first. `value` is finite; an unknown site is a
    // bug. Cheapest in the order of (site, day), which is how a store visits its observations.
    void Set(airquality::Pollutant pollutant, airquality::SiteId site, base::LocalDay day,
             float value);
    SiteHistory Finish() &&;

   private:
    struct Cell {
      std::uint32_t site;
      std::int32_t day;
      float value;
    };
    static bool Before(const Cell& a, const Cell& b);
    static void SortStably(std::vector<Cell>& cells);

    std::vector<airquality::Site> sites_;
    std::unordered_map<airquality::SiteId, std::uint32_t> index_;
    std::optional<std::uint32_t> last_site_;  // of the last Set(): spares most look-ups
    std::array<std::vector<Cell>, airquality::kPollutantCount> cells_;
  };

  // One site's values of one pollutant on consecutive days; NaN where there is none. The first and
  // the last are values.
  struct Series {
    base::LocalDay first_day;
    std::span<const float> values;

    bool empty() const { return values.empty(); }
    base::LocalDay last_day() const {
      return first_day + std::chrono::days(static_cast<long>(values.size()) - 1);
    }
    // NaN outside.
    float At(base::LocalDay day) const;
  };

  // Ordered by id; the index is the `site` of the calls below.
  const std::vector<airquality::Site>& sites() const { return sites_; }
  std::optional<std::size_t> FindSite(airquality::SiteId id) const;
  // Valid as long as the history; empty where the site has no value of `pollutant`.
  Series Get(airquality::Pollutant pollutant, std::size_t site) const;

  // The newest day with any value of `pollutant`, or of any pollutant.
  std::optional<base::LocalDay> LastDay(airquality::Pollutant pollutant) const;
  std::optional<base::LocalDay> LastDay() const;

  // The same history as it was known at the end of `day`: the same sites, every later value gone.
  // For tests of leakage and for backtests.
  SiteHistory KnownAt(base::LocalDay day) const;

 private:
  friend class Builder;
  struct Extent {
    std::int32_t first_day = 0;
    std::size_t offset = 0;
    std::size_t size = 0;
  };
  std::vector<airquality::Site> sites_;
  struct Grid {
    std::vector<Extent> extents;  // by site
    std::vector<float> values;
  };
  std::array<Grid, airquality::kPollutantCount> grids_;
};

}  // namespace geoclimate::features
