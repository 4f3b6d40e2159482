#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/backtest/backtest_options.h"
#include "geoclimate/backtest/knowledge.h"
#include "geoclimate/base/day.h"
#include "geoclimate/features/feature_matrix.h"
#include "geoclimate/features/feature_schema.h"
#include "geoclimate/features/weather_columns.h"
#include "geoclimate/forecast/issue_rows.h"

namespace geoclimate::backtest {

// Every row of one pollutant that a backtest is fitted on or forecasts, built once for all origins
// and lead times: a row of issue day T depends on nothing that is not known then. With weather each
// lead time has columns of its own behind them (`schema`), which Extended() adds; rows of places
// have none of these.
struct PollutantRows {
  airquality::Pollutant pollutant = airquality::Pollutant::kPm25;
  // From neighbours: rows of features::PlaceSchema(), else of features::FeatureBuilder.
  airquality::Basis basis = airquality::Basis::kSite;
  forecast::IssueKeys keys;
  features::FeatureMatrix features;  // one a key
  std::optional<features::WeatherColumns> weather = {};
  features::FeatureSchema schema = {};  // of what fitted models read

  // `rows`, one for each of `keys`, as models of this lead time read them.
  features::FeatureMatrix Extended(features::FeatureMatrix rows,
                                   std::span<const features::RowKey> keys, int horizon_days) const;

  // The rows issued on days [first, last].
  struct Range {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::size_t size() const { return end - begin; }
  };
  Range IssuedBetween(base::LocalDay first, base::LocalDay last) const;
  std::span<const float> Features(Range range) const;
};

// From neighbours, the sites are those that measured, known by then or not: as places they need no
// values of their own.
//
// Rows issued before options.from are there only when a lead time of the options has a truth for
// them. With operational knowledge it takes about 20 ms a day of the past.
PollutantRows BuildPollutantRows(const Knowledge& knowledge, airquality::Pollutant pollutant,
                                 const BacktestOptions& options);

}  // namespace geoclimate::backtest
