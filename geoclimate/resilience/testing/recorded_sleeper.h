#pragma once

#include <chrono>
#include <vector>

#include "geoclimate/base/clock.h"
#include "geoclimate/resilience/sleeper.h"

namespace geoclimate::resilience::testing {

// Does not sleep: notes the time and moves the clock on by it. For one thread.
class RecordedSleeper final : public Sleeper {
 public:
  explicit RecordedSleeper(base::FakeClock& clock) : clock_(clock) {}
  bool Sleep(std::chrono::nanoseconds time) override {
    sleeps.push_back(time);
    clock_.Advance(std::chrono::duration_cast<std::chrono::microseconds>(time));
    return sleeps.size() < stop_at;
  }

  std::vector<std::chrono::nanoseconds> sleeps;
  // The sleep that is the last, for good.
  std::size_t stop_at = static_cast<std::size_t>(-1);

 private:
  base::FakeClock& clock_;
};

}  // namespace geoclimate::resilience::testing
