#pragma once

#include <span>
#include <string>
#include <vector>

#include "geoclimate/features/feature_matrix.h"
#include "geoclimate/features/weather_columns.h"
#include "geoclimate/forecast/row_forecast.h"

namespace geoclimate::forecast {

// The models of one pollutant and lead time with the rows that each is asked with:
// FeatureBuilder's, and behind them the columns of the weather that its schema names. A model whose
// columns the weather lacks, or for none of whose rows it has a value, is left out: its fallback
// speaks.
class AskedModels {
 public:
  // The models' schemas pass features::CheckRowSchema(). `rows` has one for each of `keys` and must
  // outlive it; `weather` may be null.
  AskedModels(const HorizonModels& models, const features::FeatureMatrix& rows,
              std::span<const features::RowKey> keys, int horizon_days,
              const features::WeatherColumns* weather);
  AskedModels(const AskedModels&) = delete;
  AskedModels& operator=(const AskedModels&) = delete;

  // Null for a model that is left out.
  const HorizonModels& models() const { return models_; }
  const ModelRows& rows() const { return rows_; }
  // Ids of the models that are left out for want of weather.
  const std::vector<std::string>& left_out() const { return left_out_; }

 private:
  HorizonModels models_;
  features::FeatureMatrix production_;
  features::FeatureMatrix fallback_;
  ModelRows rows_;
  std::vector<std::string> left_out_;
};

}  // namespace geoclimate::forecast
