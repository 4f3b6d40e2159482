#include "geoclimate/alerts/alert_rule.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <span>

#include <fmt/format.h>

#include "geoclimate/http_client/url.h"

namespace geoclimate::alerts {
namespace {

using formats::Json;
using std::chrono::minutes;

constexpr std::array<std::string_view, 2> kMeasures = {"aqi", "concentration"};
constexpr std::array<std::string_view, 2> kWatched = {"forecast", "observed"};
constexpr std::array<std::string_view, 2> kDirections = {"above", "below"};
constexpr std::string_view kFields[] = {
    "name",      "site_id", "latitude",         "longitude",   "pollutant",
    "measure",   "source",  "horizon",          "threshold",   "clear_at",
    "direction", "url",     "cooldown_minutes", "quiet_hours", "notify_end"};
constexpr std::string_view kQuietFields[] = {"from", "to", "utc_offset_minutes"};

constexpr std::size_t kLongestName = 200;
constexpr std::size_t kLongestUrl = 2000;
constexpr std::int64_t kLongestHorizon = 3;
constexpr std::int64_t kLongestCooldown = 7 * 24 * 60;
constexpr double kGreatestThreshold = 1e6;

base::Error Wrong(std::string_view field, std::string_view what) {
  return base::InvalidArgument(fmt::format("field '{}': {}", field, what));
}

base::Result<void> CheckFields(const Json& object, std::span<const std::string_view> known) {
  for (const auto& [name, value] : *object.AsObject()) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      return base::InvalidArgument(fmt::format("unknown field '{}'", name));
    }
  }
  return {};
}

// Null where it is not given.
const Json* Given(const Json& object, std::string_view name) {
  const Json* member = object.Find(name);
  return member == nullptr || member->is_null() ? nullptr : member;
}

base::Result<double> NumberWithin(const Json& object, std::string_view name, double least,
                                  double most) {
  GC_ASSIGN_OR_RETURN(const double number, object.NumberAt(name));
  if (number >= least && number <= most) return number;
  return Wrong(name, fmt::format("{} is not from {} to {}", number, least, most));
}

base::Result<std::int64_t> IntegerWithin(const Json& object, std::string_view name,
                                         std::int64_t least, std::int64_t most) {
  GC_ASSIGN_OR_RETURN(const std::int64_t number, object.IntegerAt(name));
  if (number >= least && number <= most) return number;
  return Wrong(name, fmt::format("{} is not from {} to {}", number, least, most));
}

// The first of `choices` when it is not given.
template <typename Choice>
base::Result<Choice> ChoiceOf(const Json& object, std::string_view name,
                              const std::array<std::string_view, 2>& choices) {
  if (Given(object, name) == nullptr) return static_cast<Choice>(0);
  GC_ASSIGN_OR_RETURN(const std::string_view text, object.StringAt(name));
  const auto found = std::find(choices.begin(), choices.end(), text);
  if (found != choices.end()) return static_cast<Choice>(found - choices.begin());
  return Wrong(name, fmt::format("'{}' is neither {} nor {}", text, choices[0], choices[1]));
}

base::Result<void> ReadWhere(const Json& object, AlertRule& rule) {
  const bool has_site = Given(object, "site_id") != nullptr;
  const bool has_place =
      Given(object, "latitude") != nullptr || Given(object, "longitude") != nullptr;
  if (has_site == has_place) return Wrong("site_id", "give either it, or latitude with longitude");
  if (has_site) {
    GC_ASSIGN_OR_RETURN(const std::string_view text, object.StringAt("site_id"));
    const auto site = airquality::SiteId::Parse(text);
    if (!site.ok()) return Wrong("site_id", site.error().message());
    rule.site = *site;
    return {};
  }
  airquality::Coordinates place;
  GC_ASSIGN_OR_RETURN(place.latitude, NumberWithin(object, "latitude", -90, 90));
  GC_ASSIGN_OR_RETURN(place.longitude, NumberWithin(object, "longitude", -180, 180));
  rule.place = place;
  return {};
}

