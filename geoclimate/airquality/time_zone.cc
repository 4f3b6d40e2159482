#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "geoclimate/airquality/site.h"

namespace geoclimate::airquality {
namespace {

using std::chrono::minutes;

struct StateZone {
  std::uint32_t state;
  int hours;
};

// Where most of a state lies, by FIPS code.
constexpr std::array<StateZone, 56> kStates = {{
    {1, -6},  {2, -9},  {4, -7},  {5, -6},   {6, -8},  {8, -7},  {9, -5},  {10, -5},
    {11, -5}, {12, -5}, {13, -5}, {15, -10}, {16, -7}, {17, -6}, {18, -5}, {19, -6},
    {20, -6}, {21, -5}, {22, -6}, {23, -5},  {24, -5}, {25, -5}, {26, -5}, {27, -6},
    {28, -6}, {29, -6}, {30, -7}, {31, -6},  {32, -8}, {33, -5}, {34, -5}, {35, -7},
    {36, -5}, {37, -5}, {38, -6}, {39, -5},  {40, -6}, {41, -8}, {42, -5}, {44, -5},
    {45, -5}, {46, -6}, {47, -6}, {48, -6},  {49, -7}, {50, -5}, {51, -5}, {53, -8},
    {54, -5}, {55, -6}, {56, -7}, {60, -11}, {66, 10}, {69, 10}, {72, -4}, {78, -4},
}};

// Counties that lie in another zone than most of their state, by state, in the order of their
// codes.
struct CountyZones {
  std::uint32_t state;
  int hours;
  std::span<const std::uint16_t> counties;
};

constexpr std::uint16_t kFlorida[] = {5, 13, 33, 59, 63, 91, 113, 131, 133};
constexpr std::uint16_t kIdaho[] = {9, 17, 21, 35, 49, 55, 57, 61, 69, 79};
constexpr std::uint16_t kIndiana[] = {51, 73, 89, 91, 111, 123, 127, 129, 147, 149, 163, 173};
constexpr std::uint16_t kKansas[] = {71, 75, 181, 199};
constexpr std::uint16_t kKentucky[] = {1,   3,   7,   9,   27,  31,  33,  35,  39,  47,  53,
                                       55,  57,  59,  61,  75,  83,  85,  87,  91,  99,  101,
                                       105, 107, 139, 141, 143, 145, 149, 157, 169, 171, 177,
                                       183, 207, 213, 219, 221, 225, 227, 233};
constexpr std::uint16_t kMichigan[] = {43, 53, 71, 109};
constexpr std::uint16_t kNebraska[] = {5,  7,  13,  29,  33,  45,  49,  57,  69,
                                       75, 91, 101, 105, 123, 135, 157, 161, 165};
constexpr std::uint16_t kNorthDakota[] = {1, 7, 11, 25, 33, 37, 41, 87, 89};
constexpr std::uint16_t kOregon[] = {45};
constexpr std::uint16_t kSouthDakota[] = {7,  19, 31,  33,  41,  47,  55,  63, 71,
                                          81, 93, 102, 103, 105, 113, 117, 137};
constexpr std::uint16_t kTennessee[] = {1,   9,   11,  13,  19,  25,  29,  57,  59,  63,
                                        65,  67,  73,  89,  91,  93,  105, 107, 121, 123,
                                        129, 139, 143, 145, 151, 155, 163, 171, 173, 179};
constexpr std::uint16_t kTexas[] = {141, 229};

constexpr std::array<CountyZones, 12> kCounties = {{
    {12, -6, kFlorida},
    {16, -8, kIdaho},
    {18, -6, kIndiana},
    {20, -7, kKansas},
    {21, -6, kKentucky},
    {26, -6, kMichigan},
    {31, -7, kNebraska},
    {38, -7, kNorthDakota},
    {41, -7, kOregon},
    {46, -7, kSouthDakota},
    {47, -5, kTennessee},
    {48, -7, kTexas},
}};

enum class Side { kNorth, kSouth, kWest };

// A county that a zone's line cuts: the part beyond the line, which is drawn here as a straight
// parallel or meridian.
struct DividedCounty {
  std::uint32_t state;
  std::uint32_t county;
  Side side;
  double line;  // degrees
  int hours;
};

constexpr std::array<DividedCounty, 6> kDivided = {{
    {2, 16, Side::kWest, -169.5, -10},  // Aleutians West: the Andreanof Islands and beyond
    {12, 45, Side::kNorth, 29.88, -6},  // Gulf: north of the Intracoastal Waterway
    {16, 49, Side::kSouth, 45.43, -7},  // Idaho: south of the Salmon River
    {31, 31, Side::kWest, -101.0, -7},  // Cherry: its western third
    {38, 85, Side::kWest, -101.2, -7},  // Sioux: west of State Highway 31
    {41, 45, Side::kSouth, 42.45, -8},  // Malheur: its southern fifth
}};

bool IsBeyond(const DividedCounty& county, const Coordinates& place) {
  switch (county.side) {
    case Side::kNorth:
      return place.latitude > county.line;
    case Side::kSouth:
      return place.latitude < county.line;
    case Side::kWest:
      // East longitudes lie past the antimeridian: the far Aleutians.
      return place.longitude < county.line || place.longitude > 0;
  }
  return false;
}

}  // namespace

minutes StandardUtcOffset(SiteId id, const std::optional<Coordinates>& coordinates) {
  const auto state = std::find_if(kStates.begin(), kStates.end(),
                                  [id](const StateZone& zone) { return zone.state == id.state(); });
  if (state == kStates.end()) {
    if (!coordinates) return minutes(0);
    return std::chrono::hours(std::lround(coordinates->longitude / 15.0));
  }
  if (coordinates) {
    for (const DividedCounty& divided : kDivided) {
      if (divided.state == id.state() && divided.county == id.county() &&
          IsBeyond(divided, *coordinates)) {
        return std::chrono::hours(divided.hours);
      }
    }
  }
  for (const CountyZones& zone : kCounties) {
    if (zone.state == id.state() &&
        std::binary_search(zone.counties.begin(), zone.counties.end(), id.county())) {
      return std::chrono::hours(zone.hours);
    }
  }
  return std::chrono::hours(state->hours);
}

}  // namespace geoclimate::airquality
