#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <random>
#include <vector>

#include "geoclimate/features/site_history.h"

namespace geoclimate::features::testing {

struct SyntheticHistoryOptions {
  std::uint64_t seed = 1;
  std::uint32_t sites = 24;
  base::LocalDay first_day = base::MakeDay(2015, 1, 1);
  int days = 1200;
  double measures = 0.7;  // probability that a site measures a pollutant at all
  double missing = 0.05;  // of a day's value
};

// A made-up network for tests: sites a few to some hundred kilometres apart (the first without
// coordinates), which start and stop at different days, sample daily, every third or every sixth
// day, pause now and then and miss single days. Their values share a season, a weekday and a
// regional signal that lasts some days, so that a forecast of them can have skill. The same options
// give the same history everywhere.
class SyntheticHistory {
 public:
  explicit SyntheticHistory(const SyntheticHistoryOptions& options)
      : options_(options), random_(options.seed) {}

  SiteHistory Make() {
    SiteHistory::Builder builder;
    for (std::uint32_t i = 0; i < options_.sites; ++i) {
      airquality::Site site;
      site.id = IdOf(i);
      if (i > 0) site.coordinates = {38 + 4 * Uniform(), -78 + 6 * Uniform()};
      builder.AddSite(site);
    }
    for (const airquality::Pollutant pollutant : airquality::kPollutants) {
      const std::vector<double> region = RegionalSignal();
      for (std::uint32_t i = 0; i < options_.sites; ++i) {
        if (Uniform() < options_.measures) AddSeries(pollutant, IdOf(i), region, builder);
      }
    }
    return std::move(builder).Finish();
  }

  static airquality::SiteId IdOf(std::uint32_t i) {
    return airquality::SiteId::FromParts(36, i / 10, i);
  }

 private:
  double Uniform() { return static_cast<double>(random_() >> 11) * 0x1p-53; }
  double Normal() {
    return std::sqrt(-2 * std::log(1 - Uniform())) * std::cos(2 * std::numbers::pi * Uniform());
  }

  std::vector<double> RegionalSignal() {
    std::vector<double> signal;
    double state = 0;
    for (int day = 0; day < options_.days; ++day) {
      state = 0.75 * state + 0.3 * Normal();
      signal.push_back(state + 0.3 * std::sin(2 * std::numbers::pi * day / 365.25) +
                       0.1 * std::cos(2 * std::numbers::pi * day / 7));
    }
    return signal;
  }

  void AddSeries(airquality::Pollutant pollutant, airquality::SiteId site,
                 const std::vector<double>& region, SiteHistory::Builder& builder) {
    // By Pollutant: a typical level, and the smallest step of a reported value.
    static constexpr std::array<double, airquality::kPollutantCount> kLevels = {10, 25,  0.04,
                                                                                20, 1.5, 0.4};
    static constexpr std::array<double, airquality::kPollutantCount> kSteps = {0.1, 1,   0.001,
                                                                               0.1, 0.1, 0.1};
    static constexpr std::array<int, 5> kSchedules = {1, 1, 1, 3, 6};
    const auto p = static_cast<std::size_t>(pollutant);
    const double level = 0.7 + 0.6 * Uniform();
    const int schedule = kSchedules[static_cast<std::size_t>(5 * Uniform())];
    const int first = static_cast<int>(0.5 * Uniform() * options_.days);
    const int end = options_.days - static_cast<int>(0.3 * Uniform() * Uniform() * options_.days);
    const int pause = first + static_cast<int>(Uniform() * options_.days);
    for (int day = first; day < end; ++day) {
      const double value = level + 0.5 * region[static_cast<std::size_t>(day)] + 0.2 * Normal();
      const bool absent =
          day % schedule != 0 || (day >= pause && day < pause + 60) || Uniform() < options_.missing;
      if (absent) continue;
      builder.Set(pollutant, site, options_.first_day + std::chrono::days(day),
                  static_cast<float>(std::round(value * kLevels[p] / kSteps[p]) * kSteps[p]));
    }
  }

  SyntheticHistoryOptions options_;
  std::mt19937_64 random_;
};

inline SiteHistory MakeSyntheticHistory(const SyntheticHistoryOptions& options = {}) {
  return SyntheticHistory(options).Make();
}

}  // namespace geoclimate::features::testing
