#pragma once

#include <cstddef>

#include "geoclimate/backtest/backtest_options.h"
#include "geoclimate/backtest/knowledge.h"
#include "geoclimate/backtest/past_tasks.h"
#include "geoclimate/backtest/pollutant_rows.h"
#include "geoclimate/backtest/segment.h"
#include "geoclimate/base/result.h"
#include "geoclimate/training/training_options.h"

namespace geoclimate::backtest {

// What forecasters of places say of the rows of the origin's days, `rows` being on the basis of
// neighbours: of each site those that have seen neither it nor a day from the origin on
// (training::FitHeldOutSites). As at sites, the members speak where they beat every interpolation,
// and the damped interpolation where they do not; that alone where the past is too short for a fit,
// and nobody where it holds fewer than training::kMinFallbackRows rows. Errors are the fits'.
base::Result<Segment> ForecastPlaces(const Knowledge& knowledge, const Origin& origin,
                                     const PollutantRows& rows, const PastTasks& tasks,
                                     const training::TrainingOptions& options);

// About the most memory that ForecastPlaces() takes, in bytes.
std::size_t PlaceFitBytes(const PollutantRows& rows, std::size_t tasks);

}  // namespace geoclimate::backtest
