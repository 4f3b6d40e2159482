#include "geoclimate/inference/row_codes.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <map>

#include "geoclimate/base/check.h"
#include "geoclimate/inference/row_codes_kernel.h"

namespace geoclimate::inference {
namespace {

constexpr std::size_t kFanOut = 16;
constexpr std::size_t kColumnKeys = 255;
constexpr std::uint32_t kSign = 0x8000'0000U;
constexpr std::int32_t kAboveAllKeys = std::numeric_limits<std::int32_t>::max();

std::uint8_t CopyOf(const PackedSplit& split) {
  const unsigned zeros = split.zeros == Zeros::kAreMissing ? 2U : 0U;
  return static_cast<std::uint8_t>(zeros + (split.default_left ? 1U : 0U));
}

std::int32_t Signed(std::uint32_t key) {
  return std::bit_cast<std::int32_t>(key ^ kSign);
}

float Unsigned(std::int32_t key) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(key) ^ kSign;
  return std::bit_cast<float>((bits & kSign) != 0 ? bits ^ kSign : ~bits);
}

bool IsNumeric(const model::TreeNode& node) {
  return node.feature >= 0 &&
         (node.kind == model::SplitKind::kLess || node.kind == model::SplitKind::kLessOrEqual);
}

}  // namespace

// The splits of a feature: distinct keys, and which copies compare with each.
struct RowCodes::FeatureKeys {
  std::uint32_t feature = 0;
  std::vector<std::uint64_t> splits;  // the key in the high half, the copy below
};

std::optional<RowCodes> RowCodes::Build(const model::TreeEnsemble& ensemble) {
  std::vector<FeatureKeys> features(static_cast<std::size_t>(ensemble.features));
  for (const model::Tree& tree : ensemble.trees) {
    for (const model::TreeNode& node : tree.nodes) {
      if (!IsNumeric(node)) continue;
      const PackedSplit split = PackSplit(node);
      features[static_cast<std::size_t>(node.feature)].splits.push_back(
          std::uint64_t{split.key} << 32 | CopyOf(split));
    }
  }
  RowCodes codes;
  codes.feature_places_.resize(features.size());
  for (std::size_t i = 0; i < features.size(); ++i) {
    FeatureKeys& keys = features[i];
    if (keys.splits.empty()) continue;
    keys.feature = static_cast<std::uint32_t>(i);
    std::ranges::sort(keys.splits);
    const auto repeated = std::ranges::unique(keys.splits);
    keys.splits.erase(repeated.begin(), repeated.end());
    codes.feature_places_[i] = static_cast<std::uint32_t>(codes.features_.size());
    codes.Add(keys);
    if (codes.columns_.size() > kMostColumns) return std::nullopt;
  }
  if (codes.columns_.empty()) return std::nullopt;
  return codes;
}

void RowCodes::Add(const FeatureKeys& keys) {
  Feature feature;
  feature.feature = keys.feature;
  feature.first_column = static_cast<std::uint32_t>(columns_.size());
  std::vector<std::int32_t> level;  // the distinct keys, then group by group the largest of each
  std::array<std::size_t, 4> wanted = {0, 0, 0, 0};  // of each copy: columns so far
  for (const std::uint64_t split : keys.splits) {
    const std::int32_t key = Signed(static_cast<std::uint32_t>(split >> 32));
    if (level.empty() || level.back() != key) level.push_back(key);
    const std::size_t chunk = (level.size() - 1) / kColumnKeys;
    const auto copy = static_cast<std::uint8_t>(split & 3U);
    if (wanted[copy] == chunk + 1) continue;
    wanted[copy] = chunk + 1;
    columns_.push_back({static_cast<std::int32_t>(chunk * kColumnKeys), copy});
  }
  feature.last_column = static_cast<std::uint32_t>(columns_.size());
  feature.keys = static_cast<std::int32_t>(level.size());

  std::vector<std::vector<std::int32_t>> levels;
  do {
    level.resize((level.size() / kFanOut + 1) * kFanOut, kAboveAllKeys);
    levels.push_back(level);
    std::vector<std::int32_t> above;
    above.reserve(level.size() / kFanOut);
    for (std::size_t i = kFanOut - 1; i < level.size(); i += kFanOut) above.push_back(level[i]);
    level = std::move(above);
  } while (levels.back().size() > kFanOut);
  GC_CHECK(levels.size() <= feature.level.size(), "fewer keys than 16^8");
  feature.levels = static_cast<std::uint32_t>(levels.size());
  for (std::size_t i = 0; i < levels.size(); ++i) {
    feature.level[i] = static_cast<std::uint32_t>(keys_.size());
    const std::vector<std::int32_t>& from = levels[levels.size() - 1 - i];
    keys_.insert(keys_.end(), from.begin(), from.end());
  }
  features_.push_back(feature);
}

