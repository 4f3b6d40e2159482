#include "geoclimate/features/weather_columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <string>
#include <utility>
#include <variant>

#include "geoclimate/base/check.h"

namespace geoclimate::features {
namespace {

using airquality::Coordinates;
using airquality::SiteId;
using airquality::WeatherPlace;

constexpr std::string_view kPrefix = "weather_";

// Where the points begin in WeatherHistory::places(), and their latitudes.
struct Points {
  explicit Points(std::span<const WeatherPlace> places) {
    for (const WeatherPlace& place : places) {
      if (const auto* const point = std::get_if<Coordinates>(&place)) {
        latitudes.push_back(point->latitude);
      }
    }
    first = places.size() - latitudes.size();
  }
  std::size_t first;
  std::vector<double> latitudes;  // ascending
};

std::vector<std::uint32_t> PlacesOf(const airquality::Site& site,
                                    std::span<const WeatherPlace> places, const Points& points) {
  std::vector<std::uint32_t> found;
  const auto own =
      std::ranges::lower_bound(places.first(points.first), site.id, {},
                               [](const WeatherPlace& place) { return std::get<SiteId>(place); });
  const auto at = static_cast<std::size_t>(own - places.begin());
  if (at < points.first && std::get<SiteId>(*own) == site.id) {
    found.push_back(static_cast<std::uint32_t>(at));
  }
  if (!site.coordinates) return found;

  // A degree of latitude is 111.2 km everywhere.
  constexpr double kBand = WeatherColumns::kReachKm / 111;
  const double latitude = site.coordinates->latitude;
  const auto from = std::ranges::lower_bound(points.latitudes, latitude - kBand);
  std::vector<std::pair<double, std::uint32_t>> near;
  for (auto it = from; it != points.latitudes.end() && *it <= latitude + kBand; ++it) {
    const std::size_t place =
        points.first + static_cast<std::size_t>(it - points.latitudes.begin());
    const double km =
        airquality::DistanceKm(*site.coordinates, std::get<Coordinates>(places[place]));
    if (km <= WeatherColumns::kReachKm) near.emplace_back(km, static_cast<std::uint32_t>(place));
  }
  std::ranges::sort(near);
  for (const auto& [km, place] : near) found.push_back(place);
  return found;
}

const std::vector<Feature>& Built(airquality::Pollutant pollutant) {
  return FeatureBuilder::Schema(pollutant).features();
}

}  // namespace

WeatherColumns::WeatherColumns(const WeatherHistory& weather,
                               std::span<const airquality::Site> sites,
                               std::chrono::seconds known_until)
    : weather_(weather), known_until_(known_until) {
  for (std::size_t i = 0; i < weather.variables().size(); ++i) {
    const airquality::WeatherVariable& variable = weather.variables()[i];
    const std::string name = fmt::format("{}{}", kPrefix, variable.name);
    if (variable.daily == airquality::DailyReduction::kDirection) {
      features_.push_back({name + "_sin", "", -1, 1, true});
      columns_.push_back({i, Column::Part::kSine});
      features_.push_back({name + "_cos", "", -1, 1, true});
      columns_.push_back({i, Column::Part::kCosine});
    } else {
      features_.push_back({name, variable.unit, variable.min, variable.max, true});
      columns_.push_back({i, Column::Part::kValue});
    }
  }
  const Points points(weather.places());
  for (const airquality::Site& site : sites) {
    day_zero_.push_back(base::DayStart(base::DayFromNumber(0), site.utc_offset));
    places_.push_back(PlacesOf(site, weather.places(), points));
  }
}

void WeatherColumns::Write(const RowKey& key, int horizon_days, std::span<float> out) const {
  GC_CHECK(horizon_days >= 1, "a forecast is for a day to come");
  GC_CHECK(out.size() == columns_.size(), "one value a column");
  const base::Timestamp known_until =
      day_zero_[key.site] + key.issue_day.time_since_epoch() + known_until_;
  const base::LocalDay valid_day = key.issue_day + std::chrono::days(horizon_days);
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    float value = std::numeric_limits<float>::quiet_NaN();
    for (const std::uint32_t place : places_[key.site]) {
      value = weather_.Newest(place, columns_[i].variable, valid_day, known_until);
      if (!std::isnan(value)) break;
    }
    const double radians = double{value} * std::numbers::pi / 180;
    switch (columns_[i].part) {
      case Column::Part::kValue:
        out[i] = value;
        break;
      case Column::Part::kSine:
        out[i] = static_cast<float>(std::sin(radians));
        break;
      case Column::Part::kCosine:
        out[i] = static_cast<float>(std::cos(radians));
        break;
    }
  }
}

