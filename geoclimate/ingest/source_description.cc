#include "geoclimate/ingest/source_description.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "geoclimate/ingest/embedded_sources.h"

namespace geoclimate::ingest {
namespace {

using airquality::EventStatus;
using airquality::MonitorKind;
using airquality::Source;
using airquality::Statistic;
using airquality::Unit;
using formats::YamlValue;

constexpr std::array<std::string_view, kRoleCount> kRoleNames = {
    "date",         "source",    "site_id",  "state_code", "county_code",
    "site_number",  "poc",       "units",    "aqi",        "observation_count",
    "completeness", "parameter", "duration", "event_type", "site_name",
    "county",       "state",     "cbsa",     "latitude",   "longitude"};

template <typename T>
struct Named {
  std::string_view name;
  T value;
};

constexpr Named<Statistic> kStatistics[] = {{"mean", Statistic::kMean},
                                            {"max_8_hour", Statistic::kMax8Hour},
                                            {"max_1_hour", Statistic::kMax1Hour}};
constexpr Named<Source> kSources[] = {{"final", Source::kFinal},
                                      {"provisional", Source::kProvisional}};
constexpr Named<EventStatus> kEventTypes[] = {{"regular", EventStatus::kRegular},
                                              {"excluded", EventStatus::kExcluded}};
constexpr Named<MonitorKind> kMonitors[] = {{"continuous", MonitorKind::kContinuous},
                                            {"filter", MonitorKind::kFilter}};
constexpr Named<Unit> kUnits[] = {{"ug/m3", Unit::kMicrogramsPerCubicMeter},
                                  {"ppm", Unit::kPartsPerMillion},
                                  {"ppb", Unit::kPartsPerBillion}};

template <typename T, std::size_t N>
base::Result<T> Lookup(const Named<T> (&names)[N], std::string_view text, const YamlValue& place) {
  std::string known;
  for (const Named<T>& entry : names) {
    if (entry.name == text) return entry.value;
    known += fmt::format("{}{}", known.empty() ? "" : ", ", entry.name);
  }
  return place.Invalid(fmt::format("'{}' is none of {}", text, known));
}

base::Result<airquality::ParameterCode> ParameterCodeOf(const YamlValue& yaml) {
  GC_ASSIGN_OR_RETURN(const std::int64_t code, yaml.AsInteger());
  if (code < 10'000 || code > 99'999) return yaml.Invalid("a parameter code has five digits");
  return static_cast<airquality::ParameterCode>(code);
}

base::Result<Role> ParseRole(std::string_view name, const YamlValue& place) {
  const auto* const found = std::find(kRoleNames.begin(), kRoleNames.end(), name);
  if (found == kRoleNames.end()) return place.Invalid("not a role of a column");
  return static_cast<Role>(found - kRoleNames.begin());
}

base::Result<DateFormat> ParseDateFormat(const std::string& text, const YamlValue& place) {
  DateFormat format;
  format.text = text;
  const auto separator = std::find_if(text.begin(), text.end(),
                                      [](char c) { return c == '/' || c == '-' || c == '.'; });
  if (separator != text.end()) format.separator = *separator;
  std::string_view rest = text;
  unsigned seen = 0;
  for (DateFormat::Part& part : format.parts) {
    const std::string_view word = rest.substr(0, rest.find(format.separator));
    if (word == "year") part = DateFormat::Part::kYear;
    if (word == "month") part = DateFormat::Part::kMonth;
    if (word == "day") part = DateFormat::Part::kDay;
    if (word == "year" || word == "month" || word == "day") {
      seen |= 1U << static_cast<unsigned>(part);
    }
    rest.remove_prefix(std::min(rest.size(), word.size() + 1));
  }
  if (seen != 7 || !rest.empty()) {
    return place.Invalid(fmt::format("'{}' is not a date format such as month/day/year", text));
  }
  return format;
}

// Fills one SourceDescription, key by key.
class DescriptionParser {
 public:
  explicit DescriptionParser(const YamlValue& yaml) : yaml_(yaml) {}

