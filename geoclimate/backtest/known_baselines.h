#pragma once

#include <span>

#include "geoclimate/backtest/knowledge.h"
#include "geoclimate/backtest/pollutant_rows.h"
#include "geoclimate/forecast/baselines.h"

namespace geoclimate::backtest {

// The six simple methods (forecast::Baselines) for rows of limited knowledge, from what the rows
// themselves hold. `tasks` are ascending indexes into `rows` whose valid day was measured.
//
// Two differences: rho is fitted on tasks whose value had its last version by the issue day; the
// climatology is the site's own around the issue day's date, and its mean where it has none.
forecast::BaselineColumns KnownBaselines(const Knowledge& knowledge, const PollutantRows& rows,
                                         std::span<const std::size_t> tasks, int horizon_days);

}  // namespace geoclimate::backtest
