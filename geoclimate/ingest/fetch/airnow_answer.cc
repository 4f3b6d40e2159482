#include "geoclimate/ingest/fetch/airnow_answer.h"

#include <array>
#include <charconv>
#include <span>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "geoclimate/formats/json.h"
#include "geoclimate/formats/json_cursor.h"
#include "geoclimate/ingest/fetch/flat_rows.h"
#include "geoclimate/ingest/fetch/measure_unit.h"
#include "geoclimate/ingest/moment_parser.h"
#include "geoclimate/ingest/text.h"

namespace geoclimate::ingest {
namespace {

using airquality::Concentration;
using airquality::Pollutant;
using airquality::SiteId;

constexpr std::int64_t kNoValueMicro = -999'000'000;

template <typename T>
std::optional<T> Number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// What a WebServiceError says, for a status of its own.
base::Result<std::string> ReadServiceError(std::string_view text) {
  constexpr std::size_t kLongest = 64 << 10;
  constexpr std::size_t kShown = 300;
  if (text.size() > kLongest) return base::DataLoss("AirNow's answer is no array of rows");
  const auto document = formats::ParseJson(text);
  if (!document.ok()) return base::DataLoss("AirNow's answer is " + document.error().message());
  const formats::Json* errors = document->Find("WebServiceError");
  if (errors == nullptr) errors = document->Find("webServiceError");
  if (errors == nullptr || errors->AsArray() == nullptr || errors->AsArray()->empty()) {
    return base::DataLoss("AirNow's answer is neither an array of rows nor a WebServiceError");
  }
  const formats::Json& first = errors->AsArray()->front();
  const formats::Json* message = first.Find("Message");
  if (message == nullptr) message = first.Find("message");
  if (message == nullptr || message->AsString() == nullptr) {
    return base::DataLoss("AirNow's WebServiceError has no message");
  }
  std::string said = Readable(*message->AsString(), kShown);
  const std::string lower = NormalizeText(said);
  const auto has = [&lower](std::string_view word) {
    return lower.find(word) != std::string::npos;
  };
  const std::string shown = fmt::format("AirNow says: {}", said);
  if (has("key") || has("account")) return base::Error(base::ErrorCode::kUnauthenticated, shown);
  if (has("exceed") || has("too many")) {
    return base::Error(base::ErrorCode::kResourceExhausted, shown);
  }
  if (has("invalid") || has("required") || has("must")) return base::InvalidArgument(shown);
  return said;
}

// Tells an answer without rows from one with; `visit` gets the rows.
base::Result<std::string> ReadAnswer(
    std::string_view text, std::span<const std::string_view> names,
    const std::function<void(std::span<const std::string>)>& visit) {
  formats::JsonCursor json(text);
  if (json.Peek() == formats::JsonCursor::Kind::kObject) return ReadServiceError(text);
  ReadFlatRows(json, names, visit);
  if (const auto done = json.Finish(); !done.ok()) {
    return base::DataLoss("AirNow's answer is " + done.error().message());
  }
  return std::string();
}

// The members of a row of hours.
enum Hour : std::size_t {
  kUtc,
  kParameter,
  kUnit,
  kValue,
  kRaw,
  kSiteName,
  kFullCode,
  kIntlCode,
  kLatitude,
  kLongitude,
  kHourMembers
};
constexpr std::array<std::string_view, kHourMembers> kHourNames = {
    "utc",      "parameter",   "unit",        "value",    "rawconcentration",
    "sitename", "fullaqscode", "intlaqscode", "latitude", "longitude"};

// The code with the country before it, "840060371103": 840 the United States, 124 Canada, 484
// Mexico. Rows without it have the United States' own code.
std::optional<SiteId> ReadSiteId(std::string_view intl, std::string_view full) {
  const auto within = [](std::string_view digits, std::uint32_t state) -> std::optional<SiteId> {
    const auto county = Number<std::uint32_t>(digits.substr(0, 3));
    const auto site = Number<std::uint32_t>(digits.substr(3));
    if (!county || !site) return std::nullopt;
    return SiteId::FromParts(state, *county, *site);
  };
  if (intl.size() == 12 && intl.starts_with("124")) return within(intl.substr(5), SiteId::kCanada);
  if (intl.size() == 12 && intl.starts_with("484")) return within(intl.substr(5), 80);
  if (intl.size() == 12 && !intl.starts_with("840")) return std::nullopt;
  const auto id = SiteId::Parse(full.empty() ? intl : full);
  if (!id.ok()) return std::nullopt;
  return *id;
}

class HourReader {
 public:
  explicit HourReader(const PlausibleRanges& plausible) : plausible_(plausible) {}

