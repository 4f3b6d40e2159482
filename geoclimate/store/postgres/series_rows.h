#pragma once

#include "geoclimate/store/postgres/rows.h"
#include "geoclimate/store/postgres/statement.h"
#include "geoclimate/store/series.h"

namespace geoclimate::store::postgres {

// A call of `statement` with the arrays site, pollutant, parameter, poc, duration, statistic and
// event.
class SeriesCall {
 public:
  explicit SeriesCall(std::string_view statement) : statement_(statement) {}
  void Add(const Series& series);
  Call Take() const;

 private:
  std::string_view statement_;
  Column site_{Type::kInteger4};
  Column pollutant_{Type::kInteger2};
  Column parameter_{Type::kInteger4};
  Column poc_{Type::kInteger4};
  Column duration_{Type::kInteger2};
  Column statistic_{Type::kInteger2};
  Column event_{Type::kInteger2};
};

// The series in the same columns from `first` on.
Series ReadSeries(const Rows& rows, int row, int first);

}  // namespace geoclimate::store::postgres
