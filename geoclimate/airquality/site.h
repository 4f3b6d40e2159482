#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "geoclimate/base/result.h"

namespace geoclimate::airquality {

// A place where monitors stand, by AQS: state, county, site number. Written "06-037-1103". State
// "CC" is Canada, "80" Mexico; "OQ-000-2178" is OpenAQ's location 2178. Ordered as its text is.
class SiteId {
 public:
  constexpr SiteId() = default;
  // state 0-99, kCanada or 101 ("OQ"), county 0-999, site 0-9999.
  static constexpr SiteId FromParts(std::uint32_t state, std::uint32_t county, std::uint32_t site) {
    return SiteId(state * 10'000'000 + county * 10'000 + site);
  }
  static constexpr SiteId FromNumber(std::uint32_t number) { return SiteId(number); }
  // "06-037-1103", "6-37-1103" (unpadded), "060371103", "60371103" (a spreadsheet lost the zero),
  // "CC-001-0002", "CC0010002", "840060371103" (with the country, as AirNow writes it); blanks
  // around it allowed. kInvalidArgument naming the text.
  static base::Result<SiteId> Parse(std::string_view text);

  static constexpr std::uint32_t kCanada = 100;

  // For storage: state * 10^7 + county * 10^4 + site.
  constexpr std::uint32_t number() const { return number_; }
  constexpr std::uint32_t state() const { return number_ / 10'000'000; }
  constexpr std::uint32_t county() const { return number_ / 10'000 % 1'000; }
  std::string ToString() const;

  friend constexpr auto operator<=>(SiteId, SiteId) = default;

 private:
  constexpr explicit SiteId(std::uint32_t number) : number_(number) {}
  std::uint32_t number_ = 0;
};

struct Coordinates {
  double latitude = 0;   // degrees north, -90 to 90
  double longitude = 0;  // degrees east, -180 to 180
  friend bool operator==(const Coordinates&, const Coordinates&) = default;
};

// Great-circle distance on a sphere of 6371 km.
double DistanceKm(const Coordinates& a, const Coordinates& b);
// Initial bearing from `a` to `b`, degrees clockwise from north, [0, 360).
double BearingDegrees(const Coordinates& a, const Coordinates& b);

struct Site {
  SiteId id;
  std::string name;
  std::string county;
  std::string state;
  std::string cbsa;  // core-based statistical area; empty outside one
  std::optional<Coordinates> coordinates;
  // Local standard time, without daylight saving: what a day of this site is. East of UTC is
  // positive.
  std::chrono::minutes utc_offset{0};
};

// The standard-time offset of a site's state and county by the zones in force (49 CFR part 71); the
// few counties that a zone's line cuts are told by `coordinates`, and without them follow their
// county seat. Where AQS's state is unknown or abroad, the nearest whole hour to `coordinates`, and
// UTC without them.
std::chrono::minutes StandardUtcOffset(SiteId id, const std::optional<Coordinates>& coordinates);

}  // namespace geoclimate::airquality

template <>
struct std::hash<geoclimate::airquality::SiteId> {
  std::size_t operator()(geoclimate::airquality::SiteId id) const noexcept {
    return std::hash<std::uint32_t>()(id.number());
  }
};
