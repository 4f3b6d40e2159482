#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace geoclimate::airquality {

// The six categories of the AQI, mildest first. Stored: never renumber.
enum class AqiCategory : std::uint8_t {
  kGood = 0,
  kModerate = 1,
  kUnhealthyForSensitiveGroups = 2,
  kUnhealthy = 3,
  kVeryUnhealthy = 4,
  kHazardous = 5,
};

inline constexpr int kAqiCategoryCount = 6;
inline constexpr std::array<AqiCategory, kAqiCategoryCount> kAqiCategories = {
    AqiCategory::kGood,      AqiCategory::kModerate,      AqiCategory::kUnhealthyForSensitiveGroups,
    AqiCategory::kUnhealthy, AqiCategory::kVeryUnhealthy, AqiCategory::kHazardous};

struct Color {
  std::uint8_t red;
  std::uint8_t green;
  std::uint8_t blue;
  std::string_view hex;  // "#00E400"
  friend constexpr bool operator==(const Color&, const Color&) = default;
};

struct AqiCategoryTraits {
  AqiCategory category;
  std::string_view name;  // "Unhealthy for Sensitive Groups"
  int lowest_aqi;
  int highest_aqi;  // of kHazardous 500, though the AQI may pass it
  // EPA-454/B-24-002 (May 2024), table 2. Never tell categories apart by colour alone: show the
  // name.
  Color color;
  // The same document's table 3, for people with a colour vision deficiency ("ColorVision Assist").
  Color assist_color;
  // Black or white, whichever reads better on both.
  Color text_color;
};

const AqiCategoryTraits& Traits(AqiCategory category);
inline std::string_view Name(AqiCategory category) {
  return Traits(category).name;
}

// `aqi` >= 0; 301 and everything above is hazardous.
constexpr AqiCategory CategoryOf(int aqi) {
  return aqi <= 50    ? AqiCategory::kGood
         : aqi <= 100 ? AqiCategory::kModerate
         : aqi <= 150 ? AqiCategory::kUnhealthyForSensitiveGroups
         : aqi <= 200 ? AqiCategory::kUnhealthy
         : aqi <= 300 ? AqiCategory::kVeryUnhealthy
                      : AqiCategory::kHazardous;
}

}  // namespace geoclimate::airquality
