#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/airquality/site.h"
#include "geoclimate/base/result.h"
#include "geoclimate/formats/json.h"

namespace geoclimate::alerts {

enum class Measure : std::uint8_t { kAqi, kConcentration };
enum class Watched : std::uint8_t { kForecast, kObserved };
enum class Direction : std::uint8_t { kAbove, kBelow };

// From a time of day to another, which may lie before it: then over midnight.
struct QuietHours {
  std::chrono::minutes from{0};  // since midnight, below a day
  std::chrono::minutes to{0};    // another than `from`
  // East of UTC; the local standard time of the place that is watched when it is not given.
  std::optional<std::chrono::minutes> utc_offset = std::nullopt;

  friend bool operator==(const QuietHours&, const QuietHours&) = default;
};

// What somebody wants to be told of, and where.
struct AlertRule {
  std::string name;  // for people; may be empty
  // One of the two.
  std::optional<airquality::SiteId> site = std::nullopt;
  std::optional<airquality::Coordinates> place = std::nullopt;
  // Nothing: the overall AQI, over all pollutants.
  std::optional<airquality::Pollutant> pollutant = std::nullopt;
  Measure measure = Measure::kAqi;
  Watched watched = Watched::kForecast;
  int horizon_days = 1;  // of a forecast
  // Of AQI, or in the pollutant's EPA unit. Crossed by a value beyond it, not by the value itself.
  double threshold = 0;
  Direction direction = Direction::kAbove;
  // What was crossed is over once the value is back at this or beyond: not above `threshold` where
  // that is a ceiling, not below it where it is a floor. Farther from it is calmer.
  double clear_at = 0;
  bool notify_end = false;  // tells that it is over, too
  std::string url;
  // From one event that tells of a crossing to the next, at least.
  std::chrono::minutes cooldown{60};
  std::optional<QuietHours> quiet_hours = std::nullopt;

  friend bool operator==(const AlertRule&, const AlertRule&) = default;
};

inline constexpr std::size_t kLongestRule = 8192;

// A rule from the text of a JSON object of docs/alerts.md: untrusted. kInvalidArgument naming the
// field that is wrong, missing or unknown.
base::Result<AlertRule> ParseAlertRule(std::string_view json);
// What ParseAlertRule() gives the same rule for.
std::string EncodeAlertRule(const AlertRule& rule);
// Its members, into an open object.
void WriteAlertRule(formats::JsonWriter& json, const AlertRule& rule);

std::string_view MeasureName(Measure measure);        // "aqi", "concentration"
std::string_view WatchedName(Watched watched);        // "forecast", "observed"
std::string_view DirectionName(Direction direction);  // "above", "below"

}  // namespace geoclimate::alerts
