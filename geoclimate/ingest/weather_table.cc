#include "geoclimate/ingest/weather_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string_view>
#include <utility>

#include "geoclimate/ingest/embedded_sources.h"
#include "geoclimate/ingest/source_description.h"

namespace geoclimate::ingest {
namespace {

using airquality::DailyReduction;
using airquality::WeatherVariable;
using formats::YamlValue;

constexpr std::array<std::string_view, kWeatherRoleCount> kRoles = {"site_id", "latitude",
                                                                    "longitude", "issued", "valid"};

constexpr std::array<std::pair<std::string_view, DailyReduction>, 5> kReductions = {
    {{"mean", DailyReduction::kMean},
     {"max", DailyReduction::kMax},
     {"min", DailyReduction::kMin},
     {"sum", DailyReduction::kSum},
     {"direction", DailyReduction::kDirection}}};

class TableParser {
 public:
  base::Result<WeatherTable> Parse(std::span<const YamlValue> documents) {
    for (const YamlValue& document : documents) {
      GC_RETURN_IF_ERROR(document.CheckKeys({"columns", "variables"}));
      if (const YamlValue* const columns = document.Find("columns"); columns != nullptr) {
        GC_RETURN_IF_ERROR(Columns(*columns));
      }
      GC_ASSIGN_OR_RETURN(const YamlValue* const variables, document.At("variables"));
      for (const auto& [name, yaml] : variables->entries()) {
        GC_RETURN_IF_ERROR(Variable(name, yaml));
      }
    }
    for (std::size_t role = 0; role < kWeatherRoleCount; ++role) {
      if (!table_.headers[role].empty()) continue;
      return base::InvalidArgument(
          fmt::format("no table of the weather names a header for '{}'", kRoles[role]));
    }
    return std::move(table_);
  }

 private:
  base::Result<std::string> Header(std::string_view text, const YamlValue& place) {
    std::string header = NormalizeHeader(text);
    if (!seen_headers_.insert(header).second) {
      return place.Invalid(fmt::format("header '{}' is named twice", header));
    }
    return header;
  }

  base::Result<void> Columns(const YamlValue& columns) {
    for (const auto& [name, yaml] : columns.entries()) {
      const auto* const role = std::ranges::find(kRoles, name);
      if (role == kRoles.end()) return yaml.Invalid("not a role of a column");
      GC_ASSIGN_OR_RETURN(const std::vector<std::string> headers, yaml.AsStrings());
      for (const std::string& text : headers) {
        GC_ASSIGN_OR_RETURN(std::string header, Header(text, yaml));
        table_.headers[static_cast<std::size_t>(role - kRoles.begin())].push_back(
            std::move(header));
      }
    }
    return {};
  }

  base::Result<void> Variable(const std::string& name, const YamlValue& yaml) {
    GC_RETURN_IF_ERROR(yaml.CheckKeys({"unit", "daily", "plausible"}));
    GC_ASSIGN_OR_RETURN(std::string header, Header(name, yaml));
    WeatherVariable variable{.name = name, .unit = {}};
    GC_ASSIGN_OR_RETURN(variable.unit, yaml.StringAt("unit"));
    GC_ASSIGN_OR_RETURN(const std::string daily, yaml.StringAt("daily"));
    const auto* const reduction =
        std::ranges::find(kReductions, daily, [](const auto& entry) { return entry.first; });
    if (reduction == kReductions.end()) {
      return yaml.Invalid(
          fmt::format("daily '{}' is none of mean, max, min, sum, direction", daily));
    }
    variable.daily = reduction->second;
    GC_ASSIGN_OR_RETURN(const YamlValue* const plausible, yaml.At("plausible"));
    if (plausible->items().size() != 2) return plausible->Invalid("expected [low, high]");
    GC_ASSIGN_OR_RETURN(const double low, plausible->items()[0].AsDouble());
    GC_ASSIGN_OR_RETURN(const double high, plausible->items()[1].AsDouble());
    if (!(low < high) || std::max(std::abs(low), std::abs(high)) > 1e12) {
      return plausible->Invalid("expected [low, high] with low < high");
    }
    if (variable.daily == DailyReduction::kDirection && (low < 0 || high > 360)) {
      return plausible->Invalid("a direction is within 0 to 360 degrees");
    }
    variable.min = static_cast<float>(low);
    variable.max = static_cast<float>(high);
    table_.variables.push_back(std::move(variable));
    table_.variable_headers.push_back(std::move(header));
    return {};
  }

  WeatherTable table_;
  std::set<std::string> seen_headers_;
};

}  // namespace

base::Result<WeatherTable> ParseWeatherTable(std::span<const YamlValue> documents) {
  return TableParser().Parse(documents);
}

base::Result<WeatherTable> BuiltInWeatherTable() {
  std::vector<YamlValue> documents;
  for (const EmbeddedSource& source : EmbeddedWeatherTables()) {
    GC_ASSIGN_OR_RETURN(YamlValue document, formats::ParseYaml(source.yaml, source.file_name));
    documents.push_back(std::move(document));
  }
  return ParseWeatherTable(documents);
}

base::Result<WeatherTable> LoadWeatherTable(const std::filesystem::path& folder) {
  GC_ASSIGN_OR_RETURN(const std::vector<YamlValue> documents, LoadYamlFolder(folder));
  return ParseWeatherTable(documents);
}

}  // namespace geoclimate::ingest
