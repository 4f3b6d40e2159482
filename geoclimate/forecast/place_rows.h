#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/base/day.h"
#include "geoclimate/features/feature_matrix.h"
#include "geoclimate/features/place_row_builder.h"
#include "geoclimate/features/site_history.h"
#include "geoclimate/forecast/issue_rows.h"

namespace geoclimate::forecast {

// A place has a forecast of a pollutant when a site that reports it (features::kReportingDays) lies
// within so many km. The forecasters of places are fitted and judged on such rows.
inline constexpr float kPlaceReachKm = 100;

// Rows of places with what they stand for. `keys.last_observed` is the newest value around.
struct PlaceRows {
  IssueKeys keys;
  features::FeatureMatrix features;    // of features::PlaceSchema(), one a key
  std::vector<std::size_t> asked_for;  // beside the keys: their indexes in what was asked for
};

// The rows of those of `keys` that have a forecast, in their order.
PlaceRows BuildPlaceRows(const features::PlaceRowBuilder& builder, airquality::Pollutant pollutant,
                         std::span<const features::RowKey> keys, int threads);

// The sites without an own value of the last kRecent days (recency.h) at the end of `day` that may
// be forecast from their neighbours: those that measured the pollutant before, and new ones that
// never measured anything.
std::vector<features::RowKey> FindSilentSites(const features::SiteHistory& history,
                                              airquality::Pollutant pollutant, base::LocalDay day);

// What plain interpolation says, the baselines of places: of what was reported around, weighted by
// the inverse square of the distance (features/place_features.h).
enum class Interpolation : std::uint8_t {
  kNearest,       // the newest value of the nearest site
  kLast,          // of the newest values
  kMean7,         // of the means of 7 days
  kMean30,        // of 30 days
  kDampedMean30,  // mean30 + rho * (last - mean30), of both interpolations
  kExpandingMean  // of the means of everything
};
inline constexpr std::size_t kInterpolationCount = 6;
// "nearest", "interpolated_last", "interpolated_mean7", "interpolated_mean30",
// "interpolated_damped_mean30", "interpolated_mean_all"
std::string_view InterpolationName(Interpolation interpolation);

// By Interpolation, then by task.
using InterpolationColumns = std::array<std::vector<float>, kInterpolationCount>;
// Past tasks of which something is known by now.
struct PlaceTasks {
  std::span<const features::RowKey> keys;
  const features::FeatureMatrix& features;  // one a key, of features::PlaceSchema()
  std::span<const std::size_t> rows;        // indexes into both, ascending by issue day
  std::span<const float> observed;          // beside `rows`: what came
  std::chrono::days wait;                   // it is known less than so long after the issue day
};
// rho is fitted by least squares on the tasks that are known before a task's issue day, and kept
// within [0, 1]; 0 without such tasks.
InterpolationColumns Interpolate(airquality::Pollutant pollutant, const PlaceTasks& tasks);

// Columns of features::PlaceSchema(): the newest value, and the means towards which it is damped.
struct PlaceBaselineColumns {
  std::string_view last;
  std::array<std::string_view, 2> references;
};
PlaceBaselineColumns BaselineColumnsOfPlaces(airquality::Pollutant pollutant);

}  // namespace geoclimate::forecast
