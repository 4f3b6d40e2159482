#include "geoclimate/store/postgres/parameters.h"

#include <limits>

#include "geoclimate/base/check.h"
#include "geoclimate/store/postgres/binary.h"

namespace geoclimate::store::postgres {
namespace {

constexpr std::size_t kNull = std::numeric_limits<std::size_t>::max();

constexpr std::uint32_t Number(Type type) {
  return static_cast<std::uint32_t>(type);
}

// The type of an array of these.
std::uint32_t ArrayOf(Type type) {
  switch (type) {
    case Type::kBytes:
      return 1001;
    case Type::kInteger8:
      return 1016;
    case Type::kInteger2:
      return 1005;
    case Type::kInteger4:
      return 1007;
    case Type::kText:
      return 1009;
    case Type::kReal4:
      return 1021;
    case Type::kReal8:
      return 1022;
    case Type::kDay:
      return 1182;
    case Type::kTime:
      return 1185;
  }
  return 0;
}

}  // namespace

void Column::Add(std::int64_t value) {
  ++count_;
  switch (type_) {
    case Type::kInteger2:
      PutInteger(std::int32_t{2}, elements_);
      PutInteger(static_cast<std::int16_t>(value), elements_);
      return;
    case Type::kInteger4:
      PutInteger(std::int32_t{4}, elements_);
      PutInteger(static_cast<std::int32_t>(value), elements_);
      return;
    case Type::kInteger8:
      PutInteger(std::int32_t{8}, elements_);
      PutInteger(value, elements_);
      return;
    default:
      GC_CHECK(false, "a column of whole numbers");
  }
}

void Column::AddReal(double value) {
  ++count_;
  if (type_ == Type::kReal4) {
    PutInteger(std::int32_t{4}, elements_);
    PutReal(static_cast<float>(value), elements_);
    return;
  }
  GC_CHECK(type_ == Type::kReal8, "a column of real numbers");
  PutInteger(std::int32_t{8}, elements_);
  PutReal(value, elements_);
}

void Column::AddText(std::string_view value) {
  ++count_;
  PutInteger(static_cast<std::int32_t>(value.size()), elements_);
  elements_ += value;
}

void Column::AddTime(std::int64_t microseconds_since_1970) {
  ++count_;
  PutInteger(std::int32_t{8}, elements_);
  PutInteger(EncodeMicroseconds(microseconds_since_1970), elements_);
}

void Column::AddDay(base::LocalDay day) {
  ++count_;
  PutInteger(std::int32_t{4}, elements_);
  PutInteger(EncodeDay(day), elements_);
}

void Column::AddNull() {
  ++count_;
  has_null_ = true;
  PutInteger(std::int32_t{-1}, elements_);
}

Parameters& Parameters::Integer2(std::int16_t value) {
  Begin(Number(Type::kInteger2));
  PutInteger(value, bytes_);
  return End();
}

Parameters& Parameters::Integer4(std::int32_t value) {
  Begin(Number(Type::kInteger4));
  PutInteger(value, bytes_);
  return End();
}

Parameters& Parameters::Integer8(std::int64_t value) {
  Begin(Number(Type::kInteger8));
  PutInteger(value, bytes_);
  return End();
}

Parameters& Parameters::Text(std::string_view value) {
  Begin(Number(Type::kText));
  bytes_ += value;
  return End();
}

Parameters& Parameters::Bytes(std::string_view value) {
  Begin(Number(Type::kBytes));
  bytes_ += value;
  return End();
}

Parameters& Parameters::Time(std::int64_t microseconds_since_1970) {
  Begin(Number(Type::kTime));
  PutInteger(EncodeMicroseconds(microseconds_since_1970), bytes_);
  return End();
}

Parameters& Parameters::Day(base::LocalDay day) {
  Begin(Number(Type::kDay));
  PutInteger(EncodeDay(day), bytes_);
  return End();
}

Parameters& Parameters::Null(Type type) {
  types_.push_back(Number(type));
  offsets_.push_back(kNull);
  lengths_.push_back(0);
  return *this;
}

Parameters& Parameters::Array(const Column& column) {
  Begin(ArrayOf(column.type_));
  const bool empty = column.count_ == 0;
  PutInteger(std::int32_t{empty ? 0 : 1}, bytes_);  // dimensions
  PutInteger(std::int32_t{column.has_null_ ? 1 : 0}, bytes_);
  PutInteger(Number(column.type_), bytes_);
  if (!empty) {
    PutInteger(static_cast<std::int32_t>(column.count_), bytes_);
    PutInteger(std::int32_t{1}, bytes_);  // the first index
    bytes_ += column.elements_;
  }
  return End();
}

std::vector<const char*> Parameters::Values() const {
  std::vector<const char*> values;
  values.reserve(offsets_.size());
  for (const std::size_t offset : offsets_) {
    values.push_back(offset == kNull ? nullptr : bytes_.data() + offset);
  }
  return values;
}

}  // namespace geoclimate::store::postgres
