#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/features/feature_schema.h"

namespace geoclimate::features {

// Collects the columns of one pollutant's rows in their order. The groups of columns (own,
// calendar, place, neighbours, other pollutants) stand each in a file that has the names and the
// values side by side, so that they cannot part.
class ColumnList {
 public:
  explicit ColumnList(airquality::Pollutant pollutant) : pollutant_(pollutant) {}

  airquality::Pollutant pollutant() const { return pollutant_; }

  // "pm25_lag1_ug_m3": `stem` between the pollutant's slug and its unit. Of another pollutant where
  // one is given.
  void AddConcentration(std::string_view stem);
  void AddConcentration(airquality::Pollutant pollutant, std::string_view stem);
  // The difference of two concentrations, so of either sign.
  void AddChange(std::string_view stem);
  // A spread of concentrations, so never negative.
  void AddSpread(std::string_view stem);
  // "pm25_count7_days": days or sites, kilometres, degrees and such, with the slug before it.
  void AddNumber(std::string_view stem, std::string_view unit, float min, float max);
  // The same without the slug, for what does not depend on a pollutant.
  void AddPlain(Feature feature) { features_.push_back(std::move(feature)); }

  std::vector<Feature> Take() && { return std::move(features_); }

 private:
  std::vector<Feature> features_;
  airquality::Pollutant pollutant_;
};

// "pm25_lag1_ug_m3"
std::string ConcentrationName(airquality::Pollutant pollutant, std::string_view stem);

}  // namespace geoclimate::features
