#pragma once

#include "geoclimate/store/series.h"
#include "geoclimate/store/sqlite/connection.h"

namespace geoclimate::store::sqlite {

// Binds site, pollutant, parameter, poc, duration, statistic and event to the parameters from
// `first` on; reads them from the columns from `first` on.
void BindSeries(Statement& statement, int first, const Series& series);
Series ReadSeries(const Statement& statement, int first);

}  // namespace geoclimate::store::sqlite
