#include "geoclimate/model/xgboost_document.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>

#include <fmt/format.h>

#include "geoclimate/formats/json_cursor.h"
#include "geoclimate/model/ubjson.h"

namespace geoclimate::model {
namespace {

using formats::JsonCursor;

// Half of a model file.
constexpr std::array<std::string_view, 3> kUnused = {"base_weights", "loss_changes", "parents"};

bool IsUbjson(std::string_view bytes) {
  // JSON goes on with space, a quote or a brace; UBJSON with the type of the first name's length.
  return bytes.size() > 1 && bytes[0] == '{' &&
         std::string_view("iUIlL#$").find(bytes[1]) != std::string_view::npos;
}

XgboostDocument ReadValue(JsonCursor& cursor);

// Numbers as long as all are; the elements before the first other kind move over into the list.
XgboostDocument ReadArray(JsonCursor& cursor) {
  XgboostDocument::Numbers numbers;
  XgboostDocument::List list;
  for (cursor.EnterArray(); cursor.NextElement();) {
    const JsonCursor::Kind kind = cursor.Peek();
    const bool is_bool = kind == JsonCursor::Kind::kTrue || kind == JsonCursor::Kind::kFalse;
    if (list.empty() && (kind == JsonCursor::Kind::kNumber || is_bool)) {
      double number = 0;
      bool truth = false;
      if (is_bool) {
        cursor.ReadBool(truth);
        number = truth ? 1 : 0;
      } else {
        cursor.ReadNumber(number);
      }
      numbers.push_back(number);
      continue;
    }
    for (const double number : numbers) list.emplace_back(number);
    numbers.clear();
    list.push_back(ReadValue(cursor));
  }
  if (list.empty()) return XgboostDocument(std::move(numbers));
  return XgboostDocument(std::move(list));
}

// Recursion is bounded by JsonCursor::kMaxDepth.
XgboostDocument ReadValue(JsonCursor& cursor) {
  std::string_view text;
  switch (cursor.Peek()) {
    case JsonCursor::Kind::kObject: {
      XgboostDocument::Object object;
      for (cursor.EnterObject(); cursor.NextKey(text);) {
        if (std::ranges::find(kUnused, text) != kUnused.end()) {
          cursor.SkipValue();
          continue;
        }
        std::string name(text);
        object.emplace_back(std::move(name), ReadValue(cursor));
      }
      return XgboostDocument(std::move(object));
    }
    case JsonCursor::Kind::kArray:
      return ReadArray(cursor);
    case JsonCursor::Kind::kString:
      cursor.ReadString(text);
      return XgboostDocument(std::string(text));
    case JsonCursor::Kind::kNumber: {
      double number = 0;
      cursor.ReadNumber(number);
      return XgboostDocument(number);
    }
    case JsonCursor::Kind::kTrue:
    case JsonCursor::Kind::kFalse: {
      bool truth = false;
      cursor.ReadBool(truth);
      return XgboostDocument(truth ? 1.0 : 0.0);
    }
    default:
      cursor.SkipValue();
      return XgboostDocument();
  }
}

base::Error Missing(std::string_view name, std::string_view kind) {
  return base::InvalidArgument(fmt::format("field '{}' is missing or not {}", name, kind));
}

}  // namespace

const XgboostDocument* XgboostDocument::Find(std::string_view name) const {
  const Object* object = AsObject();
  if (object == nullptr) return nullptr;
  for (const Member& member : *object) {
    if (member.first == name) return &member.second;
  }
  return nullptr;
}

base::Result<const XgboostDocument*> XgboostDocument::ObjectAt(std::string_view name) const {
  const XgboostDocument* member = Find(name);
  if (member == nullptr || member->AsObject() == nullptr) return Missing(name, "an object");
  return member;
}

base::Result<const XgboostDocument::Numbers*> XgboostDocument::NumbersAt(
    std::string_view name) const {
  const XgboostDocument* member = Find(name);
  if (member == nullptr || member->AsNumbers() == nullptr) {
    return Missing(name, "an array of numbers");
  }
  return member->AsNumbers();
}

base::Result<std::string_view> XgboostDocument::StringAt(std::string_view name) const {
  const XgboostDocument* member = Find(name);
  if (member == nullptr || member->AsString() == nullptr) return Missing(name, "a string");
  return std::string_view(*member->AsString());
}

base::Result<std::int64_t> XgboostDocument::IntegerAt(std::string_view name) const {
  const XgboostDocument* member = Find(name);
  if (member != nullptr && member->AsString() != nullptr) {
    const std::string& text = *member->AsString();
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc() && end == text.data() + text.size()) return value;
  } else if (member != nullptr && member->AsNumber() != nullptr) {
    const double value = *member->AsNumber();
    if (value == std::trunc(value) && std::abs(value) < 0x1p53) {
      return static_cast<std::int64_t>(value);
    }
  }
  return Missing(name, "an integer");
}

base::Result<XgboostDocument> ParseXgboostDocument(std::string_view bytes) {
  if (IsUbjson(bytes)) return ParseUbjson(bytes, kUnused);
  JsonCursor cursor(bytes);
  XgboostDocument document = ReadValue(cursor);
  GC_RETURN_IF_ERROR(cursor.Finish());
  return document;
}

}  // namespace geoclimate::model
