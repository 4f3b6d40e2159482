#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "geoclimate/airquality/aqi_category.h"
#include "geoclimate/airquality/concentration.h"
#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/airquality/site.h"
#include "geoclimate/base/clock.h"
#include "geoclimate/base/day.h"
#include "geoclimate/formats/json.h"

namespace geoclimate::server::http::routes {

// The parts that JSON bodies of several routes share, with the field names of the wire contract.

// "2020-12-31T05:00:00Z" in quotes, without allocation. The years 0 to 9999.
void AppendTimestamp(std::string& out, base::Timestamp time);

// "KEY": a timestamp, or null.
void TimestampField(formats::JsonWriter& json, std::string_view key, base::Timestamp time);
void DayField(formats::JsonWriter& json, std::string_view key, base::LocalDay day);
void DayField(formats::JsonWriter& json, std::string_view key,
              const std::optional<base::LocalDay>& day);
void SiteIdField(formats::JsonWriter& json, airquality::SiteId id);
// latitude and longitude, both null where they are unknown.
void CoordinateFields(formats::JsonWriter& json,
                      const std::optional<airquality::Coordinates>& coordinates);
// "KEY": the exact decimal.
void ConcentrationField(formats::JsonWriter& json, std::string_view key,
                        airquality::Concentration value);
// category and color of an AQI.
void CategoryFields(formats::JsonWriter& json, int aqi);
// health_advice: [{groups, advice}].
void HealthAdviceField(formats::JsonWriter& json, airquality::Pollutant pollutant, int aqi);

}  // namespace geoclimate::server::http::routes
