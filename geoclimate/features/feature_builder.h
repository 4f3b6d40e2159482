#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/base/day.h"
#include "geoclimate/features/feature_matrix.h"
#include "geoclimate/features/feature_schema.h"
#include "geoclimate/features/site_geometry.h"
#include "geoclimate/features/site_history.h"

namespace geoclimate::features {

// A forecast's origin: what is known at the end of `issue_day` at `site` (index into
// SiteHistory::sites()).
struct RowKey {
  std::size_t site = 0;
  base::LocalDay issue_day;
  friend bool operator==(const RowKey&, const RowKey&) = default;
};

// Builds the input rows of the forecasters, the one way for training, backtest and server.
//
// A row of issue day T depends on no value of a day after T. For the same history up to T it is
// equal bit for bit, whatever comes later and whichever rows are built beside it.
//
// Thread-safe after construction. `history` must outlive the builder.
class FeatureBuilder {
 public:
  explicit FeatureBuilder(const SiteHistory& history);
  explicit FeatureBuilder(SiteHistory&& history) = delete;
  // For one of many histories of the same sites: `geometry` is made of history.sites().
  FeatureBuilder(const SiteHistory& history, std::shared_ptr<const SiteGeometry> geometry);
  ~FeatureBuilder();
  FeatureBuilder(const FeatureBuilder&) = delete;
  FeatureBuilder& operator=(const FeatureBuilder&) = delete;

  // The same for every history; each pollutant has its own. Columns in concentrations are in the
  // pollutant's EPA unit; NaN is missing. What each column means stands in own_features.h,
  // calendar_features.h, neighbour_features.h and co_pollutant_features.h.
  static const FeatureSchema& Schema(airquality::Pollutant pollutant);

  // The columns that a forecaster's baseline is made of: the site's newest value, its mean over the
  // last 30 days, its mean over everything up to the issue day.
  static std::string_view LastValueName(airquality::Pollutant pollutant);
  static std::string_view Mean30Name(airquality::Pollutant pollutant);
  static std::string_view ExpandingMeanName(airquality::Pollutant pollutant);

  // Writes Schema(pollutant).size() floats into `row`.
  void BuildRow(airquality::Pollutant pollutant, const RowKey& key, std::span<float> row) const;
  // One row a key, in their order. `threads` >= 1 changes only the time it takes.
  FeatureMatrix Build(airquality::Pollutant pollutant, std::span<const RowKey> keys,
                      int threads) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace geoclimate::features
