#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "geoclimate/airquality/breakpoints.h"
#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/base/day.h"
#include "geoclimate/features/feature_builder.h"
#include "geoclimate/features/site_history.h"
#include "geoclimate/forecast/baselines.h"
#include "geoclimate/forecast/bootstrap.h"
#include "geoclimate/model/forecaster.h"
#include "geoclimate/model/model_card.h"

namespace geoclimate::forecast {

// What a forecaster said of one site and issue day: as much of it as is judged.
struct CardRow {
  std::uint32_t site = 0;  // index into the history's sites
  base::LocalDay issue_day;
  float mean = 0;
  float p10 = 0;
  float p50 = 0;
  float p90 = 0;
  float probability_over_100 = 0;
};
// `table` is of the pollutant.
CardRow MakeCardRow(const airquality::BreakpointTable& table, const features::RowKey& key,
                    const model::Distribution& said);

// The forecasts of one forecaster that its card's scores are of.
struct CardForecasts {
  std::string method;  // CardScores::forecast.name: "model", "fallback"
  std::string known;   // CardScores::known
  airquality::Pollutant pollutant = airquality::Pollutant::kPm25;
  int horizon_days = 1;
  std::vector<CardRow> rows = {};  // a site and issue day once
};

struct CardEvaluation {
  model::CardScores scores;
  std::vector<model::CardSite> sites;  // by id
};

// Scores `forecasts` by the rows whose valid day was measured and for which every baseline has a
// forecast; nothing without such a row. `truth` holds everything that was measured; `baselines` is
// made of it, for the pollutant and the lead time, so that they know each issue day to its end,
// whatever the forecaster knew of it. Figures and intervals are those of ScoreForecasts(). Of a
// site there are no intervals, and the best baseline is the one that is best there.
std::optional<CardEvaluation> EvaluateForCard(const features::SiteHistory& truth,
                                              const Baselines& baselines,
                                              const CardForecasts& forecasts,
                                              const BootstrapOptions& options = {});

}  // namespace geoclimate::forecast
