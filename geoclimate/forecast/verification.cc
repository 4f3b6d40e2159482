#include "geoclimate/forecast/verification.h"

#include <utility>
#include <vector>

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
  verification.versions = ScoreVersions(judgement.judged, options.rules);
  std::vector<JudgedForecast> of_sites;
  std::vector<JudgedForecast> from_neighbours;
  for (JudgedForecast& one : judgement.judged) {
    const bool is_of_site = BasisOfModel(one.forecast.model_id) == airquality::Basis::kSite;
    (is_of_site ? of_sites : from_neighbours).push_back(std::move(one));
  }
  verification.groups = ScoreForecasts(of_sites, options);
  verification.groups_from_neighbours = ScoreForecasts(from_neighbours, options);
  return verification;
}

}  // namespace geoclimate::forecast
