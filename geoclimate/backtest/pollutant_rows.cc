#include "geoclimate/backtest/pollutant_rows.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>
#include <vector>

#include "geoclimate/backtest/task_run.h"
#include "geoclimate/features/feature_builder.h"
#include "geoclimate/features/place_row_builder.h"
#include "geoclimate/features/site_geometry.h"
#include "geoclimate/forecast/past_rows.h"
#include "geoclimate/forecast/place_rows.h"
#include "geoclimate/forecast/recency.h"

namespace geoclimate::backtest {
namespace {

using features::RowKey;
using forecast::IssueKeys;

// The first day that can have a row.
base::LocalDay FirstDay(const features::SiteHistory& truth, airquality::Pollutant pollutant,
                        const BacktestOptions& options) {
  base::LocalDay first = options.to;
  for (std::size_t site = 0; site < truth.sites().size(); ++site) {
    const features::SiteHistory::Series series = truth.Get(pollutant, site);
    if (!series.empty()) first = std::min(first, series.first_day);
  }
  return std::max(first, std::min(forecast::FirstTrainingDay(pollutant), options.from));
}

// Leaves out what is neither to be forecast nor fitted on.
IssueKeys Wanted(const features::SiteHistory& truth, airquality::Pollutant pollutant,
                 const BacktestOptions& options, const IssueKeys& found) {
  IssueKeys wanted;
  for (std::size_t i = 0; i < found.keys.size(); ++i) {
    const RowKey& key = found.keys[i];
    const bool has_truth = std::ranges::any_of(options.horizons, [&](int horizon) {
      return std::isfinite(
          truth.Get(pollutant, key.site).At(key.issue_day + std::chrono::days(horizon)));
    });
    if (key.issue_day < options.from && !has_truth) continue;
    wanted.keys.push_back(key);
    wanted.last_observed.push_back(found.last_observed[i]);
  }
  return wanted;
}

PollutantRows AsPlaces(const features::PlaceRowBuilder& builder, airquality::Pollutant pollutant,
                       const IssueKeys& keys, int threads) {
  forecast::PlaceRows places = forecast::BuildPlaceRows(builder, pollutant, keys.keys, threads);
  return {.pollutant = pollutant,
          .basis = airquality::Basis::kNeighbours,
          .keys = std::move(places.keys),
          .features = std::move(places.features)};
}

PollutantRows FromArchive(const features::SiteHistory& history, airquality::Pollutant pollutant,
                          const BacktestOptions& options) {
  PollutantRows rows{.pollutant = pollutant, .keys = {}, .features = {}};
  rows.keys = Wanted(history, pollutant, options,
                     forecast::FindIssueKeys(history, pollutant,
                                             {FirstDay(history, pollutant, options), options.to},
                                             forecast::kRecent));
  if (options.basis == airquality::Basis::kNeighbours) {
    return AsPlaces(features::PlaceRowBuilder(history), pollutant, rows.keys, options.threads);
  }
  rows.features = forecast::BuildIssueRows(features::FeatureBuilder(history), pollutant, rows.keys,
                                           options.threads);
  return rows;
}

// Each day's rows from the history as it was known then.
PollutantRows FromVintages(const forecast::VintageHistory& vintages,
                           airquality::Pollutant pollutant, const BacktestOptions& options) {
  const features::SiteHistory& truth = vintages.truth();
  const auto geometry = std::make_shared<const features::SiteGeometry>(truth.sites());
  const base::LocalDay first = FirstDay(truth, pollutant, options);
  const auto days = static_cast<std::size_t>((options.to - first).count()) + 1;
  std::vector<PollutantRows> by_day(days);
  const auto build = [&](std::size_t i) -> base::Result<void> {
    const base::LocalDay day = first + std::chrono::days(i);
    const features::SiteHistory known = vintages.KnownAt(day);
    if (options.basis == airquality::Basis::kNeighbours) {
      const IssueKeys keys =
          Wanted(truth, pollutant, options,
                 forecast::FindIssueKeys(truth, pollutant, {day, day}, forecast::kRecent));
      PollutantRows places =
          AsPlaces(features::PlaceRowBuilder(known, geometry), pollutant, keys, 1);
      by_day[i].keys = std::move(places.keys);
      by_day[i].features = std::move(places.features);
      return {};
    }
    by_day[i].keys =
        Wanted(truth, pollutant, options,
               forecast::FindIssueKeys(known, pollutant, {day, day}, forecast::kRecent));
    if (by_day[i].keys.keys.empty()) return {};
    by_day[i].features = forecast::BuildIssueRows(features::FeatureBuilder(known, geometry),
                                                  pollutant, by_day[i].keys, 1);
    return {};
  };
  const base::Result<void> built =
      TaskRun(days, build).Run(static_cast<std::size_t>(options.threads));
  GC_CHECK(built.ok(), "building rows cannot fail");

  PollutantRows rows{.pollutant = pollutant, .basis = options.basis, .keys = {}, .features = {}};
  rows.features.columns = options.basis == airquality::Basis::kSite
                              ? features::FeatureBuilder::Schema(pollutant).size()
                              : features::PlaceSchema(pollutant).size();
  for (PollutantRows& day : by_day) {
    const auto append = [](auto& to, auto& from) {
      to.insert(to.end(), from.begin(), from.end());
      from = {};
    };
    append(rows.keys.keys, day.keys.keys);
    append(rows.keys.last_observed, day.keys.last_observed);
    append(rows.features.values, day.features.values);
  }
  rows.features.rows = rows.keys.keys.size();
  return rows;
}

}  // namespace

PollutantRows::Range PollutantRows::IssuedBetween(base::LocalDay first, base::LocalDay last) const {
  const auto begin = std::ranges::lower_bound(keys.keys, first, {}, &RowKey::issue_day);
  const auto end = std::ranges::upper_bound(begin, keys.keys.end(), last, {}, &RowKey::issue_day);
  return {static_cast<std::size_t>(begin - keys.keys.begin()),
          static_cast<std::size_t>(end - keys.keys.begin())};
}

std::span<const float> PollutantRows::Features(Range range) const {
  return std::span(features.values)
      .subspan(range.begin * features.columns, range.size() * features.columns);
}

features::FeatureMatrix PollutantRows::Extended(features::FeatureMatrix rows,
                                                std::span<const RowKey> row_keys,
                                                int horizon_days) const {
  if (basis == airquality::Basis::kNeighbours) return rows;
  auto extended = features::RowsWithWeather(schema, std::move(rows), row_keys, horizon_days,
                                            weather ? &*weather : nullptr);
  GC_CHECK(extended.has_value(), "the schema is of this weather");
  return *std::move(extended);
}

PollutantRows BuildPollutantRows(const Knowledge& knowledge, airquality::Pollutant pollutant,
                                 const BacktestOptions& options) {
  PollutantRows rows = knowledge.vintages() == nullptr
                           ? FromArchive(knowledge.truth(), pollutant, options)
                           : FromVintages(*knowledge.vintages(), pollutant, options);
  if (options.basis == airquality::Basis::kNeighbours) {
    rows.schema = features::PlaceSchema(pollutant);
    return rows;
  }
  if (knowledge.weather() != nullptr) {
    rows.weather.emplace(*knowledge.weather(), knowledge.truth().sites(), knowledge.issue_time());
  }
  rows.schema = features::SchemaWithWeather(pollutant, rows.weather ? &*rows.weather : nullptr);
  return rows;
}

}  // namespace geoclimate::backtest
