#include "geoclimate/store/sqlite/version_row.h"

namespace geoclimate::store::sqlite {

VersionRow ReadVersion(const Statement& versions_of_series, std::int64_t series) {
  VersionRow row;
  row.series = series;
  row.start = versions_of_series.Integer(0);
  row.source = versions_of_series.Integer(1);
  row.value = versions_of_series.Integer(2);
  row.completeness = versions_of_series.Integer(3);
  row.monitor = versions_of_series.Integer(4);
  row.origin = versions_of_series.Integer(5);
  row.receipt = versions_of_series.Integer(6);
  if (!versions_of_series.IsNull(7)) row.available_at_floor = versions_of_series.Integer(7);
  return row;
}

}  // namespace geoclimate::store::sqlite
