#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/base/day.h"
#include "geoclimate/features/daily_statistics.h"
#include "geoclimate/features/feature_builder.h"
#include "geoclimate/features/site_geometry.h"
#include "geoclimate/features/site_history.h"

namespace geoclimate::forecast {

// The simple methods that every forecast is held against.
enum class Baseline : std::uint8_t {
  kPersistence,          // the newest value
  kMean7,                // the mean of the last 7 days
  kMean30,               // of the last 30 days
  kDampedMean30,         // mean30 + rho * (newest - mean30)
  kDampedExpandingMean,  // the same around the mean of everything so far
  kClimatology,          // the mean within 15 days of the valid date in earlier years
};
inline constexpr std::size_t kBaselineCount = 6;
inline constexpr std::array<Baseline, kBaselineCount> kBaselines = {Baseline::kPersistence,
                                                                    Baseline::kMean7,
                                                                    Baseline::kMean30,
                                                                    Baseline::kDampedMean30,
                                                                    Baseline::kDampedExpandingMean,
                                                                    Baseline::kClimatology};

// "persistence", "mean7", "mean30", "damped_mean30", "damped_mean_all", "climatology"
std::string_view BaselineName(Baseline baseline);

// By Baseline, in the pollutant's EPA unit.
using BaselineValues = std::array<float, kBaselineCount>;
// By Baseline, then by row.
using BaselineColumns = std::array<std::vector<float>, kBaselineCount>;

// The six baselines of one pollutant, for every site and issue day of a history.
//
// Each has a value wherever the site has one on or before the issue day, so that all can be held
// against each other on the same rows: an empty 7 or 30 days give the newest value; climatology
// without an earlier year gives the mean of its five nearest sites that have one, and without such
// sites the site's mean of everything. A site without any value so far has NaN throughout.
//
// A forecast issued on T reads no value after T. rho is fitted by least squares on every row of the
// history (a site with a value in the 7 days up to its issue day) whose valid day lies before T,
// and kept within [0, 1]; 0 without such rows.
//
// Immutable; thread-safe. `history` must outlive it.
class Baselines {
 public:
  // The longest lead time in days: climatology must not reach the issue day.
  static constexpr int kMaxHorizon = 300;

  // `horizons` holds the lead times that will be asked for, each 1 to kMaxHorizon.
  Baselines(const features::SiteHistory& history, airquality::Pollutant pollutant,
            std::span<const int> horizons);
  Baselines(features::SiteHistory&& history, airquality::Pollutant pollutant,
            std::span<const int> horizons) = delete;

  BaselineValues At(const features::RowKey& key, int horizon_days) const;
  // The same for many rows, much faster where rows share a day.
  BaselineColumns Columns(std::span<const features::RowKey> keys, int horizon_days) const;

  // The damping factor of a forecast issued on `issue_day`; `damped` is one of the two damped ones.
  double Rho(Baseline damped, base::LocalDay issue_day, int horizon_days) const;

 private:
  // Sums of a regression without intercept over the rows whose valid day is this or earlier.
  struct Regression {
    double xy = 0;
    double xx = 0;
  };
  struct Damping {
    int horizon_days = 0;
    std::vector<Regression> around_mean30;  // by day, from first_day_
    std::vector<Regression> around_mean;
  };
  // Climatologies of one valid day: the sites that have one, by index.
  struct Season {
    std::vector<std::uint32_t> sites;
    std::vector<float> means;
  };

  Damping FitDamping(int horizon_days) const;
  const Damping& DampingOf(int horizon_days) const;
  Season SeasonOf(base::LocalDay valid_day) const;
  float NearestClimatology(std::size_t site, const Season& season) const;
  // Climatology is NaN where the site has none of its own.
  BaselineValues OwnValues(const features::RowKey& key, int horizon_days) const;

  features::DailyStatistics statistics_;
  features::SitePositions positions_;
  std::vector<std::uint32_t> active_;  // sites that ever measured the pollutant
  base::LocalDay first_day_;           // of any value
  std::size_t days_ = 0;               // from it to the last
  std::vector<Damping> damping_;       // by horizon
};

}  // namespace geoclimate::forecast
