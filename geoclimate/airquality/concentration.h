#pragma once

#include <cmath>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "geoclimate/base/result.h"

namespace geoclimate::airquality {

// An amount of a pollutant in that pollutant's EPA unit (Traits().unit), as a whole number of
// millionths: exact for every decimal that EPA publishes, so that truncation, ties and equality
// mean what the regulator means. Negative values are real (instrument noise around zero). |value| <
// 9e12.
class Concentration {
 public:
  constexpr Concentration() = default;
  static constexpr Concentration FromMicro(std::int64_t micro) { return Concentration(micro); }
  // Rounded to the nearest millionth. `value` must be finite and in range.
  static Concentration FromDouble(double value) { return Concentration(std::llround(value * 1e6)); }
  // A decimal number in plain or exponent form, blanks around it allowed; digits past the sixth
  // decimal are rounded half away from zero. kInvalidArgument naming the text when it is not a
  // finite number, kOutOfRange past |9e12|.
  static base::Result<Concentration> Parse(std::string_view text);

  constexpr std::int64_t micro() const { return micro_; }
  // The double nearest to the decimal: what parsing its text as a double gives.
  double value() const { return static_cast<double>(micro_) / 1e6; }
  // The shortest decimal: "12.5", "-0.002118", "7".
  std::string ToString() const;

  friend constexpr auto operator<=>(Concentration, Concentration) = default;

 private:
  constexpr explicit Concentration(std::int64_t micro) : micro_(micro) {}
  std::int64_t micro_ = 0;
};

}  // namespace geoclimate::airquality
