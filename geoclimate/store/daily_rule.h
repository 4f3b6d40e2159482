#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "geoclimate/store/series.h"

namespace geoclimate::store {

// Whether a version of a series is enough to give its day a daily value: what
// airquality::DailyValue() says of it alone, remembered.
class DailyRule {
 public:
  explicit DailyRule(const Series& series) : series_(series) {}
  bool Counts(std::uint8_t source, std::uint8_t completeness);

 private:
  const Series series_;
  // By source, then completeness.
  std::array<std::array<std::optional<bool>, 256>, 2> known_{};
};

}  // namespace geoclimate::store