  void Add(std::span<const std::string> row) {
    ++values_.rows;
    const auto pollutant = airquality::ParsePollutant(row[kParameter]);
    if (!pollutant.ok()) {
      ++values_.without_value;
      return;
    }
    const MomentReading begin = ReadMoment(row[kUtc]);
    if (begin.status != MomentStatus::kMoment || !begin.time ||
        *begin.time != std::chrono::floor<std::chrono::hours>(*begin.time)) {
      return values_.Reject(RejectReason::kBadDate);
    }
    const auto site = ReadSiteId(row[kIntlCode], row[kFullCode]);
    if (!site) return values_.Reject(RejectReason::kBadSiteId);
    const auto value = ReadValue(*pollutant, row);
    if (!value) return;
    if (!AddSite(*site, row)) return values_.Reject(RejectReason::kBadCoordinates);
    values_.observations.push_back({.key = {.site = *site,
                                            .parameter = airquality::Traits(*pollutant).parameter,
                                            .poc = 0,
                                            .start = *begin.time,
                                            .duration = airquality::Duration::kHour,
                                            .statistic = airquality::Statistic::kMean,
                                            .event = airquality::EventStatus::kRegular},
                                    .value = *value,
                                    .source = airquality::Source::kProvisional,
                                    .completeness = airquality::kCompletenessUnknown,
                                    .monitor = airquality::MonitorKind::kContinuous});
  }

  FetchedValues Finish() && { return std::move(values_); }

 private:
  // Counts the row when it has none.
  std::optional<Concentration> ReadValue(Pollutant pollutant, std::span<const std::string> row) {
    const bool particles =
        airquality::Traits(pollutant).unit == airquality::Unit::kMicrogramsPerCubicMeter;
    const std::string& text = row[kRaw].empty() && !particles ? row[kValue] : row[kRaw];
    if (text.empty()) {
      ++values_.without_value;
      return std::nullopt;
    }
    const auto number = Concentration::Parse(text);
    if (!number.ok()) {
      values_.Reject(RejectReason::kBadValue);
      return std::nullopt;
    }
    if (number->micro() == kNoValueMicro) {
      ++values_.without_value;
      return std::nullopt;
    }
    const auto unit = ParseMeasureUnit(row[kUnit]);
    if (!unit) {
      values_.Reject(RejectReason::kUnknownUnit);
      return std::nullopt;
    }
    const auto value = ToEpaUnit(pollutant, *number, *unit);
    if (!value.ok()) {
      values_.Reject(RejectReason::kWrongUnit);
      return std::nullopt;
    }
    const PlausibleRange& range = plausible_[static_cast<std::size_t>(Index(pollutant))];
    if (*value < range.low || *value > range.high) {
      values_.Reject(RejectReason::kImplausibleValue);
      return std::nullopt;
    }
    return *value;
  }

  bool AddSite(SiteId id, std::span<const std::string> row) {
    if (known_.contains(id)) return true;
    const auto latitude = Number<double>(row[kLatitude]);
    const auto longitude = Number<double>(row[kLongitude]);
    if (!latitude || !longitude || !(*latitude >= -90 && *latitude <= 90) ||
        !(*longitude >= -180 && *longitude <= 180)) {
      return false;
    }
    constexpr std::size_t kLongestName = 200;
    airquality::Site site;
    site.id = id;
    site.name = Readable(Trim(row[kSiteName]), kLongestName);
    site.coordinates = airquality::Coordinates{*latitude, *longitude};
    site.utc_offset = airquality::StandardUtcOffset(id, site.coordinates);
    values_.sites.push_back(std::move(site));
    known_.insert(id);
    return true;
  }