  base::Result<SourceDescription> Parse() {
    GC_RETURN_IF_ERROR(
        yaml_.CheckKeys({"name", "title", "columns", "values", "required", "dates", "sources",
                         "event_types", "durations", "units", "skipped", "plausible", "refuse"}));
    GC_ASSIGN_OR_RETURN(description_.name, yaml_.StringAt("name"));
    GC_ASSIGN_OR_RETURN(description_.title, yaml_.StringAt("title"));
    GC_RETURN_IF_ERROR(Columns());
    GC_RETURN_IF_ERROR(Values());
    GC_RETURN_IF_ERROR(Required());
    GC_RETURN_IF_ERROR(Dates());
    GC_RETURN_IF_ERROR(Spellings("sources", kSources, description_.sources));
    GC_RETURN_IF_ERROR(Spellings("event_types", kEventTypes, description_.event_types));
    GC_RETURN_IF_ERROR(Durations());
    GC_RETURN_IF_ERROR(Spellings("units", kUnits, description_.units));
    GC_RETURN_IF_ERROR(Skipped());
    GC_RETURN_IF_ERROR(Plausible());
    GC_RETURN_IF_ERROR(Refuse());
    GC_RETURN_IF_ERROR(CheckThatRowsAreTold());
    return std::move(description_);
  }

 private:
  base::Result<std::vector<std::string>> Headers(const YamlValue& yaml) {
    GC_ASSIGN_OR_RETURN(std::vector<std::string> headers, yaml.AsStrings());
    if (headers.empty()) return yaml.Invalid("needs at least one header");
    for (std::string& header : headers) {
      header = NormalizeHeader(header);
      if (!seen_headers_.insert(header).second) {
        return yaml.Invalid(fmt::format("header '{}' is named twice", header));
      }
    }
    return headers;
  }

  base::Result<void> Columns() {
    GC_ASSIGN_OR_RETURN(const YamlValue* const columns, yaml_.At("columns"));
    for (const auto& [name, yaml] : columns->entries()) {
      GC_ASSIGN_OR_RETURN(const Role role, ParseRole(name, yaml));
      const auto index = static_cast<std::size_t>(role);
      GC_ASSIGN_OR_RETURN(description_.headers[index], Headers(yaml));
      GC_ASSIGN_OR_RETURN(const std::vector<std::string> titles, yaml.AsStrings());
      description_.header_titles[index] = fmt::format("'{}'", fmt::join(titles, "' or '"));
    }
    return {};
  }

  base::Result<void> Values() {
    GC_ASSIGN_OR_RETURN(const YamlValue* const values, yaml_.At("values"));
    for (const YamlValue& yaml : values->items()) {
      GC_RETURN_IF_ERROR(yaml.CheckKeys({"columns", "statistic", "parameter"}));
      ValueColumn column;
      GC_ASSIGN_OR_RETURN(const YamlValue* const headers, yaml.At("columns"));
      GC_ASSIGN_OR_RETURN(column.headers, Headers(*headers));
      GC_ASSIGN_OR_RETURN(const std::vector<std::string> titles, headers->AsStrings());
      GC_ASSIGN_OR_RETURN(const std::vector<std::string> statistics, yaml.StringsAt("statistic"));
      for (const std::string& name : statistics) {
        GC_ASSIGN_OR_RETURN(const Statistic statistic, Lookup(kStatistics, name, yaml));
        column.statistics.push_back(statistic);
      }
      if (const YamlValue* const parameter = yaml.Find("parameter"); parameter != nullptr) {
        GC_ASSIGN_OR_RETURN(column.parameter, ParameterCodeOf(*parameter));
      }
      description_.values.push_back(std::move(column));
      description_.value_titles.push_back(titles.front());
    }
    if (description_.values.empty()) return values->Invalid("needs at least one column");
    return {};
  }

  base::Result<void> Required() {
    GC_ASSIGN_OR_RETURN(const YamlValue* const required, yaml_.At("required"));
    for (const auto& [name, yaml] : required->entries()) {
      GC_ASSIGN_OR_RETURN(const Role role, ParseRole(name, yaml));
      if (description_.headers[static_cast<std::size_t>(role)].empty()) {
        return yaml.Invalid("required, but 'columns' names no header for it");
      }
      GC_ASSIGN_OR_RETURN(std::string why, yaml.AsString());
      description_.required.push_back({role, std::move(why)});
    }
    return {};
  }

