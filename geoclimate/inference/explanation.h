#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace geoclimate::inference {

// How one answer came about, in a space where what made it adds up:
//
//   score = base_value + (baseline, of a forecaster) + sum of contributions
struct Explanation {
  enum class Space {
    kMargin,         // of a foreign model: before its link
    kConcentration,  // of a forecaster: the mean, in the pollutant's EPA unit
    kLog,            // of a forecaster whose one member works in logarithms: log(mean + offset)
  };
  Space space = Space::kMargin;
  double base_value = 0;              // what the trees and lines say of the mean training row
  std::optional<double> baseline;     // of a forecaster: what its damped persistence says
  std::vector<double> contributions;  // one a feature of the schema; 0 of one that is not used

  double Score() const;
};
// "margin", "concentration", "log"
std::string_view SpaceName(Explanation::Space space);

}  // namespace geoclimate::inference
