#include "geoclimate/features/feature_columns.h"

#include <fmt/format.h>

#include <algorithm>

namespace geoclimate::features {
namespace {

struct Range {
  float min;
  float max;
};

// What instruments have reported, with room: below zero is noise, the top is the worst smoke, dust
// or volcano.
Range ConcentrationRange(airquality::Pollutant pollutant) {
  switch (pollutant) {
    case airquality::Pollutant::kPm25:
    case airquality::Pollutant::kPm10:
      return {-50, 10'000};
    case airquality::Pollutant::kO3:
      return {-0.05F, 1};
    case airquality::Pollutant::kNo2:
    case airquality::Pollutant::kSo2:
      return {-50, 5'000};
    case airquality::Pollutant::kCo:
      return {-5, 100};
  }
  return {};
}

std::string UnitSuffix(std::string_view unit) {
  std::string suffix(unit);
  std::replace(suffix.begin(), suffix.end(), '/', '_');
  return suffix;
}

Feature Concentration(airquality::Pollutant pollutant, std::string_view stem, Range range) {
  return {ConcentrationName(pollutant, stem), std::string(airquality::Traits(pollutant).unit_name),
          range.min, range.max, true};
}

}  // namespace

std::string ConcentrationName(airquality::Pollutant pollutant, std::string_view stem) {
  const airquality::PollutantTraits& traits = airquality::Traits(pollutant);
  return fmt::format("{}_{}_{}", traits.slug, stem, UnitSuffix(traits.unit_name));
}

void ColumnList::AddConcentration(std::string_view stem) {
  AddConcentration(pollutant_, stem);
}

void ColumnList::AddConcentration(airquality::Pollutant pollutant, std::string_view stem) {
  features_.push_back(Concentration(pollutant, stem, ConcentrationRange(pollutant)));
}

void ColumnList::AddChange(std::string_view stem) {
  const Range range = ConcentrationRange(pollutant_);
  const float width = range.max - range.min;
  features_.push_back(Concentration(pollutant_, stem, {-width, width}));
}

void ColumnList::AddSpread(std::string_view stem) {
  const Range range = ConcentrationRange(pollutant_);
  features_.push_back(Concentration(pollutant_, stem, {0, range.max - range.min}));
}

void ColumnList::AddNumber(std::string_view stem, std::string_view unit, float min, float max) {
  features_.push_back({fmt::format("{}_{}_{}", airquality::Slug(pollutant_), stem, unit),
                       std::string(unit), min, max, true});
}

}  // namespace geoclimate::features