  base::Result<void> Dates() {
    GC_ASSIGN_OR_RETURN(const YamlValue* const dates, yaml_.At("dates"));
    GC_ASSIGN_OR_RETURN(const std::vector<std::string> texts, dates->AsStrings());
    for (const std::string& text : texts) {
      GC_ASSIGN_OR_RETURN(DateFormat format, ParseDateFormat(text, *dates));
      description_.dates.push_back(std::move(format));
    }
    if (description_.dates.empty()) return dates->Invalid("needs at least one date format");
    return {};
  }

  // "VALUE: [spelling, spelling]" turned round.
  template <typename T, std::size_t N>
  base::Result<void> Spellings(std::string_view key, const Named<T> (&names)[N],
                               std::map<std::string, T, std::less<>>& spellings) {
    const YamlValue* const section = yaml_.Find(key);
    if (section == nullptr) return {};
    for (const auto& [name, yaml] : section->entries()) {
      GC_ASSIGN_OR_RETURN(const T value, Lookup(names, name, yaml));
      GC_ASSIGN_OR_RETURN(const std::vector<std::string> texts, yaml.AsStrings());
      for (const std::string& text : texts) {
        if (!spellings.emplace(NormalizeText(text), value).second) {
          return yaml.Invalid(fmt::format("'{}' is spelt twice", text));
        }
      }
    }
    return {};
  }

  base::Result<void> Durations() {
    const YamlValue* const durations = yaml_.Find("durations");
    if (durations == nullptr) return {};
    for (const auto& [name, yaml] : durations->entries()) {
      GC_RETURN_IF_ERROR(yaml.CheckKeys({"statistic", "monitor"}));
      DurationRule rule;
      GC_ASSIGN_OR_RETURN(const std::string statistic, yaml.StringAt("statistic"));
      GC_ASSIGN_OR_RETURN(rule.statistic, Lookup(kStatistics, statistic, yaml));
      if (yaml.Find("monitor") != nullptr) {
        GC_ASSIGN_OR_RETURN(const std::string monitor, yaml.StringAt("monitor"));
        GC_ASSIGN_OR_RETURN(rule.monitor, Lookup(kMonitors, monitor, yaml));
      }
      description_.durations.emplace(NormalizeText(name), rule);
    }
    return {};
  }

  base::Result<void> Skipped() {
    const YamlValue* const skipped = yaml_.Find("skipped");
    if (skipped == nullptr) return {};
    for (const auto& [label, yaml] : skipped->entries()) {
      for (const YamlValue& item : yaml.items()) {
        GC_ASSIGN_OR_RETURN(const airquality::ParameterCode code, ParameterCodeOf(item));
        description_.skipped.emplace(code, label);
      }
    }
    return {};
  }

  base::Result<void> Plausible() {
    GC_ASSIGN_OR_RETURN(const YamlValue* const plausible, yaml_.At("plausible"));
    for (const airquality::Pollutant pollutant : airquality::kPollutants) {
      GC_ASSIGN_OR_RETURN(const YamlValue* const range, plausible->At(Name(pollutant)));
      if (range->items().size() != 2) return range->Invalid("expected [low, high]");
      GC_ASSIGN_OR_RETURN(const double low, range->items()[0].AsDouble());
      GC_ASSIGN_OR_RETURN(const double high, range->items()[1].AsDouble());
      if (!(low < high) || std::max(-low, high) > 1e12) {
        return range->Invalid("expected [low, high] with low < high");
      }
      description_.plausible[static_cast<std::size_t>(Index(pollutant))] = {
          airquality::Concentration::FromDouble(low), airquality::Concentration::FromDouble(high)};
    }
    return {};
  }

  base::Result<void> Refuse() {
    GC_ASSIGN_OR_RETURN(const YamlValue* const refuse, yaml_.At("refuse"));
    GC_RETURN_IF_ERROR(refuse->CheckKeys({"fractional_aqi_share"}));
    GC_ASSIGN_OR_RETURN(description_.fractional_aqi_share,
                        refuse->DoubleAt("fractional_aqi_share"));
    return {};
  }

