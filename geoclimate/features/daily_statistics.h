#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/base/day.h"
#include "geoclimate/features/site_history.h"

namespace geoclimate::features {

// Means of one pollutant's daily values that end at a day or lie before it, fast for every site and
// day. A call about `day` reads no value after `day`, and its answer is equal bit for bit whatever
// comes later.
//
// All answers are in the pollutant's EPA unit; NaN where there is no value to answer from.
//
// Immutable; thread-safe. `history` must outlive it.
class DailyStatistics {
 public:
  // Half the width of the season in SeasonalMean().
  static constexpr int kSeasonDays = 15;

  DailyStatistics(const SiteHistory& history, airquality::Pollutant pollutant);

  struct Last {
    float value;        // NaN where there is none
    int age_days = -1;  // 0: of `day` itself
  };
  // The newest value on or before `day`, however old.
  Last LastValue(std::size_t site, base::LocalDay day) const;

  // Over the `days` days that end with `day`.
  float Mean(std::size_t site, base::LocalDay day, int days) const;

  // Over everything up to `day`.
  float ExpandingMean(std::size_t site, base::LocalDay day) const;

  // Over the days within kSeasonDays of the date of `center` in every earlier year (29 February is
  // the 28th in a common year). Reads nothing less than 349 days before `center`, so `center` may
  // be a day to be forecast.
  float SeasonalMean(std::size_t site, base::LocalDay center) const;

  const SiteHistory::Series& series(std::size_t site) const { return series_[site]; }

 private:
  struct Total {
    double sum = 0;
    std::int64_t count = 0;
  };
  // Of the values up to `day`.
  Total TotalTo(std::size_t site, base::LocalDay day) const;

  std::vector<SiteHistory::Series> series_;  // by site
  // By day, from each series' first; a site's begin at its offset. Sums run in the order of days,
  // so what comes later does not touch them.
  std::vector<std::size_t> offsets_;
  std::vector<double> sums_;
  std::vector<std::uint32_t> counts_;
  std::vector<std::uint32_t> newest_;  // index of the newest value up to this day
};

}  // namespace geoclimate::features
