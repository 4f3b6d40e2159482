#include "geoclimate/formats/json.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <optional>

#include <fmt/format.h>

#include "geoclimate/formats/json_cursor.h"

namespace geoclimate::formats {
namespace {

base::Error WrongKind(std::string_view name, std::string_view expected, const Json& found) {
  return base::InvalidArgument(
      fmt::format("field '{}': expected {}, got {}", name, expected, found.KindName()));
}

// `text` has the form of a number. Nothing when it is too large for a double.
std::optional<Json> NumberFrom(std::string_view text) {
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  std::int64_t integer = 0;
  const auto [last, error] = std::from_chars(begin, end, integer);
  const bool negative_zero = integer == 0 && text.front() == '-';
  if (error == std::errc() && last == end && !negative_zero) return Json(integer);
  double number = 0;
  if (std::from_chars(begin, end, number).ec == std::errc()) return Json(number);
  // from_chars does not say in which direction the number is out of range.
  number = std::strtod(std::string(text).c_str(), nullptr);
  return std::isfinite(number) ? std::optional<Json>(number) : std::nullopt;
}

std::optional<std::string_view> NameTwice(const Json::Object& object) {
  std::vector<std::string_view> names;
  names.reserve(object.size());
  for (const Json::Member& member : object) names.push_back(member.first);
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice == names.end()) return std::nullopt;
  return *twice;
}

// Recursion is bounded by JsonCursor::kMaxDepth. After a failure the value is meaningless.
Json ReadValue(JsonCursor& cursor) {
  std::string_view text;
  bool truth = false;
  switch (cursor.Peek()) {
    case JsonCursor::Kind::kObject: {
      Json::Object object;
      for (cursor.EnterObject(); cursor.NextKey(text);) {
        std::string name(text);
        object.emplace_back(std::move(name), ReadValue(cursor));
      }
      if (const auto twice = NameTwice(object)) {
        cursor.Fail(fmt::format("the object before this names '{}' twice", *twice));
      }
      return Json(std::move(object));
    }
    case JsonCursor::Kind::kArray: {
      Json::Array array;
      for (cursor.EnterArray(); cursor.NextElement();) array.push_back(ReadValue(cursor));
      return Json(std::move(array));
    }
    case JsonCursor::Kind::kString:
      cursor.ReadString(text);
      return Json(std::string(text));
    case JsonCursor::Kind::kNumber:
      text = cursor.SkipRawValue();
      if (text.empty()) return Json();
      if (std::optional<Json> number = NumberFrom(text)) return *std::move(number);
      cursor.Fail("the number before this is too large");
      return Json();
    case JsonCursor::Kind::kTrue:
    case JsonCursor::Kind::kFalse:
      cursor.ReadBool(truth);
      return Json(truth);
    case JsonCursor::Kind::kNull:
      cursor.ReadNull();
      return Json();
    case JsonCursor::Kind::kInvalid:
      break;
  }
  cursor.Fail("expected a value");
  return Json();
}

}  // namespace

std::string_view Json::KindName() const {
  switch (kind()) {
    case Kind::kNull:
      return "null";
    case Kind::kBool:
      return "a bool";
    case Kind::kInteger:
    case Kind::kDouble:
      return "a number";
    case Kind::kString:
      return "a string";
    case Kind::kArray:
      return "an array";
    case Kind::kObject:
      return "an object";
  }
  return "nothing";
}

double Json::AsDouble() const {
  if (const std::int64_t* integer = AsInteger()) return static_cast<double>(*integer);
  if (const double* number = std::get_if<double>(&value_)) return *number;
  return std::numeric_limits<double>::quiet_NaN();
}

const Json* Json::Find(std::string_view name) const {
  const Object* object = AsObject();
  if (object == nullptr) return nullptr;
  for (const Member& member : *object) {
    if (member.first == name) return &member.second;
  }
  return nullptr;
}

base::Result<const Json*> Json::At(std::string_view name) const {
  if (const Json* found = Find(name)) return found;
  if (AsObject() == nullptr) {
    return base::InvalidArgument(
        fmt::format("expected an object with the field '{}', got {}", name, KindName()));
  }
  return base::InvalidArgument(fmt::format("field '{}' is missing", name));
}

base::Result<bool> Json::BoolAt(std::string_view name) const {
  GC_ASSIGN_OR_RETURN(const Json* const member, At(name));
  if (const bool* value = member->AsBool()) return *value;
  return WrongKind(name, "a bool", *member);
}

base::Result<std::int64_t> Json::IntegerAt(std::string_view name) const {
  GC_ASSIGN_OR_RETURN(const Json* const member, At(name));
  if (const std::int64_t* value = member->AsInteger()) return *value;
  if (!member->is_number()) return WrongKind(name, "an integer", *member);
  const double number = member->AsDouble();
  // 2^63 is the first double past int64.
  if (number != std::trunc(number) || number < -0x1p63 || number >= 0x1p63) {
    return base::InvalidArgument(fmt::format("field '{}': {} is not an integer", name, number));
  }
  return static_cast<std::int64_t>(number);
}

base::Result<double> Json::NumberAt(std::string_view name) const {
  GC_ASSIGN_OR_RETURN(const Json* const member, At(name));
  if (member->is_number()) return member->AsDouble();
  return WrongKind(name, "a number", *member);
}

base::Result<std::string_view> Json::StringAt(std::string_view name) const {
  GC_ASSIGN_OR_RETURN(const Json* const member, At(name));
  if (const std::string* value = member->AsString()) return std::string_view(*value);
  return WrongKind(name, "a string", *member);
}

base::Result<std::span<const Json>> Json::ArrayAt(std::string_view name) const {
  GC_ASSIGN_OR_RETURN(const Json* const member, At(name));
  if (const Array* value = member->AsArray()) return std::span<const Json>(*value);
  return WrongKind(name, "an array", *member);
}

base::Result<const Json*> Json::ObjectAt(std::string_view name) const {
  GC_ASSIGN_OR_RETURN(const Json* const member, At(name));
  if (member->AsObject() != nullptr) return member;
  return WrongKind(name, "an object", *member);
}

base::Result<Json> ParseJson(std::string_view text) {
  JsonCursor cursor(text);
  Json value = ReadValue(cursor);
  GC_RETURN_IF_ERROR(cursor.Finish());
  return value;
}

}  // namespace geoclimate::formats
