#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/airquality/site.h"
#include "geoclimate/features/feature_builder.h"
#include "geoclimate/features/feature_matrix.h"
#include "geoclimate/features/feature_schema.h"
#include "geoclimate/features/weather_history.h"

namespace geoclimate::features {

// The columns that forecasts of the weather add behind FeatureBuilder's, which depend on the lead
// time too: for a row issued on T for T + h, of each variable the newest forecast for T + h that
// was known on T.
//
//   weather_temperature_2m_max_c              "weather_" and the variable's name
//   weather_wind_direction_10m_deg_sin, _cos  a direction is two columns, since 359 is near 1
//
// A forecast for the site itself comes first, then those of points within kReachKm, the nearest
// that has one. NaN where there is none. A row depends on no forecast issued after `known_until`,
// be it only by its place: which is near is told anew for each row from what was known.
//
// Immutable; thread-safe. `weather` must outlive it.
class WeatherColumns {
 public:
  // Half the diagonal of a grid of half a degree.
  static constexpr double kReachKm = 40;
  // The last second of the issue day.
  static constexpr std::chrono::seconds kEndOfDay =
      std::chrono::hours(24) - std::chrono::seconds(1);

  // `known_until` counts from the beginning of a row's issue day at its site. `sites` are those of
  // the rows' history.
  WeatherColumns(const WeatherHistory& weather, std::span<const airquality::Site> sites,
                 std::chrono::seconds known_until);

  // In the order of the weather's variables.
  const std::vector<Feature>& features() const { return features_; }

  // Writes features().size() floats. `horizon_days` >= 1.
  void Write(const RowKey& key, int horizon_days, std::span<float> out) const;

 private:
  struct Column {
    std::size_t variable;
    enum class Part : std::uint8_t { kValue, kSine, kCosine } part;
  };

  const WeatherHistory& weather_;
  const std::chrono::seconds known_until_;
  std::vector<Feature> features_;
  std::vector<Column> columns_;            // beside features_
  std::vector<base::Timestamp> day_zero_;  // by site: when its 1970-01-01 began
  // By site, the places that can speak for it, in the order in which they are asked.
  std::vector<std::vector<std::uint32_t>> places_;
};

// FeatureBuilder's schema with the weather's columns behind it; the same without weather (null).
FeatureSchema SchemaWithWeather(airquality::Pollutant pollutant, const WeatherColumns* weather);

// Whether a model with this schema can be given rows of FeatureBuilder, with columns of the weather
// behind them or not. kInvalidArgument naming both fingerprints when its features are others: it
// was trained by another version of the program.
base::Result<void> CheckRowSchema(const FeatureSchema& schema, airquality::Pollutant pollutant);
// The names of the weather's columns in a schema that passes.
std::vector<std::string_view> WeatherNames(const FeatureSchema& schema,
                                           airquality::Pollutant pollutant);

// The rows that a model with `schema`, which passes CheckRowSchema(), is trained on and asked with,
// the one way for training, backtest and server: `rows`, FeatureBuilder's for `keys`, with the
// weather's columns that the schema names behind each. Nothing when `weather` lacks one of them or
// is null and the schema has some.
std::optional<FeatureMatrix> RowsWithWeather(const FeatureSchema& schema, FeatureMatrix rows,
                                             std::span<const RowKey> keys, int horizon_days,
                                             const WeatherColumns* weather);

}  // namespace geoclimate::features
