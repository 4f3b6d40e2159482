#pragma once

#include <array>
#include <memory>
#include <span>
#include <vector>

#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/features/daily_statistics.h"
#include "geoclimate/features/feature_builder.h"
#include "geoclimate/features/feature_matrix.h"
#include "geoclimate/features/place_features.h"
#include "geoclimate/features/site_geometry.h"
#include "geoclimate/features/site_history.h"

namespace geoclimate::features {

// Builds rows of places that happen to be sites, as if these had never measured anything: what
// forecasters of places are trained and judged on, and what silent and new sites are forecast from.
// No row holds a value of its own site, of any pollutant, nor one of a day after its issue day.
//
// Thread-safe after construction. `history` must outlive it.
class PlaceRowBuilder {
 public:
  explicit PlaceRowBuilder(const SiteHistory& history);
  explicit PlaceRowBuilder(SiteHistory&& history) = delete;
  // For one of many histories of the same sites: `geometry` is made of history.sites().
  PlaceRowBuilder(const SiteHistory& history, std::shared_ptr<const SiteGeometry> geometry);

  // What all sites report at the end of `day`, by SiteHistory's index.
  NetworkReport ReportOf(base::LocalDay day) const;

  // One row of PlaceSchema(pollutant) a key, in their order; the site of a key without coordinates
  // has a row without neighbours. `threads` >= 1 changes only the time it takes.
  FeatureMatrix Build(airquality::Pollutant pollutant, std::span<const RowKey> keys,
                      int threads) const;

 private:
  const SiteHistory& history_;
  std::shared_ptr<const SiteGeometry> geometry_;
  std::vector<DailyStatistics> statistics_;  // by pollutant
};

}  // namespace geoclimate::features