std::size_t RowCodes::memory_bytes() const {
  return features_.size() * sizeof(Feature) + feature_places_.size() * sizeof(std::uint32_t) +
         columns_.size() * sizeof(Column) + keys_.size() * sizeof(keys_[0]);
}

CodedSplit RowCodes::Code(std::size_t feature, const PackedSplit& split) const {
  const Feature& coded = features_[feature_places_[feature]];
  const std::size_t at = Below(coded, Signed(split.key));
  const auto base = static_cast<std::int32_t>(at / kColumnKeys * kColumnKeys);
  for (std::uint32_t column = coded.first_column; column < coded.last_column; ++column) {
    if (columns_[column].base != base || columns_[column].copy != CopyOf(split)) continue;
    const auto code = static_cast<std::int32_t>(at) - base - 128;
    return {static_cast<std::uint16_t>(column), static_cast<std::int8_t>(code)};
  }
  GC_CHECK(false, "every split has a column");
  return {};
}

// How many of the feature's keys are below `key`: a binary search without a branch on the data, as
// models are built from millions of splits.
std::size_t RowCodes::Below(const Feature& feature, std::int32_t key) const {
  const std::int32_t* const first = keys_.data() + feature.level[feature.levels - 1];
  const std::int32_t* at = first;
  auto left = static_cast<std::size_t>(feature.keys);
  while (left > 1) {
    const std::size_t half = left / 2;
    at += half * static_cast<std::size_t>(at[half - 1] < key);
    left -= half;
  }
  return static_cast<std::size_t>(at - first) + (*at < key ? 1 : 0);
}

void RowCodes::Fill(std::span<const float> rows, std::size_t features, std::size_t count,
                    std::span<std::int8_t> codes) const {
  const CodeTables tables = {features_, columns_.data(), keys_.data()};
  CodeRows(tables, rows.data(), features, count, codes.data());
}

void RowCodes::FillRow(std::span<const float> row, std::span<std::int8_t> codes) const {
  CodeRow({features_, columns_.data(), keys_.data()}, row.data(), codes.data());
}

void RowCodes::FillSample(std::uint64_t seed, std::span<float> row) const {
  std::ranges::fill(row, std::numeric_limits<float>::quiet_NaN());
  for (const Feature& feature : features_) {
    // Numbers of Steele, Lea and Flood's SplitMix64.
    seed += 0x9E37'79B9'7F4A'7C15ULL;
    std::uint64_t drawn = (seed ^ (seed >> 30)) * 0xBF58'476D'1CE4'E5B9ULL;
    drawn = (drawn ^ (drawn >> 27)) * 0x94D0'49BB'1331'11EBULL;
    drawn ^= drawn >> 31;
    const auto at = static_cast<std::uint32_t>(drawn % static_cast<std::uint64_t>(feature.keys));
    if (drawn >> 60 == 0) continue;
    const std::int32_t key = keys_[feature.level[feature.levels - 1] + at];
    const bool above =
        (drawn >> 59 & 1U) != 0 && key < Signed(FloatKey(std::numeric_limits<float>::infinity()));
    row[feature.feature] = Unsigned(above ? key + 1 : key);
  }
}

}  // namespace geoclimate::inference