  const PlausibleRanges& plausible_;
  FetchedValues values_;
  std::unordered_set<SiteId> known_;
};

enum Report : std::size_t {
  kDateObserved,
  kHourObserved,
  kTimeZone,
  kArea,
  kAreaNew,
  kSite,
  kParameterName,
  kAqi,
  kAqiNew,
  kCategory,
  kCategoryObject,
  kReportMembers
};
constexpr std::array<std::string_view, kReportMembers> kReportNames = {
    "dateobserved",      "hourobserved",    "localtimezone", "reportingarea",
    "reportingareaname", "sitename",        "parametername", "aqi",
    "nowcastaqi",        "aqicategoryname", "category"};

// "17:00" in the new generation, 17 in the old one.
std::optional<std::int32_t> ReadHour(std::string_view text) {
  const auto hour = Number<std::int32_t>(text.substr(0, text.find(':')));
  if (!hour || *hour < 0 || *hour > 23) return std::nullopt;
  return hour;
}

// A member of its own in the new generation, {"Number":2,"Name":"Moderate"} in the old one.
std::string ReadCategory(std::span<const std::string> row) {
  constexpr std::size_t kLongestText = 200;
  if (!row[kCategory].empty()) return Readable(row[kCategory], kLongestText);
  const auto object = formats::ParseJson(row[kCategoryObject]);
  if (!object.ok()) return {};
  const auto name = object->StringAt("Name");
  return name.ok() ? Readable(*name, kLongestText) : std::string();
}

std::optional<ReportedIndex> ReadReport(std::span<const std::string> row) {
  const auto pollutant = airquality::ParsePollutant(row[kParameterName]);
  // Either a day or, in some answers, a day with a time of 00:00 behind it.
  const auto day = base::ParseDay(Trim(row[kDateObserved]).substr(0, 10));
  const auto hour = ReadHour(Trim(row[kHourObserved]));
  const std::string& aqi_text = row[kAqiNew].empty() ? row[kAqi] : row[kAqiNew];
  const auto aqi = Number<std::int32_t>(aqi_text);
  if (!pollutant.ok() || !day.ok() || !hour || !aqi || *aqi < -1) {
    return std::nullopt;
  }
  constexpr std::size_t kLongestText = 200;
  const std::string& area = !row[kSite].empty()      ? row[kSite]
                            : !row[kAreaNew].empty() ? row[kAreaNew]
                                                     : row[kArea];
  return ReportedIndex{.pollutant = *pollutant,
                       .aqi = *aqi == -1 ? std::nullopt : aqi,
                       .category = ReadCategory(row),
                       .day = *day,
                       .hour = *hour,
                       .time_zone = Readable(row[kTimeZone], kLongestText),
                       .area = Readable(Trim(area), kLongestText)};
}

}  // namespace

base::Result<FetchedValues> ParseAirNowHours(std::string_view text,
                                             const PlausibleRanges& plausible) {
  HourReader reader(plausible);
  GC_ASSIGN_OR_RETURN(std::string note,
                      ReadAnswer(text, kHourNames,
                                 [&reader](std::span<const std::string> row) { reader.Add(row); }));
  FetchedValues values = std::move(reader).Finish();
  values.note = std::move(note);
  return values;
}

base::Result<ReportedIndexes> ParseAirNowReports(std::string_view text) {
  ReportedIndexes reports;
  GC_ASSIGN_OR_RETURN(reports.note,
                      ReadAnswer(text, kReportNames, [&](std::span<const std::string> row) {
                        auto report = ReadReport(row);
                        if (report) {
                          reports.indexes.push_back(*std::move(report));
                        } else {
                          ++reports.rejected;
                        }
                      }));
  return reports;
}

}  // namespace geoclimate::ingest
