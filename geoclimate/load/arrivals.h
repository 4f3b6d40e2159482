#pragma once

#include <chrono>
#include <cstdint>
#include <random>

namespace geoclimate::load {

// When requests come from callers who do not wait for each other: evenly, or at random as
// independent callers do (a Poisson process). Deterministic.
class Arrivals {
 public:
  enum class Pattern : std::uint8_t { kEven, kPoisson };

  // `rate` a second, above 0.
  Arrivals(Pattern pattern, double rate, std::uint64_t seed)
      : pattern_(pattern), rate_(rate), random_(seed) {}

  // The next one's moment, from the beginning; ascending, the first after one interval.
  std::chrono::nanoseconds Next();

 private:
  const Pattern pattern_;
  const double rate_;
  std::mt19937_64 random_;
  double seconds_ = 0;
  std::uint64_t count_ = 0;
};

}  // namespace geoclimate::load