FeatureSchema SchemaWithWeather(airquality::Pollutant pollutant, const WeatherColumns* weather) {
  if (weather == nullptr) return FeatureBuilder::Schema(pollutant);
  std::vector<Feature> features = Built(pollutant);
  features.insert(features.end(), weather->features().begin(), weather->features().end());
  return FeatureSchema(std::move(features));
}

base::Result<void> CheckRowSchema(const FeatureSchema& schema, airquality::Pollutant pollutant) {
  const auto same = [](const Feature& a, const Feature& b) {
    return a.name == b.name && a.unit == b.unit;
  };
  const std::vector<Feature>& built = Built(pollutant);
  const std::vector<Feature>& wanted = schema.features();
  const bool begins_so =
      wanted.size() >= built.size() && std::equal(built.begin(), built.end(), wanted.begin(), same);
  if (begins_so &&
      std::all_of(wanted.begin() + static_cast<std::ptrdiff_t>(built.size()), wanted.end(),
                  [](const Feature& feature) { return feature.name.starts_with(kPrefix); })) {
    return {};
  }
  return base::InvalidArgument(
      fmt::format("its features are {}, this program builds {}: train it again",
                  schema.fingerprint(), FeatureBuilder::Schema(pollutant).fingerprint()));
}

std::vector<std::string_view> WeatherNames(const FeatureSchema& schema,
                                           airquality::Pollutant pollutant) {
  std::vector<std::string_view> names;
  for (std::size_t i = Built(pollutant).size(); i < schema.size(); ++i) {
    names.push_back(schema.features()[i].name);
  }
  return names;
}

std::optional<FeatureMatrix> RowsWithWeather(const FeatureSchema& schema, FeatureMatrix rows,
                                             std::span<const RowKey> keys, int horizon_days,
                                             const WeatherColumns* weather) {
  GC_CHECK(rows.rows == keys.size(), "one row a key");
  if (schema.size() == rows.columns) return rows;
  if (weather == nullptr) return std::nullopt;
  // Where the schema's columns stand among the weather's.
  std::vector<std::size_t> at;
  for (std::size_t i = rows.columns; i < schema.size(); ++i) {
    const Feature& wanted = schema.features()[i];
    const auto found = std::ranges::find_if(weather->features(), [&](const Feature& feature) {
      return feature.name == wanted.name && feature.unit == wanted.unit;
    });
    if (found == weather->features().end()) return std::nullopt;
    at.push_back(static_cast<std::size_t>(found - weather->features().begin()));
  }
  FeatureMatrix extended{.rows = rows.rows, .columns = schema.size(), .values = {}};
  extended.values.resize(extended.rows * extended.columns);
  std::vector<float> values(weather->features().size());
  for (std::size_t row = 0; row < rows.rows; ++row) {
    weather->Write(keys[row], horizon_days, values);
    const std::span<float> out = extended.Row(row);
    const auto behind = std::ranges::copy(rows.Row(row), out.begin()).out;
    std::ranges::transform(at, behind, [&](std::size_t column) { return values[column]; });
  }
  return extended;
}

}  // namespace geoclimate::features