  bool IsRequired(Role role) const {
    return std::any_of(description_.required.begin(), description_.required.end(),
                       [role](const RequiredRole& required) { return required.role == role; });
  }

  // Every row has to tell its day, place, parameter and statistic.
  base::Result<void> CheckThatRowsAreTold() {
    const YamlValue& required = *yaml_.Find("required");
    if (!IsRequired(Role::kDate)) return required.Invalid("a date has to be required");
    if (!IsRequired(Role::kSiteId) &&
        !(IsRequired(Role::kStateCode) && IsRequired(Role::kCountyCode) &&
          IsRequired(Role::kSiteNumber))) {
      return required.Invalid("site_id, or its three parts, have to be required");
    }
    const bool by_duration = !description_.durations.empty();
    if (by_duration && !IsRequired(Role::kDuration)) {
      return required.Invalid("'durations' needs the duration to be required");
    }
    for (const ValueColumn& column : description_.values) {
      if (!column.parameter && !IsRequired(Role::kParameter)) {
        return required.Invalid("a value column without a parameter needs it to be required");
      }
      if (column.statistics.empty() || (!by_duration && column.statistics.size() != 1)) {
        return required.Invalid("without 'durations' a value column has one statistic");
      }
    }
    return {};
  }

  const YamlValue& yaml_;
  SourceDescription description_;
  std::set<std::string> seen_headers_;
};

char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

base::Result<std::vector<SourceDescription>> ParseAll(const std::vector<YamlValue>& documents) {
  std::vector<SourceDescription> sources;
  for (const YamlValue& document : documents) {
    GC_ASSIGN_OR_RETURN(SourceDescription source, ParseSourceDescription(document));
    sources.push_back(std::move(source));
  }
  return sources;
}

}  // namespace

std::string_view RoleName(Role role) {
  return kRoleNames[static_cast<std::size_t>(role)];
}

std::string NormalizeHeader(std::string_view text) {
  std::string normal;
  for (const char c : text) {
    if (c == '.' || c == '_' || c == '-' || c == ' ' || c == '\t') {
      if (!normal.empty() && normal.back() != ' ') normal += ' ';
    } else {
      normal += Lower(c);
    }
  }
  if (normal.ends_with(' ')) normal.pop_back();
  return normal;
}

std::string NormalizeText(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  std::string normal(text);
  std::transform(normal.begin(), normal.end(), normal.begin(), Lower);
  return normal;
}

base::Result<SourceDescription> ParseSourceDescription(const YamlValue& yaml) {
  return DescriptionParser(yaml).Parse();
}

base::Result<std::vector<SourceDescription>> BuiltInSources() {
  std::vector<YamlValue> documents;
  for (const EmbeddedSource& source : EmbeddedSources()) {
    GC_ASSIGN_OR_RETURN(YamlValue document, formats::ParseYaml(source.yaml, source.file_name));
    documents.push_back(std::move(document));
  }
  return ParseAll(documents);
}

base::Result<std::vector<YamlValue>> LoadYamlFolder(const std::filesystem::path& folder) {
  std::error_code status;
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder, status)) {
    if (entry.path().extension() == ".yaml") paths.push_back(entry.path());
  }
  if (status) return base::FromErrno(status.value(), fmt::format("open {}", folder.string()));
  if (paths.empty()) return base::NotFound(fmt::format("no *.yaml in {}", folder.string()));
  std::sort(paths.begin(), paths.end());
  std::vector<YamlValue> documents;
  for (const std::filesystem::path& path : paths) {
    GC_ASSIGN_OR_RETURN(YamlValue document, formats::LoadYaml(path));
    documents.push_back(std::move(document));
  }
  return documents;
}

base::Result<std::vector<SourceDescription>> LoadSources(const std::filesystem::path& folder) {
  GC_ASSIGN_OR_RETURN(const std::vector<YamlValue> documents, LoadYamlFolder(folder));
  return ParseAll(documents);
}

}  // namespace geoclimate::ingest