base::Result<void> ReadWhat(const Json& object, AlertRule& rule) {
  GC_ASSIGN_OR_RETURN(rule.measure, ChoiceOf<Measure>(object, "measure", kMeasures));
  GC_ASSIGN_OR_RETURN(rule.watched, ChoiceOf<Watched>(object, "source", kWatched));
  GC_ASSIGN_OR_RETURN(rule.direction, ChoiceOf<Direction>(object, "direction", kDirections));
  if (Given(object, "pollutant") != nullptr) {
    GC_ASSIGN_OR_RETURN(const std::string_view text, object.StringAt("pollutant"));
    const auto pollutant = airquality::ParsePollutant(text);
    if (!pollutant.ok()) return Wrong("pollutant", pollutant.error().message());
    rule.pollutant = *pollutant;
  } else if (rule.measure == Measure::kConcentration) {
    return Wrong("pollutant", "a concentration is of one");
  }
  if (Given(object, "horizon") == nullptr) return {};
  if (rule.watched == Watched::kObserved) return Wrong("horizon", "what is observed has none");
  GC_ASSIGN_OR_RETURN(const std::int64_t horizon,
                      IntegerWithin(object, "horizon", 1, kLongestHorizon));
  rule.horizon_days = static_cast<int>(horizon);
  return {};
}

base::Result<void> ReadThreshold(const Json& object, AlertRule& rule) {
  GC_ASSIGN_OR_RETURN(rule.threshold,
                      NumberWithin(object, "threshold", -kGreatestThreshold, kGreatestThreshold));
  rule.clear_at = rule.threshold;
  if (Given(object, "clear_at") == nullptr) return {};
  GC_ASSIGN_OR_RETURN(rule.clear_at,
                      NumberWithin(object, "clear_at", -kGreatestThreshold, kGreatestThreshold));
  if (rule.direction == Direction::kAbove && rule.clear_at > rule.threshold) {
    return Wrong("clear_at", "is above the threshold, where the alert would still be on");
  }
  if (rule.direction == Direction::kBelow && rule.clear_at < rule.threshold) {
    return Wrong("clear_at", "is below the threshold, where the alert would still be on");
  }
  return {};
}

// "22:00"
base::Result<minutes> TimeOfDay(const Json& object, std::string_view name) {
  GC_ASSIGN_OR_RETURN(const std::string_view text, object.StringAt(name));
  const auto digit = [&text](std::size_t at) {
    return at < text.size() && text[at] >= '0' && text[at] <= '9' ? text[at] - '0' : 1000;
  };
  const int hour = digit(0) * 10 + digit(1);
  const int minute = digit(3) * 10 + digit(4);
  if (text.size() != 5 || text[2] != ':' || hour > 23 || minute > 59) {
    return Wrong(fmt::format("quiet_hours.{}", name), "is no time of day such as 22:00");
  }
  return minutes(hour * 60 + minute);
}

base::Result<void> ReadQuietHours(const Json& object, AlertRule& rule) {
  if (Given(object, "quiet_hours") == nullptr) return {};
  GC_ASSIGN_OR_RETURN(const Json* const hours, object.ObjectAt("quiet_hours"));
  GC_RETURN_IF_ERROR(CheckFields(*hours, kQuietFields));
  QuietHours quiet;
  GC_ASSIGN_OR_RETURN(quiet.from, TimeOfDay(*hours, "from"));
  GC_ASSIGN_OR_RETURN(quiet.to, TimeOfDay(*hours, "to"));
  if (quiet.from == quiet.to) return Wrong("quiet_hours.to", "is the same as from");
  if (Given(*hours, "utc_offset_minutes") != nullptr) {
    GC_ASSIGN_OR_RETURN(const std::int64_t offset,
                        IntegerWithin(*hours, "utc_offset_minutes", -12 * 60, 14 * 60));
    quiet.utc_offset = minutes(offset);
  }
  rule.quiet_hours = quiet;
  return {};
}

