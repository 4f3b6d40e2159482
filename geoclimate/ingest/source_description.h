#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/airquality/observation.h"
#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/base/result.h"
#include "geoclimate/formats/yaml.h"

namespace geoclimate::ingest {

// What a column can stand for, besides concentrations.
enum class Role : std::uint8_t {
  kDate,
  kSource,
  kSiteId,
  kStateCode,
  kCountyCode,
  kSiteNumber,
  kPoc,
  kUnits,
  kAqi,
  kObservationCount,
  kCompleteness,
  kParameter,
  kDuration,
  kEventType,
  kSiteName,
  kCounty,
  kState,
  kCbsa,
  kLatitude,
  kLongitude,
};
inline constexpr std::size_t kRoleCount = 20;
// As the descriptions spell it, "site_id".
std::string_view RoleName(Role role);

// A column of concentrations.
struct ValueColumn {
  std::vector<std::string> headers;  // normalised
  std::vector<airquality::Statistic> statistics;
  // Of every row, where the file has no parameter code.
  std::optional<airquality::ParameterCode> parameter;
};

// What a sample duration says of its rows.
struct DurationRule {
  airquality::Statistic statistic = airquality::Statistic::kMean;
  std::optional<airquality::MonitorKind> monitor;
};

// The three numbers of a date in the order of the text.
struct DateFormat {
  enum class Part : std::uint8_t { kYear, kMonth, kDay };
  std::array<Part, 3> parts{};
  char separator = '-';
  std::string text;  // "month/day/year"
};

struct PlausibleRange {
  airquality::Concentration low;
  airquality::Concentration high;
};

struct RequiredRole {
  Role role;
  std::string why;
};

// What a family of files looks like: config/sources/NAME.yaml, read. epa_daily.yaml explains the
// keys. Keys of the maps are normalised by NormalizeText.
struct SourceDescription {
  std::string name;
  std::string title;
  // Normalised headers by role, and the same for people: "'Site ID' or 'AQS_SITE_ID'".
  std::array<std::vector<std::string>, kRoleCount> headers;
  std::array<std::string, kRoleCount> header_titles;
  std::vector<ValueColumn> values;
  std::vector<std::string> value_titles;  // the first header of each
  std::vector<RequiredRole> required;
  std::vector<DateFormat> dates;
  std::map<std::string, airquality::Source, std::less<>> sources;
  std::map<std::string, airquality::EventStatus, std::less<>> event_types;
  // Empty when the value's column alone tells the statistic.
  std::map<std::string, DurationRule, std::less<>> durations;
  std::map<std::string, airquality::Unit, std::less<>> units;
  std::map<airquality::ParameterCode, std::string> skipped;
  std::array<PlausibleRange, airquality::kPollutantCount> plausible{};
  // A file with a larger share of AQI values that are no integers is refused.
  double fractional_aqi_share = 0;
};

// Lower case (ASCII), with dots, underscores, dashes and blanks as one blank each, none around:
// "Site.ID" and "SITE_ID" are "site id".
std::string NormalizeHeader(std::string_view text);
// Lower case (ASCII), without blanks around.
std::string NormalizeText(std::string_view text);

// kInvalidArgument naming file, line and key of what is missing, unknown or contradictory.
base::Result<SourceDescription> ParseSourceDescription(const formats::YamlValue& yaml);

// The descriptions that the program was built with, ordered by file name.
base::Result<std::vector<SourceDescription>> BuiltInSources();
// Every *.yaml of a folder, ordered by file name; kNotFound when there is none.
base::Result<std::vector<formats::YamlValue>> LoadYamlFolder(const std::filesystem::path& folder);
// These as descriptions.
base::Result<std::vector<SourceDescription>> LoadSources(const std::filesystem::path& folder);

}  // namespace geoclimate::ingest
