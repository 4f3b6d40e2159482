#include "geoclimate/ingest/fetch/openaq_answer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "geoclimate/formats/json.h"
#include "geoclimate/ingest/moment_parser.h"
#include "geoclimate/ingest/text.h"

namespace geoclimate::ingest {
namespace {

using airquality::Pollutant;
using formats::Json;

constexpr std::uint32_t kOpenAqState = 101;
constexpr std::int64_t kLargestLocation = 9'999'999;
constexpr std::size_t kLongestText = 200;
constexpr airquality::ParameterCode kPm25NotReference = 88502;

base::Result<Json> ParsePage(std::string_view text) {
  auto document = formats::ParseJson(text);
  if (!document.ok()) return base::DataLoss("OpenAQ's answer is " + document.error().message());
  const auto results = document->ArrayAt("results");
  if (!results.ok()) return base::DataLoss("OpenAQ's answer: " + results.error().message());
  return document;
}

// A text at a path of members; empty when it is not there.
std::string_view TextAt(const Json& value, std::initializer_list<std::string_view> path) {
  const Json* at = &value;
  for (const std::string_view name : path) {
    at = at->Find(name);
    if (at == nullptr) return {};
  }
  return at->AsString() == nullptr ? std::string_view() : std::string_view(*at->AsString());
}

std::optional<base::Timestamp> MomentAt(const Json& value,
                                        std::initializer_list<std::string_view> path) {
  const MomentReading moment = ReadMoment(TextAt(value, path));
  if (moment.status != MomentStatus::kMoment) return std::nullopt;
  return moment.time;
}

std::optional<std::int64_t> IdOf(const Json& value) {
  const auto id = value.IntegerAt("id");
  if (!id.ok() || *id <= 0) return std::nullopt;
  return *id;
}

bool IsTrue(const Json& value, std::string_view name) {
  const Json* member = value.Find(name);
  return member != nullptr && member->AsBool() != nullptr && *member->AsBool();
}

std::vector<OpenAqSensor> ReadSensors(const Json& location, bool reference) {
  std::vector<OpenAqSensor> sensors;
  const auto listed = location.ArrayAt("sensors");
  if (!listed.ok()) return sensors;
  for (const Json& sensor : *listed) {
    const auto id = IdOf(sensor);
    const auto pollutant = airquality::ParsePollutant(TextAt(sensor, {"parameter", "name"}));
    const auto unit = ParseMeasureUnit(TextAt(sensor, {"parameter", "units"}));
    if (!id || !pollutant.ok() || !unit) continue;
    const bool other_method = *pollutant == Pollutant::kPm25 && !reference;
    sensors.push_back(
        {.id = *id,
         .parameter = other_method ? kPm25NotReference : airquality::Traits(*pollutant).parameter,
         .poc = 0,
         .unit = *unit});
  }
  std::sort(sensors.begin(), sensors.end(),
            [](const OpenAqSensor& a, const OpenAqSensor& b) { return a.id < b.id; });
  std::array<std::uint16_t, airquality::kPollutantCount> count{};
  for (OpenAqSensor& sensor : sensors) {
    sensor.poc =
        ++count[static_cast<std::size_t>(Index(*airquality::PollutantOf(sensor.parameter)))];
  }
  return sensors;
}

std::optional<OpenAqLocation> ReadLocation(const Json& result) {
  const auto id = IdOf(result);
  const Json* place = result.Find("coordinates");
  if (!id || *id > kLargestLocation || place == nullptr) return std::nullopt;
  const auto latitude = place->NumberAt("latitude");
  const auto longitude = place->NumberAt("longitude");
  if (!latitude.ok() || !longitude.ok() || std::abs(*latitude) > 90 || std::abs(*longitude) > 180) {
    return std::nullopt;
  }
  OpenAqLocation location;
  const auto number = static_cast<std::uint32_t>(*id);
  location.site.id = airquality::SiteId::FromParts(kOpenAqState, number / 10'000, number % 10'000);
  location.site.name = Readable(TextAt(result, {"name"}), kLongestText);
  location.site.state = Readable(TextAt(result, {"country", "name"}), kLongestText);
  location.site.coordinates = airquality::Coordinates{*latitude, *longitude};
  location.site.utc_offset =
      airquality::StandardUtcOffset(location.site.id, location.site.coordinates);
  location.provider = Readable(TextAt(result, {"provider", "name"}), kLongestText);
  location.last = MomentAt(result, {"datetimeLast", "utc"});
  location.sensors = ReadSensors(result, IsTrue(result, "isMonitor"));
  if (location.sensors.empty()) return std::nullopt;
  return location;
}

class HourReader {
 public:
  HourReader(airquality::SiteId site, const OpenAqSensor& sensor, const PlausibleRanges& plausible)
      : site_(site),
        sensor_(sensor),
        pollutant_(*airquality::PollutantOf(sensor.parameter)),
        range_(plausible[static_cast<std::size_t>(Index(pollutant_))]) {}

