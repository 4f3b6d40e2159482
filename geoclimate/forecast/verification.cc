#include "geoclimate/forecast/verification.h"

namespace geoclimate::forecast {

base::Result<Verification> VerifyIssued(store::IssuedForecastStore& issued,
                                        const features::SiteHistory& history,
                                        const VerificationWindow& window) {
  std::vector<airquality::IssuedForecast> forecasts;
  GC_RETURN_IF_ERROR(issued.Visit(
      {.from = window.from, .to = window.to, .pollutant = {}, .horizon_days = {}},
      [&forecasts](const airquality::IssuedForecast& forecast) { forecasts.push_back(forecast); }));
  const Judgement judgement = Judge(history, forecasts);
  return Verification{.window = window,
                      .issued = forecasts.size(),
                      .judged = judgement.judged.size(),
                      .groups = ScoreForecasts(judgement.judged)};
}

}  // namespace geoclimate::forecast
