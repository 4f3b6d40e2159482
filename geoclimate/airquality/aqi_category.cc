#include "geoclimate/airquality/aqi_category.h"

namespace geoclimate::airquality {
namespace {

constexpr Color kBlack = {0, 0, 0, "#000000"};
constexpr Color kWhite = {255, 255, 255, "#FFFFFF"};

constexpr std::array<AqiCategoryTraits, kAqiCategoryCount> kTraits = {{
    {AqiCategory::kGood, "Good", 0, 50, {0, 228, 0, "#00E400"}, {158, 255, 145, "#9EFF91"}, kBlack},
    {AqiCategory::kModerate,
     "Moderate",
     51,
     100,
     {255, 255, 0, "#FFFF00"},
     {255, 201, 5, "#FFC905"},
     kBlack},
    {AqiCategory::kUnhealthyForSensitiveGroups,
     "Unhealthy for Sensitive Groups",
     101,
     150,
     {255, 126, 0, "#FF7E00"},
     {255, 130, 5, "#FF8205"},
     kBlack},
    {AqiCategory::kUnhealthy,
     "Unhealthy",
     151,
     200,
     {255, 0, 0, "#FF0000"},
     {240, 34, 0, "#F02200"},
     kBlack},
    {AqiCategory::kVeryUnhealthy,
     "Very Unhealthy",
     201,
     300,
     {143, 63, 151, "#8F3F97"},
     {137, 9, 151, "#890997"},
     kWhite},
    {AqiCategory::kHazardous,
     "Hazardous",
     301,
     500,
     {126, 0, 35, "#7E0023"},
     {100, 0, 21, "#640015"},
     kWhite},
}};

}  // namespace

const AqiCategoryTraits& Traits(AqiCategory category) {
  return kTraits[static_cast<std::size_t>(category)];
}

}  // namespace geoclimate::airquality
