#include "geoclimate/store/postgres/rows.h"

#include <bit>

#include "geoclimate/base/check.h"
#include "geoclimate/store/postgres/binary.h"

namespace geoclimate::store::postgres {

std::int64_t Rows::Integer(int row, int column) const {
  if (IsNull(row, column)) return 0;
  const char* bytes = PQgetvalue(result_.get(), row, column);
  switch (PQgetlength(result_.get(), row, column)) {
    case 1:
      return GetInteger<std::int8_t>(bytes);
    case 2:
      return GetInteger<std::int16_t>(bytes);
    case 4:
      return GetInteger<std::int32_t>(bytes);
    case 8:
      return GetInteger<std::int64_t>(bytes);
    default:
      GC_CHECK(false, "a column of whole numbers");
      return 0;
  }
}

double Rows::Real(int row, int column) const {
  if (IsNull(row, column)) return 0;
  const char* bytes = PQgetvalue(result_.get(), row, column);
  if (PQgetlength(result_.get(), row, column) == 4) {
    return double{std::bit_cast<float>(GetInteger<std::int32_t>(bytes))};
  }
  return std::bit_cast<double>(GetInteger<std::int64_t>(bytes));
}

std::string_view Rows::Text(int row, int column) const {
  return {PQgetvalue(result_.get(), row, column),
          static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
}

std::int64_t Rows::Microseconds(int row, int column) const {
  return DecodeMicroseconds(Integer(row, column));
}

base::LocalDay Rows::Day(int row, int column) const {
  return DecodeDay(static_cast<std::int32_t>(Integer(row, column)));
}

}  // namespace geoclimate::store::postgres
