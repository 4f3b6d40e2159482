#include "geoclimate/load/arrivals.h"

#include <cmath>

namespace geoclimate::load {

std::chrono::nanoseconds Arrivals::Next() {
  ++count_;
  if (pattern_ == Pattern::kEven) {
    seconds_ = static_cast<double>(count_) / rate_;
  } else {
    // In (0, 1]: the standard library's distributions differ from one to the other.
    const double uniform = (static_cast<double>(random_() >> 11) + 1) * 0x1p-53;
    seconds_ -= std::log(uniform) / rate_;
  }
  return std::chrono::nanoseconds(std::llround(seconds_ * 1e9));
}

}  // namespace geoclimate::load
