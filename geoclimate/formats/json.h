#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "geoclimate/base/result.h"

namespace geoclimate::formats {

// A JSON value (RFC 8259): what ParseJson returns. A value type; copying copies the tree.
//
//   GC_ASSIGN_OR_RETURN(const Json document, ParseJson(bytes));
//   GC_ASSIGN_OR_RETURN(const std::string_view name, document.StringAt("name"));
//
// The ...At() functions read a member of an object. They fail with kInvalidArgument naming the
// member and what was there instead: "field 'name': expected a string, got a number".
class Json {
 public:
  enum class Kind : std::uint8_t { kNull, kBool, kInteger, kDouble, kString, kArray, kObject };
  using Array = std::vector<Json>;
  using Member = std::pair<std::string, Json>;
  using Object = std::vector<Member>;  // in the order of the text

  Json() = default;  // null
  explicit Json(bool value) : value_(value) {}
  // Integers within int64 are exact; all other numbers are doubles.
  explicit Json(std::int64_t value) : value_(value) {}
  explicit Json(double value) : value_(value) {}
  explicit Json(std::string value) : value_(std::move(value)) {}
  explicit Json(Array value) : value_(std::move(value)) {}
  explicit Json(Object value) : value_(std::move(value)) {}

  Kind kind() const { return static_cast<Kind>(value_.index()); }
  // "null", "a bool", "a number", "a string", "an array", "an object".
  std::string_view KindName() const;

  bool is_null() const { return kind() == Kind::kNull; }
  bool is_number() const { return kind() == Kind::kInteger || kind() == Kind::kDouble; }

  // Null when the value is of another kind.
  const bool* AsBool() const { return std::get_if<bool>(&value_); }
  const std::int64_t* AsInteger() const { return std::get_if<std::int64_t>(&value_); }
  const std::string* AsString() const { return std::get_if<std::string>(&value_); }
  const Array* AsArray() const { return std::get_if<Array>(&value_); }
  const Object* AsObject() const { return std::get_if<Object>(&value_); }
  // Of an integer or a double; NaN for other kinds (JSON itself has no NaN).
  double AsDouble() const;

  // The member of an object, or null: no such member, or not an object. Linear in the number of
  // members.
  const Json* Find(std::string_view name) const;

  base::Result<const Json*> At(std::string_view name) const;
  base::Result<bool> BoolAt(std::string_view name) const;
  // An integer, or a double with an integral value.
  base::Result<std::int64_t> IntegerAt(std::string_view name) const;
  base::Result<double> NumberAt(std::string_view name) const;
  // Valid as long as this value.
  base::Result<std::string_view> StringAt(std::string_view name) const;
  base::Result<std::span<const Json>> ArrayAt(std::string_view name) const;
  // The member, checked to be an object.
  base::Result<const Json*> ObjectAt(std::string_view name) const;

 private:
  std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Object> value_;
};

// Parses one JSON text as JsonCursor does (strict, nested at most JsonCursor::kMaxDepth deep), and
// refuses an object that names a member twice. kInvalidArgument with the byte offset. Safe on
// hostile input: the tree takes at most some 50 times the memory of the text, so bound the text.
base::Result<Json> ParseJson(std::string_view text);

// Writes JSON without spaces to the end of a string: deterministic, and without allocation once
// `out` has the capacity. Numbers are the shortest decimal that reads back as the same double (or
// float); one that is not finite is written as null. Text that is not UTF-8 has each bad byte
// replaced by U+FFFD.
//
//   JsonWriter(out).BeginObject().Key("aqi").Integer(57).EndObject();
//
// Calls that do not make one well-formed value (a member without a key) are a bug; they are not
// detected.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  JsonWriter& BeginObject();
  JsonWriter& EndObject();
  JsonWriter& BeginArray();
  JsonWriter& EndArray();
  JsonWriter& Key(std::string_view name);
  JsonWriter& String(std::string_view value);
  JsonWriter& Integer(std::int64_t value);
  JsonWriter& Double(double value);
  JsonWriter& Float(float value);
  JsonWriter& Bool(bool value);
  JsonWriter& Null();
  // Text that is JSON already.
  JsonWriter& Raw(std::string_view json);
  JsonWriter& Value(const Json& value);

 private:
  void Separate();

  std::string& out_;
  bool needs_comma_ = false;
};

// Members in their order. Reading it back gives an equal tree, up to doubles with an integral
// value.
std::string WriteJson(const Json& value);

// Appends `text` as a JSON string with its quotes; for renderers that do without JsonWriter.
void AppendJsonString(std::string& out, std::string_view text);

}  // namespace geoclimate::formats
