#pragma once

#include <span>
#include <vector>

#include "geoclimate/features/feature_schema.h"

namespace geoclimate::features {

// rows x schema.size() floats, row-major; NaN is missing.
struct FeatureMatrix {
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::vector<float> values;

  std::span<const float> Row(std::size_t row) const {
    return {values.data() + row * columns, columns};
  }
  std::span<float> Row(std::size_t row) { return {values.data() + row * columns, columns}; }
};

}  // namespace geoclimate::features