base::Result<void> ReadDelivery(const Json& object, AlertRule& rule) {
  GC_ASSIGN_OR_RETURN(const std::string_view url, object.StringAt("url"));
  rule.url = url;
  if (url.size() > kLongestUrl) {
    return Wrong("url", fmt::format("is longer than {} characters", kLongestUrl));
  }
  if (const auto parts = http_client::ParseUrl(rule.url); !parts.ok()) {
    return Wrong("url", parts.error().message());
  }
  if (Given(object, "cooldown_minutes") != nullptr) {
    GC_ASSIGN_OR_RETURN(const std::int64_t cooldown,
                        IntegerWithin(object, "cooldown_minutes", 0, kLongestCooldown));
    rule.cooldown = minutes(cooldown);
  }
  if (Given(object, "notify_end") != nullptr) {
    GC_ASSIGN_OR_RETURN(rule.notify_end, object.BoolAt("notify_end"));
  }
  return ReadQuietHours(object, rule);
}

void WriteQuietHours(formats::JsonWriter& json, const std::optional<QuietHours>& quiet) {
  json.Key("quiet_hours");
  if (!quiet) {
    json.Null();
    return;
  }
  const auto time = [](minutes at) {
    return fmt::format("{:02}:{:02}", at.count() / 60, at.count() % 60);
  };
  json.BeginObject().Key("from").String(time(quiet->from)).Key("to").String(time(quiet->to));
  json.Key("utc_offset_minutes");
  if (quiet->utc_offset) {
    json.Integer(quiet->utc_offset->count());
  } else {
    json.Null();
  }
  json.EndObject();
}

}  // namespace

std::string_view MeasureName(Measure measure) {
  return kMeasures[static_cast<std::size_t>(measure)];
}
std::string_view WatchedName(Watched watched) {
  return kWatched[static_cast<std::size_t>(watched)];
}
std::string_view DirectionName(Direction direction) {
  return kDirections[static_cast<std::size_t>(direction)];
}

base::Result<AlertRule> ParseAlertRule(std::string_view text) {
  if (text.size() > kLongestRule) {
    return base::InvalidArgument(fmt::format("an alert has at most {} bytes", kLongestRule));
  }
  GC_ASSIGN_OR_RETURN(const Json object, formats::ParseJson(text));
  if (object.AsObject() == nullptr) return base::InvalidArgument("an alert must be an object");
  GC_RETURN_IF_ERROR(CheckFields(object, kFields));
  AlertRule rule;
  if (Given(object, "name") != nullptr) {
    GC_ASSIGN_OR_RETURN(const std::string_view name, object.StringAt("name"));
    // PostgreSQL keeps no NUL.
    if (name.size() > kLongestName || name.find('\0') != std::string_view::npos) {
      return Wrong("name", fmt::format("is longer than {} bytes, or has a NUL", kLongestName));
    }
    rule.name = name;
  }
  GC_RETURN_IF_ERROR(ReadWhere(object, rule));
  GC_RETURN_IF_ERROR(ReadWhat(object, rule));
  GC_RETURN_IF_ERROR(ReadThreshold(object, rule));
  GC_RETURN_IF_ERROR(ReadDelivery(object, rule));
  return rule;
}

void WriteAlertRule(formats::JsonWriter& json, const AlertRule& rule) {
  json.Key("name").String(rule.name);
  if (rule.site) {
    json.Key("site_id").String(rule.site->ToString());
  } else if (rule.place) {
    json.Key("latitude").Double(rule.place->latitude);
    json.Key("longitude").Double(rule.place->longitude);
  }
  json.Key("pollutant");
  if (rule.pollutant) {
    json.String(airquality::Name(*rule.pollutant));
  } else {
    json.Null();
  }
  json.Key("measure").String(MeasureName(rule.measure));
  json.Key("source").String(WatchedName(rule.watched));
  if (rule.watched == Watched::kForecast) json.Key("horizon").Integer(rule.horizon_days);
  json.Key("threshold").Double(rule.threshold).Key("clear_at").Double(rule.clear_at);
  json.Key("direction").String(DirectionName(rule.direction)).Key("url").String(rule.url);
  json.Key("cooldown_minutes").Integer(rule.cooldown.count());
  json.Key("notify_end").Bool(rule.notify_end);
  WriteQuietHours(json, rule.quiet_hours);
}

std::string EncodeAlertRule(const AlertRule& rule) {
  std::string text;
  formats::JsonWriter json(text);
  json.BeginObject();
  WriteAlertRule(json, rule);
  json.EndObject();
  return text;
}

}  // namespace geoclimate::alerts
