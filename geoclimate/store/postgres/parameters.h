#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/day.h"

namespace geoclimate::store::postgres {

// Object identifiers of types that have been the same since they exist (pg_type.dat).
enum class Type : std::uint32_t {
  kBytes = 17,
  kInteger8 = 20,
  kInteger2 = 21,
  kInteger4 = 23,
  kText = 25,
  kReal4 = 700,
  kReal8 = 701,
  kDay = 1082,
  kTime = 1184,
};

// Values of one column, for a statement that unnests arrays.
class Column {
 public:
  explicit Column(Type type) : type_(type) {}

  // The width is the type's.
  void Add(std::int64_t value);
  void AddReal(double value);
  // Text or bytes.
  void AddText(std::string_view value);
  void AddTime(std::int64_t microseconds_since_1970);
  void AddDay(base::LocalDay day);
  void AddNull();

  std::size_t size() const { return count_; }
  Type type() const { return type_; }

 private:
  friend class Parameters;
  const Type type_;
  bool has_null_ = false;
  std::size_t count_ = 0;
  std::string elements_;  // each with its length before it
};

// The parameters of one statement in binary form, in the order in which they are added.
class Parameters {
 public:
  Parameters& Integer2(std::int16_t value);
  Parameters& Integer4(std::int32_t value);
  Parameters& Integer8(std::int64_t value);
  Parameters& Text(std::string_view value);
  Parameters& Bytes(std::string_view value);
  Parameters& Time(std::int64_t microseconds_since_1970);
  Parameters& Day(base::LocalDay day);
  Parameters& Null(Type type);
  Parameters& Array(const Column& column);
  Parameters& Optional4(const std::optional<std::int64_t>& value) {
    return value ? Integer4(static_cast<std::int32_t>(*value)) : Null(Type::kInteger4);
  }

  int size() const { return static_cast<int>(types_.size()); }
  const std::vector<std::uint32_t>& types() const { return types_; }
  // Views of the values; a null pointer for null. Valid while the parameters are unchanged.
  std::vector<const char*> Values() const;
  const std::vector<int>& lengths() const { return lengths_; }

 private:
  void Begin(std::uint32_t type) {
    types_.push_back(type);
    offsets_.push_back(bytes_.size());
  }
  Parameters& End() {
    lengths_.push_back(static_cast<int>(bytes_.size() - offsets_.back()));
    return *this;
  }

  std::vector<std::uint32_t> types_;
  std::vector<std::size_t> offsets_;  // into bytes_; kNull
  std::vector<int> lengths_;
  std::string bytes_;
};

}  // namespace geoclimate::store::postgres
