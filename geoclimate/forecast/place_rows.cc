#include "geoclimate/forecast/place_rows.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "geoclimate/base/check.h"
#include "geoclimate/features/feature_columns.h"
#include "geoclimate/forecast/recency.h"

namespace geoclimate::forecast {
namespace {

using airquality::Pollutant;
using std::chrono::days;

std::size_t ColumnOf(Pollutant pollutant, std::string_view stem) {
  const int column =
      features::PlaceSchema(pollutant).Find(features::ConcentrationName(pollutant, stem));
  GC_CHECK(column >= 0, "the schema of places has the interpolations");
  return static_cast<std::size_t>(column);
}

bool EverMeasured(const features::SiteHistory& history, Pollutant pollutant, std::size_t site,
                  base::LocalDay day) {
  const features::SiteHistory::Series series = history.Get(pollutant, site);
  return !series.empty() && series.first_day <= day;
}

bool IsNew(const features::SiteHistory& history, std::size_t site, base::LocalDay day) {
  return std::ranges::none_of(airquality::kPollutants, [&](Pollutant pollutant) {
    return EverMeasured(history, pollutant, site, day);
  });
}

}  // namespace

PlaceRows BuildPlaceRows(const features::PlaceRowBuilder& builder, Pollutant pollutant,
                         std::span<const features::RowKey> keys, int threads) {
  const features::FeatureMatrix all = builder.Build(pollutant, keys, threads);
  const features::PlaceColumns columns = features::PlaceColumnsOf(pollutant);
  PlaceRows rows{.keys = {}, .features = {}, .asked_for = {}};
  rows.features.columns = all.columns;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const std::span<const float> row = all.Row(i);
    if (!(row[columns.reporting_km] <= kPlaceReachKm)) continue;
    rows.keys.keys.push_back(keys[i]);
    rows.keys.last_observed.push_back(keys[i].issue_day -
                                      days(static_cast<int>(row[columns.around_age_days])));
    rows.features.values.insert(rows.features.values.end(), row.begin(), row.end());
    rows.asked_for.push_back(i);
  }
  rows.features.rows = rows.keys.keys.size();
  return rows;
}

std::vector<features::RowKey> FindSilentSites(const features::SiteHistory& history,
                                              Pollutant pollutant, base::LocalDay day) {
  std::vector<features::RowKey> keys;
  for (std::size_t site = 0; site < history.sites().size(); ++site) {
    if (!history.sites()[site].coordinates) continue;
    if (NewestValue(history.Get(pollutant, site), day, kRecent)) continue;
    if (EverMeasured(history, pollutant, site, day) || IsNew(history, site, day)) {
      keys.push_back({.site = site, .issue_day = day});
    }
  }
  return keys;
}

std::string_view InterpolationName(Interpolation interpolation) {
  switch (interpolation) {
    case Interpolation::kNearest:
      return "nearest";
    case Interpolation::kLast:
      return "interpolated_last";
    case Interpolation::kMean7:
      return "interpolated_mean7";
    case Interpolation::kMean30:
      return "interpolated_mean30";
    case Interpolation::kDampedMean30:
      return "interpolated_damped_mean30";
    case Interpolation::kExpandingMean:
      return "interpolated_mean_all";
  }
  return "";
}

InterpolationColumns Interpolate(Pollutant pollutant, const PlaceTasks& tasks) {
  GC_CHECK(tasks.observed.size() == tasks.rows.size(), "one observed value a task");
  const std::size_t nearest = ColumnOf(pollutant, features::kReportingLastStem);
  const std::size_t last = ColumnOf(pollutant, features::kAroundLastStem);
  const std::size_t mean7 = ColumnOf(pollutant, features::kAroundMean7Stem);
  const std::size_t mean30 = ColumnOf(pollutant, features::kAroundMean30Stem);
  const std::size_t mean_all = ColumnOf(pollutant, features::kAroundExpandingMeanStem);
  InterpolationColumns columns;
  const auto add = [&](Interpolation interpolation, float value) {
    columns[static_cast<std::size_t>(interpolation)].push_back(value);
  };
  double xy = 0;
  double xx = 0;
  std::size_t learnt = 0;
  for (const std::size_t at : tasks.rows) {
    const base::LocalDay issue_day = tasks.keys[at].issue_day;
    for (; tasks.keys[tasks.rows[learnt]].issue_day + tasks.wait < issue_day; ++learnt) {
      const std::span<const float> past = tasks.features.Row(tasks.rows[learnt]);
      const double x = double{past[last]} - double{past[mean30]};
      xy += x * (double{tasks.observed[learnt]} - double{past[mean30]});
      xx += x * x;
    }
    const double rho = xx > 0 ? std::clamp(xy / xx, 0.0, 1.0) : 0.0;
    const std::span<const float> row = tasks.features.Row(at);
    add(Interpolation::kNearest, row[nearest]);
    add(Interpolation::kLast, row[last]);
    add(Interpolation::kMean7, row[mean7]);
    add(Interpolation::kMean30, row[mean30]);
    add(Interpolation::kDampedMean30,
        static_cast<float>(double{row[mean30]} + rho * (double{row[last]} - double{row[mean30]})));
    add(Interpolation::kExpandingMean, row[mean_all]);
  }
  return columns;
}

PlaceBaselineColumns BaselineColumnsOfPlaces(Pollutant pollutant) {
  const auto name = [pollutant](std::string_view stem) -> std::string_view {
    return features::PlaceSchema(pollutant).features()[ColumnOf(pollutant, stem)].name;
  };
  return {
      .last = name(features::kAroundLastStem),
      .references = {name(features::kAroundMean30Stem), name(features::kAroundExpandingMeanStem)}};
}

}  // namespace geoclimate::forecast
