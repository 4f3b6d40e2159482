#include "geoclimate/airquality/health.h"

#include <array>

namespace geoclimate::airquality {
namespace {

using enum PopulationGroup;

constexpr PopulationGroup kAll[] = {kEveryone};
constexpr PopulationGroup kParticleGroups[] = {kHeartDisease, kLungDisease, kOlderAdults, kChildren,
                                               kLowIncome};
constexpr PopulationGroup kOzoneGroups[] = {kLungDisease, kChildren, kOlderAdults, kActiveOutdoors};
constexpr PopulationGroup kAsthmaGroups[] = {kAsthma, kChildren, kOlderAdults};
constexpr PopulationGroup kMonoxideGroups[] = {kHeartDisease};

// One text a category, mildest first. Where the sensitive groups' text is empty, everyone's is
// theirs too.
using Texts = std::array<std::string_view, kAqiCategoryCount>;

constexpr std::string_view kEnjoy = "It is a good day to be active outdoors.";
constexpr std::string_view kSymptoms =
    "If you cough, wheeze or get short of breath, take it easier and go indoors.";

constexpr Texts kParticleSensitive = {
    "",
    "If particles bother you more than others, shorten hard work and sport outdoors. Watch for "
    "coughing and shortness of breath.",
    "Shorten hard work and sport outdoors and take breaks. Keep your medicine at hand, and call a "
    "doctor for chest pain, palpitations or unusual tiredness.",
    "Avoid long or hard activity outdoors; move it indoors or to another day.",
    "Avoid all activity outdoors; move it indoors or to another day.",
    "Stay indoors, keep still rather than active, and keep smoke and dust out of the rooms you "
    "use.",
};
constexpr Texts kParticleEveryone = {
    kEnjoy,
    kEnjoy,
    kEnjoy,
    "Shorten long or hard activity outdoors and take breaks.",
    "Avoid long or hard activity outdoors; better move it indoors.",
    "Avoid all activity outdoors.",
};

constexpr Texts kOzoneSensitive = {
    "",
    "If ozone bothers you more than others, shorten long or hard activity outdoors, and do it in "
    "the morning.",
    "Shorten long or hard activity outdoors, take breaks, and do it in the morning when ozone is "
    "lower. With asthma, follow your plan and keep your quick-relief medicine at hand.",
    "Avoid long or hard activity outdoors; move it indoors or to the morning.",
    "Avoid all activity outdoors; move it indoors or to another day.",
    "",
};
constexpr Texts kOzoneEveryone = {
    kEnjoy,
    kEnjoy,
    kSymptoms,
    "Shorten long or hard activity outdoors; better do it in the morning.",
    "Avoid long or hard activity outdoors; better move it indoors or to the morning.",
    "Avoid all activity outdoors.",
};

constexpr Texts kAsthmaSensitive = {
    "",
    "If this gas bothers you more than others, shorten hard activity outdoors and near its "
    "sources: "
    "busy roads, chimneys, ships.",
    "Shorten hard activity outdoors and near busy roads, chimneys and ships. With asthma, follow "
    "your plan and keep your quick-relief medicine at hand.",
    "Avoid long or hard activity outdoors; move it indoors.",
    "Avoid all activity outdoors; move it indoors or to another day.",
    "Stay indoors and keep the windows shut.",
};
constexpr Texts kAsthmaEveryone = {
    kEnjoy,
    kEnjoy,
    kEnjoy,
    "Shorten long or hard activity outdoors.",
    "Avoid long or hard activity outdoors.",
    "Avoid all activity outdoors.",
};

constexpr Texts kMonoxideSensitive = {
    "",
    "",
    "Shorten hard activity, and keep away from heavy traffic and running engines. Call a doctor "
    "for "
    "chest pain.",
    "Shorten all activity, and keep away from heavy traffic and running engines. Call a doctor for "
    "chest pain.",
    "Avoid all exertion, and keep away from traffic and every open flame or engine.",
    "Avoid all exertion, and keep away from traffic and every open flame or engine. Call a doctor "
    "for chest pain.",
};
constexpr Texts kMonoxideEveryone = {
    kEnjoy,
    kEnjoy,
    kEnjoy,
    "Keep away from heavy traffic and running engines.",
    "Shorten hard activity near heavy traffic. Headache and dizziness are signs to leave.",
    "Avoid hard activity, and keep away from traffic. Headache and dizziness are signs to leave.",
};

using AdviceByCategory = std::array<std::array<GroupAdvice, 2>, kAqiCategoryCount>;

constexpr AdviceByCategory Arrange(std::span<const PopulationGroup> groups, const Texts& sensitive,
                                   const Texts& everyone) {
  AdviceByCategory advice{};
  for (std::size_t i = 0; i < advice.size(); ++i) {
    const GroupAdvice rest = {kAll, everyone[i]};
    advice[i] = sensitive[i].empty() ? std::array<GroupAdvice, 2>{rest, {}}
                                     : std::array<GroupAdvice, 2>{{{groups, sensitive[i]}, rest}};
  }
  return advice;
}

constexpr AdviceByCategory kParticles =
    Arrange(kParticleGroups, kParticleSensitive, kParticleEveryone);
constexpr AdviceByCategory kOzone = Arrange(kOzoneGroups, kOzoneSensitive, kOzoneEveryone);
constexpr AdviceByCategory kAsthmaGases = Arrange(kAsthmaGroups, kAsthmaSensitive, kAsthmaEveryone);
constexpr AdviceByCategory kMonoxide =
    Arrange(kMonoxideGroups, kMonoxideSensitive, kMonoxideEveryone);

const AdviceByCategory& AdviceOf(Pollutant pollutant) {
  switch (pollutant) {
    case Pollutant::kPm25:
    case Pollutant::kPm10:
      return kParticles;
    case Pollutant::kO3:
      return kOzone;
    case Pollutant::kNo2:
    case Pollutant::kSo2:
      return kAsthmaGases;
    case Pollutant::kCo:
      return kMonoxide;
  }
  return kParticles;
}

}  // namespace

std::string_view Name(PopulationGroup group) {
  switch (group) {
    case kEveryone:
      return "everyone";
    case kHeartDisease:
      return "people with heart disease";
    case kLungDisease:
      return "people with lung disease";
    case kAsthma:
      return "people with asthma";
    case kChildren:
      return "children";
    case kOlderAdults:
      return "older adults";
    case kActiveOutdoors:
      return "people who are active outdoors";
    case kLowIncome:
      return "people on low incomes";
  }
  return "everyone";
}

std::span<const PopulationGroup> SensitiveGroups(Pollutant pollutant) {
  switch (pollutant) {
    case Pollutant::kPm25:
    case Pollutant::kPm10:
      return kParticleGroups;
    case Pollutant::kO3:
      return kOzoneGroups;
    case Pollutant::kNo2:
    case Pollutant::kSo2:
      return kAsthmaGroups;
    case Pollutant::kCo:
      return kMonoxideGroups;
  }
  return {};
}

std::span<const GroupAdvice> HealthAdvice(Pollutant pollutant, AqiCategory category) {
  const std::array<GroupAdvice, 2>& advice =
      AdviceOf(pollutant)[static_cast<std::size_t>(category)];
  return std::span(advice).first(advice[1].groups.empty() ? 1 : 2);
}

}  // namespace geoclimate::airquality
