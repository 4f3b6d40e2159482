#include "geoclimate/forecast/verification.h"

#include <algorithm>
#include <span>

#include "geoclimate/forecast/model_name.h"

namespace geoclimate::forecast {

base::Result<Verification> VerifyIssued(store::IssuedForecastStore& issued,
                                        const HistoryLoader& load, const VerificationWindow& window,
                                        const ScoringOptions& options) {
  std::vector<airquality::IssuedForecast> forecasts;
  GC_RETURN_IF_ERROR(issued.Visit(
      {.from = window.from, .to = window.to, .pollutant = {}, .horizon_days = {}},
      [&forecasts](const airquality::IssuedForecast& forecast) { forecasts.push_back(forecast); }));
  Verification verification;
  verification.window = window;
  verification.issued = forecasts.size();
  if (forecasts.empty()) return verification;
  GC_ASSIGN_OR_RETURN(const features::SiteHistory history, load());
  JudgeOptions judge;
  judge.threads = options.threads;
  Judgement judgement = Judge(history, forecasts, judge);
  verification.judged = judgement.judged.size();
  verification.unobserved = judgement.unobserved;
  const auto from_neighbours =
      std::ranges::stable_partition(judgement.judged, [](const JudgedForecast& one) {
        return BasisOfModel(one.forecast.model_id) == airquality::Basis::kSite;
      });
  verification.groups_from_neighbours = ScoreForecasts(from_neighbours, options);
  verification.groups = ScoreForecasts(
      std::span(judgement.judged).first(judgement.judged.size() - from_neighbours.size()), options);
  return verification;
}

}  // namespace geoclimate::forecast
