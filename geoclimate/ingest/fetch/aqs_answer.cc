#include "geoclimate/ingest/fetch/aqs_answer.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "geoclimate/formats/json.h"
#include "geoclimate/formats/json_cursor.h"
#include "geoclimate/ingest/column_map.h"
#include "geoclimate/ingest/fetch/flat_rows.h"
#include "geoclimate/ingest/row_parser.h"
#include "geoclimate/ingest/text.h"

namespace geoclimate::ingest {
namespace {

using formats::Json;

// A member of the answer and the column of the file that is the same.
struct Member {
  std::string_view name;
  std::string_view column;
};
constexpr std::array<Member, 20> kMembers = {{{"state_code", "State Code"},
                                              {"county_code", "County Code"},
                                              {"site_number", "Site Num"},
                                              {"parameter_code", "Parameter Code"},
                                              {"poc", "POC"},
                                              {"latitude", "Latitude"},
                                              {"longitude", "Longitude"},
                                              {"sample_duration", "Sample Duration"},
                                              {"date_local", "Date Local"},
                                              {"units_of_measure", "Units of Measure"},
                                              {"event_type", "Event Type"},
                                              {"observation_count", "Observation Count"},
                                              {"observation_percent", "Observation Percent"},
                                              {"arithmetic_mean", "Arithmetic Mean"},
                                              {"first_max_value", "1st Max Value"},
                                              {"aqi", "AQI"},
                                              {"local_site_name", "Local Site Name"},
                                              {"state", "State Name"},
                                              {"county", "County Name"},
                                              {"cbsa", "CBSA Name"}}};
constexpr std::size_t kEventType = 10;

// The API spells out what the files abbreviate.
std::string_view FileEventType(std::string_view text) {
  if (text == "No Events") return "None";
  if (text == "Events Included") return "Included";
  if (text == "Events Excluded" || text == "Concurred Events Excluded") return "Excluded";
  return text;
}

// What AQS says of its answer: an error, or a note.
base::Result<std::string> ReadHeader(std::string_view raw) {
  constexpr std::size_t kShown = 300;
  const auto document = formats::ParseJson(raw);
  if (!document.ok() || document->AsArray() == nullptr || document->AsArray()->empty()) {
    return base::DataLoss("AQS' answer has no header");
  }
  const Json& header = document->AsArray()->front();
  const auto status = header.StringAt("status");
  if (!status.ok()) return base::DataLoss("AQS' header: " + status.error().message());
  const std::string lower = NormalizeText(*status);
  if (lower == "success") return std::string();
  if (lower.starts_with("no data")) return Readable(*status, kShown);
  std::string said(*status);
  if (const Json* errors = header.Find("error");
      errors != nullptr && errors->AsArray() != nullptr) {
    for (const Json& error : *errors->AsArray()) {
      if (error.AsString() != nullptr) said += ": " + *error.AsString();
    }
  }
  const std::string shown = "AQS says: " + Readable(said, kShown);
  const std::string words = NormalizeText(said);
  const auto has = [&words](std::string_view word) {
    return words.find(word) != std::string::npos;
  };
  if (has("email") || has("key") || has("account")) {
    return base::Error(base::ErrorCode::kUnauthenticated, shown);
  }
  if (has("rate") || has("too many")) {
    return base::Error(base::ErrorCode::kResourceExhausted, shown);
  }
  return base::InvalidArgument(shown);
}

base::Result<ColumnMap> AirDataColumns(const SourceDescription& airdata) {
  std::vector<std::string_view> header;
  header.reserve(kMembers.size());
  for (const Member& member : kMembers) header.push_back(member.column);
  return MatchHeader({&airdata, 1}, header);
}

class RowReader {
 public:
  explicit RowReader(const ColumnMap& columns) : parser_(columns) {}

  void Add(std::span<const std::string> row) {
    ++values_.rows;
    record_.assign(row.begin(), row.end());
    record_[kEventType] = FileEventType(record_[kEventType]);
    switch (parser_.Parse(record_)) {
      case RowOutcome::kBlank:
      case RowOutcome::kSkipped:
        ++values_.without_value;
        return;
      case RowOutcome::kRejected:
        values_.Reject(parser_.rejected().reason);
        return;
      case RowOutcome::kObservation:
        break;
    }
    if (parser_.news_of_site() != nullptr) PutSite(*parser_.news_of_site());
    values_.observations.push_back(parser_.observation());
  }

  FetchedValues Finish() && { return std::move(values_); }

 private:
  // What is known of a site grows with its rows.
  void PutSite(const airquality::Site& site) {
    const auto known = std::find_if(values_.sites.begin(), values_.sites.end(),
                                    [&site](const auto& other) { return other.id == site.id; });
    if (known == values_.sites.end()) {
      values_.sites.push_back(site);
    } else {
      *known = site;
    }
  }

  RowParser parser_;
  std::vector<std::string_view> record_;
  FetchedValues values_;
};

}  // namespace

const SourceDescription* FindAirData(std::span<const SourceDescription> sources) {
  const auto found =
      std::find_if(sources.begin(), sources.end(),
                   [](const SourceDescription& source) { return source.name == "epa_airdata"; });
  return found == sources.end() ? nullptr : &*found;
}

base::Result<FetchedValues> ParseAqsDaily(std::string_view text, const SourceDescription& airdata) {
  GC_ASSIGN_OR_RETURN(const ColumnMap columns, AirDataColumns(airdata));
  std::vector<std::string_view> names;
  names.reserve(kMembers.size());
  for (const Member& member : kMembers) names.push_back(member.name);

  RowReader reader(columns);
  std::string header;
  formats::JsonCursor json(text);
  json.EnterObject();
  for (std::string_view key; json.NextKey(key);) {
    if (key == "Header") {
      header = json.SkipRawValue();
    } else if (key == "Data") {
      ReadFlatRows(json, names, [&reader](std::span<const std::string> row) { reader.Add(row); });
    } else {
      json.SkipValue();
    }
  }
  if (const auto done = json.Finish(); !done.ok()) {
    return base::DataLoss("AQS' answer is " + done.error().message());
  }
  GC_ASSIGN_OR_RETURN(std::string note, ReadHeader(header));
  FetchedValues values = std::move(reader).Finish();
  values.note = std::move(note);
  return values;
}

}  // namespace geoclimate::ingest
