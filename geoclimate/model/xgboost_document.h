#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "geoclimate/base/result.h"

namespace geoclimate::model {

// A value of an XGBoost model file, whichever of its two encodings it came in. Unlike formats::Json
// it keeps an array of numbers, which is what such a file is made of, as an array of doubles
// (exact: the file's integers are 32 bits and its floats single). Booleans are 0 and 1.
class XgboostDocument {
 public:
  using Numbers = std::vector<double>;
  using List = std::vector<XgboostDocument>;
  using Member = std::pair<std::string, XgboostDocument>;
  using Object = std::vector<Member>;

  XgboostDocument() = default;  // null
  explicit XgboostDocument(double value) : value_(value) {}
  explicit XgboostDocument(std::string value) : value_(std::move(value)) {}
  explicit XgboostDocument(Numbers value) : value_(std::move(value)) {}
  explicit XgboostDocument(List value) : value_(std::move(value)) {}
  explicit XgboostDocument(Object value) : value_(std::move(value)) {}

  // Null when the value is of another kind. An empty array is Numbers.
  const double* AsNumber() const { return std::get_if<double>(&value_); }
  const std::string* AsString() const { return std::get_if<std::string>(&value_); }
  const Numbers* AsNumbers() const { return std::get_if<Numbers>(&value_); }
  const List* AsList() const { return std::get_if<List>(&value_); }
  const Object* AsObject() const { return std::get_if<Object>(&value_); }

  // The member of an object, or null.
  const XgboostDocument* Find(std::string_view name) const;
  // The ...At() functions fail with kInvalidArgument naming the field.
  base::Result<const XgboostDocument*> ObjectAt(std::string_view name) const;
  base::Result<const Numbers*> NumbersAt(std::string_view name) const;
  base::Result<std::string_view> StringAt(std::string_view name) const;
  // A number, or a string that holds one: XGBoost writes its parameters as strings.
  base::Result<std::int64_t> IntegerAt(std::string_view name) const;

 private:
  std::variant<std::monostate, double, std::string, Numbers, List, Object> value_;
};

// Reads either encoding. kInvalidArgument with the byte offset for bytes that are neither. Arrays
// that a reader of trees has no use for (gains, parents, ...) are checked and dropped.
base::Result<XgboostDocument> ParseXgboostDocument(std::string_view bytes);

}  // namespace geoclimate::model