  void Add(const Json& result, FetchedValues& values) const {
    ++values.rows;
    const auto begin = MomentAt(result, {"period", "datetimeFrom", "utc"});
    if (!begin || *begin != std::chrono::floor<std::chrono::hours>(*begin)) {
      return values.Reject(RejectReason::kBadDate);
    }
    const Json* flags = result.Find("flagInfo");
    const Json* number = result.Find("value");
    if ((flags != nullptr && IsTrue(*flags, "hasFlags")) || number == nullptr ||
        number->is_null()) {
      ++values.without_value;
      return;
    }
    const auto value = ReadValue(*number, UnitOf(result));
    if (!value.ok()) return values.Reject(RejectReason::kBadValue);
    if (*value < range_.low || *value > range_.high) {
      return values.Reject(RejectReason::kImplausibleValue);
    }
    values.observations.push_back({.key = {.site = site_,
                                           .parameter = sensor_.parameter,
                                           .poc = sensor_.poc,
                                           .start = *begin,
                                           .duration = airquality::Duration::kHour,
                                           .statistic = airquality::Statistic::kMean,
                                           .event = airquality::EventStatus::kRegular},
                                   .value = *value,
                                   .source = airquality::Source::kProvisional,
                                   .completeness = Completeness(result),
                                   .monitor = airquality::MonitorKind::kContinuous});
  }

 private:
  // The hour's own unit where it is given, else the sensor's.
  MeasureUnit UnitOf(const Json& result) const {
    return ParseMeasureUnit(TextAt(result, {"parameter", "units"})).value_or(sensor_.unit);
  }

  base::Result<airquality::Concentration> ReadValue(const Json& number, MeasureUnit unit) const {
    const double value = number.AsDouble();
    if (!std::isfinite(value) || std::abs(value) > 1e9) return base::InvalidArgument("no number");
    return ToEpaUnit(pollutant_, airquality::Concentration::FromDouble(value), unit);
  }

  static std::uint8_t Completeness(const Json& result) {
    const Json* coverage = result.Find("coverage");
    if (coverage == nullptr) return airquality::kCompletenessUnknown;
    const auto percent = coverage->NumberAt("percentComplete");
    if (!percent.ok() || !(*percent >= 0)) return airquality::kCompletenessUnknown;
    return static_cast<std::uint8_t>(std::min(*percent, 100.0));
  }

  const airquality::SiteId site_;
  const OpenAqSensor& sensor_;
  const Pollutant pollutant_;
  const PlausibleRange& range_;
};

}  // namespace

base::Result<OpenAqLocations> ParseOpenAqLocations(std::string_view text) {
  GC_ASSIGN_OR_RETURN(const Json page, ParsePage(text));
  GC_ASSIGN_OR_RETURN(const auto results, page.ArrayAt("results"));
  OpenAqLocations locations;
  for (const Json& result : results) {
    ++locations.results;
    if (IsTrue(result, "isMobile")) {
      ++locations.mobile;
      continue;
    }
    auto location = ReadLocation(result);
    if (location) {
      locations.locations.push_back(*std::move(location));
    } else {
      ++locations.rejected;
    }
  }
  return locations;
}

base::Result<OpenAqHours> ParseOpenAqHours(std::string_view text, airquality::SiteId site,
                                           const OpenAqSensor& sensor,
                                           const PlausibleRanges& plausible) {
  GC_ASSIGN_OR_RETURN(const Json page, ParsePage(text));
  GC_ASSIGN_OR_RETURN(const auto results, page.ArrayAt("results"));
  OpenAqHours hours;
  const HourReader reader(site, sensor, plausible);
  for (const Json& result : results) {
    ++hours.results;
    reader.Add(result, hours.values);
  }
  return hours;
}

}  // namespace geoclimate::ingest
