#include "geoclimate/server/http/routes/feature_rows.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include <fmt/format.h>

namespace geoclimate::server::http::routes {
namespace {

using formats::JsonCursor;

constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();

std::string_view KindName(JsonCursor::Kind kind) {
  switch (kind) {
    case JsonCursor::Kind::kObject:
      return "an object";
    case JsonCursor::Kind::kArray:
      return "an array";
    case JsonCursor::Kind::kString:
      return "a string";
    case JsonCursor::Kind::kNumber:
      return "a number";
    case JsonCursor::Kind::kTrue:
    case JsonCursor::Kind::kFalse:
      return "a boolean";
    case JsonCursor::Kind::kNull:
      return "null";
    case JsonCursor::Kind::kInvalid:
      break;
  }
  return "nothing";
}

std::vector<LocationPart> Where(std::optional<std::size_t> index, std::string_view feature) {
  std::vector<LocationPart> where = {std::string("body"), std::string("data")};
  if (index) where.emplace_back(static_cast<std::uint64_t>(*index));
  if (!feature.empty()) where.emplace_back(std::string(feature));
  return where;
}

}  // namespace

void BodyFindings::AddError(FieldError error) {
  if (errors.size() < kMost) errors.push_back(std::move(error));
}

void BodyFindings::AddWarning(std::string warning) {
  if (warnings.size() == kMost) return;
  if (std::find(warnings.begin(), warnings.end(), warning) == warnings.end()) {
    warnings.push_back(std::move(warning));
  }
}

FeatureRows::FeatureRows(const service::ServedModel& model, UnknownFeatures unknown,
                         std::span<std::uint32_t> seen, BodyFindings& findings)
    : model_(model),
      features_(model.schema().features()),
      unknown_(unknown),
      seen_(seen),
      findings_(findings) {
  std::fill(seen_.begin(), seen_.end(), 0);
}

void FeatureRows::Wrong(std::optional<std::size_t> index, std::string_view feature,
                        std::string_view what, std::string_view type) {
  findings_.AddError(
      {Where(index, feature), fmt::format("feature '{}': {}", feature, what), std::string(type)});
}

void FeatureRows::Unknown(std::string_view name, std::vector<LocationPart> where) {
  const std::string_view nearest = model_.schema().Nearest(name);
  if (unknown_ == UnknownFeatures::kWarn) {
    findings_.AddWarning(fmt::format(
        "unknown feature '{}' was ignored; the nearest known name is '{}'", name, nearest));
    return;
  }
  findings_.AddError(
      {std::move(where),
       fmt::format("unknown feature '{}'; the nearest known name is '{}'", name, nearest),
       "unknown_feature"});
}

bool FeatureRows::ReadObject(JsonCursor& json, std::optional<std::size_t> index,
                             std::span<float> row) {
  std::fill(row.begin(), row.end(), kMissing);
  ++turn_;
  if (json.Peek() != JsonCursor::Kind::kObject) {
    findings_.AddError(
        {Where(index, {}),
         fmt::format("expected an object of features, got {}", KindName(json.Peek())),
         "object_type"});
    return json.SkipValue();
  }
  json.EnterObject();
  // Callers mostly send the features in the order in which the model lists them.
  std::size_t likely = 0;
  std::string_view name;
  for (;;) {
    const std::string_view guess = likely < features_.size() && model_.names_are_plain
                                       ? std::string_view(features_[likely].name)
                                       : std::string_view();
    if (!json.NextKey(name, guess)) break;
    const int column =
        !guess.empty() && name == guess ? static_cast<int>(likely) : model_.schema().Find(name);
    if (column < 0) {
      Unknown(name, Where(index, name));
      if (!json.SkipValue()) return false;
      continue;
    }
    const auto slot = static_cast<std::size_t>(column);
    if (seen_[slot] == turn_) Wrong(index, name, "given twice", "duplicate");
    seen_[slot] = turn_;
    if (!ReadValue(json, index, column, row[slot])) return false;
    likely = slot + 1;
  }
  return !json.failed();
}

bool FeatureRows::ReadValue(JsonCursor& json, std::optional<std::size_t> index, int column,
                            float& slot) {
  const JsonCursor::Kind kind = json.Peek();
  if (kind == JsonCursor::Kind::kNumber) {
    double value = 0;
    if (!json.ReadNumber(value)) return false;
    Narrow(value, index, column, slot);
    return true;
  }
  if (kind == JsonCursor::Kind::kNull) {
    slot = kMissing;
    return json.ReadNull();
  }
  if (kind != JsonCursor::Kind::kInvalid) {
    Wrong(index, features_[static_cast<std::size_t>(column)].name,
          fmt::format("expected a number or null, got {}", KindName(kind)), "float_type");
  }
  return json.SkipValue();
}

void FeatureRows::Narrow(double value, std::optional<std::size_t> index, int column, float& slot) {
  if (std::abs(value) <= static_cast<double>(std::numeric_limits<float>::max())) {
    slot = static_cast<float>(value);
    return;
  }
  Wrong(index, features_[static_cast<std::size_t>(column)].name,
        "out of the range of a 32-bit float", "float_range");
}

int FeatureRows::Column(std::string_view name, std::string_view member) {
  const int column = model_.schema().Find(name);
  std::vector<LocationPart> where = {std::string("body"), std::string(member), std::string(name)};
  if (column < 0) {
    Unknown(name, std::move(where));
    return -1;
  }
  // Names are read once, before any row.
  std::uint32_t& seen = seen_[static_cast<std::size_t>(column)];
  if (seen != 0) {
    findings_.AddError(
        {std::move(where), fmt::format("feature '{}': given twice", name), "duplicate"});
  }
  seen = 1;
  return column;
}

bool FeatureRows::ReadArray(JsonCursor& json, std::size_t index, std::span<const int> columns,
                            std::span<float> row) {
  std::fill(row.begin(), row.end(), kMissing);
  if (json.Peek() != JsonCursor::Kind::kArray) {
    findings_.AddError({Where(index, {}),
                        fmt::format("expected an array of values, got {}", KindName(json.Peek())),
                        "array_type"});
    return json.SkipValue();
  }
  json.EnterArray();
  std::size_t position = 0;
  for (; json.NextElement(); ++position) {
    const int column = position < columns.size() ? columns[position] : -1;
    const bool read = column < 0
                          ? json.SkipValue()
                          : ReadValue(json, index, column, row[static_cast<std::size_t>(column)]);
    if (!read) return false;
  }
  if (!json.failed() && position != columns.size()) {
    findings_.AddError(
        {Where(index, {}),
         fmt::format("a row of {} values under {} columns", position, columns.size()),
         "row_length"});
  }
  return !json.failed();
}

void FeatureRows::ReadCell(std::string_view text, std::size_t index, int column, float& slot) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  if (text.empty()) {
    slot = kMissing;
    return;
  }
  double value = 0;
  JsonCursor number(text);
  number.ReadNumber(value);
  if (number.Finish().ok()) {
    Narrow(value, index, column, slot);
    return;
  }
  Wrong(index, features_[static_cast<std::size_t>(column)].name,
        fmt::format("'{}' is not a number", text.substr(0, 64)), "float_type");
}

void FeatureRows::WarnOfMissing(std::optional<std::size_t> index, std::span<const float> row) {
  if (!model_.has_required_features || warned_of_missing_) return;
  std::string names;
  for (std::size_t column = 0; column < row.size(); ++column) {
    if (!std::isnan(row[column]) || features_[column].missing_allowed) continue;
    names += fmt::format("{}'{}'", names.empty() ? "" : ", ", features_[column].name);
  }
  if (names.empty()) return;
  warned_of_missing_ = true;
  findings_.AddWarning(
      fmt::format("{}missing, as they never were in training, so that the answer is less sure: {}",
                  index ? fmt::format("row {} and perhaps later ones: ", *index) : "", names));
}

}  // namespace geoclimate::server::http::routes
