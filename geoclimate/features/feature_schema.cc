#include "geoclimate/features/feature_schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <unordered_set>

namespace geoclimate::features {
namespace {

// FNV-1a, 64 bits (draft-eastlake-fnv): small, stable, and enough to tell schemas apart that nobody
// forged.
class Fingerprint {
 public:
  void Add(std::string_view text) {
    for (const char c : text) AddByte(static_cast<unsigned char>(c));
    AddByte(0);  // so that "ab","c" differs from "a","bc"
  }
  std::string ToString() const { return fmt::format("{:016x}", state_); }

 private:
  void AddByte(unsigned char byte) { state_ = (state_ ^ byte) * 0x100000001b3U; }

  std::uint64_t state_ = 0xcbf29ce484222325U;
};

std::size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({substituted, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

base::Result<void> FeatureSchema::Validate(std::span<const Feature> features) {
  std::unordered_set<std::string_view> names;
  for (std::size_t i = 0; i < features.size(); ++i) {
    if (features[i].name.empty()) {
      return base::InvalidArgument(fmt::format("feature {} has no name", i));
    }
    if (!names.insert(features[i].name).second) {
      return base::InvalidArgument(fmt::format("feature '{}' stands twice", features[i].name));
    }
  }
  return {};
}

FeatureSchema::FeatureSchema(std::vector<Feature> features) : features_(std::move(features)) {
  Fingerprint fingerprint;
  for (std::size_t i = 0; i < features_.size(); ++i) {
    const Feature& feature = features_[i];
    GC_CHECK(!feature.name.empty(), "a feature has a name");
    const bool unique = columns_.emplace(feature.name, static_cast<int>(i)).second;
    GC_CHECK(unique, "a feature's name is unique");
    fingerprint.Add(feature.name);
    fingerprint.Add(feature.unit);
  }
  fingerprint_ = fingerprint.ToString();
}

int FeatureSchema::Find(std::string_view name) const {
  const auto found = columns_.find(name);
  return found == columns_.end() ? -1 : found->second;
}

std::string_view FeatureSchema::Nearest(std::string_view name) const {
  std::string_view nearest;
  std::size_t least = std::numeric_limits<std::size_t>::max();
  for (const Feature& feature : features_) {
    // The distance is at least the difference in length: most names need no table.
    const std::size_t a = feature.name.size();
    const std::size_t b = name.size();
    if ((a > b ? a - b : b - a) >= least) continue;
    const std::size_t distance = EditDistance(feature.name, name);
    if (distance < least) {
      least = distance;
      nearest = feature.name;
    }
  }
  return nearest;
}

}  // namespace geoclimate::features
