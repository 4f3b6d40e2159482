#pragma once

#include <functional>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "geoclimate/base/result.h"

namespace geoclimate::features {

struct Feature {
  std::string name;  // "pm25_lag1_ug_m3": unit as suffix where it has one
  std::string unit;  // "ug/m3", "ppm", "ppb", "days", "degrees", "" for a pure number
  // The physically possible range, for descriptions and drift; values outside are accepted.
  float min = -std::numeric_limits<float>::infinity();
  float max = std::numeric_limits<float>::infinity();
  // False: never missing where the model was fitted; a row without it is answered, and warned of.
  bool missing_allowed = true;
};

// Names, order and units of a model's inputs. Immutable after construction. Thread-safe.
class FeatureSchema {
 public:
  FeatureSchema() = default;
  // `features` must be valid: check what was read from a file with Validate() first.
  explicit FeatureSchema(std::vector<Feature> features);

  // kInvalidArgument naming the feature when a name is empty or stands twice.
  static base::Result<void> Validate(std::span<const Feature> features);

  const std::vector<Feature>& features() const { return features_; }
  std::size_t size() const { return features_.size(); }
  // The column of `name`, or -1.
  int Find(std::string_view name) const;
  // The known name with the least edit distance, the first of several; empty for an empty schema.
  std::string_view Nearest(std::string_view name) const;

  // 16 hexadecimal digits over the names, units and order: equal when two schemas mean the same
  // row. A model whose fingerprint differs from the one the server builds refuses to load.
  const std::string& fingerprint() const { return fingerprint_; }

 private:
  struct ViewHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>()(text);
    }
  };
  std::vector<Feature> features_;
  std::unordered_map<std::string, int, ViewHash, std::equal_to<>> columns_;
  std::string fingerprint_;
};

}  // namespace geoclimate::features
