#include "geoclimate/ingest/fetch/flat_rows.h"

#include <cstddef>
#include <vector>

namespace geoclimate::ingest {
namespace {

using formats::JsonCursor;

bool SameInAnyCase(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const char lowered = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (lowered != lower[i]) return false;
  }
  return true;
}

bool ReadAsText(JsonCursor& json, std::string& text) {
  switch (json.Peek()) {
    case JsonCursor::Kind::kString: {
      std::string_view value;
      if (!json.ReadString(value)) return false;
      text = value;
      return true;
    }
    case JsonCursor::Kind::kNumber:
    case JsonCursor::Kind::kTrue:
    case JsonCursor::Kind::kFalse:
    case JsonCursor::Kind::kObject:
    case JsonCursor::Kind::kArray:
      text = json.SkipRawValue();
      return !json.failed();
    default:
      text.clear();
      return json.SkipValue();
  }
}

bool ReadRow(JsonCursor& json, std::span<const std::string_view> names,
             std::vector<std::string>& values) {
  if (!json.EnterObject()) return false;
  for (std::string_view key; json.NextKey(key);) {
    std::size_t i = 0;
    while (i < names.size() && !SameInAnyCase(key, names[i])) ++i;
    const bool read = i < names.size() ? ReadAsText(json, values[i]) : json.SkipValue();
    if (!read) return false;
  }
  return !json.failed();
}

}  // namespace

bool ReadFlatRows(JsonCursor& json, std::span<const std::string_view> names,
                  const std::function<void(std::span<const std::string> values)>& visit) {
  if (!json.EnterArray()) return false;
  std::vector<std::string> values(names.size());
  while (json.NextElement()) {
    for (std::string& value : values) value.clear();
    if (!ReadRow(json, names, values)) return false;
    visit(values);
  }
  return !json.failed();
}

}  // namespace geoclimate::ingest
