#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "geoclimate/airquality/aqi_category.h"
#include "geoclimate/airquality/pollutant.h"

namespace geoclimate::airquality {

// Groups of people whom air pollution hits earlier or harder than others.
enum class PopulationGroup : std::uint8_t {
  kEveryone,
  kHeartDisease,
  kLungDisease,  // asthma among them
  kAsthma,
  kChildren,
  kOlderAdults,
  kActiveOutdoors,  // at work or in sport
  kLowIncome,
};

// "people with heart disease".
std::string_view Name(PopulationGroup group);

// Who is more sensitive to the pollutant than others: those of EPA-454/B-24-002 (May 2024), table
// 4, whom advice can reach (not carriers of genetic variants); kEveryone is not among them. Name
// them when the AQI is over 100.
std::span<const PopulationGroup> SensitiveGroups(Pollutant pollutant);

// What a group should do.
struct GroupAdvice {
  // Those the advice is for; it is the same for all of them.
  std::span<const PopulationGroup> groups;
  std::string_view advice;  // a sentence or two in plain words
};

// Advice for a day of this category, at most two entries: the sensitive groups, then everyone else;
// one entry for everyone where it is the same. Lives as long as the program.
std::span<const GroupAdvice> HealthAdvice(Pollutant pollutant, AqiCategory category);

}  // namespace geoclimate::airquality
