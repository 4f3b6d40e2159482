#include "apps/geoclimate/fetch_output.h"

#include <fmt/format.h>

#include "apps/geoclimate/progress.h"
#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/base/day.h"
#include "geoclimate/formats/json.h"

namespace geoclimate::app {
namespace {

std::uint64_t Rejected(const fetch::FetchReport& report) {
  std::uint64_t sum = 0;
  for (const auto& [reason, count] : report.rejected) sum += count;
  return sum;
}

std::string When(const ingest::ReportedIndex& index) {
  return fmt::format("{} {:02}:00 {}", base::FormatDay(index.day), index.hour, index.time_zone);
}

}  // namespace

std::string RenderFetchText(std::string_view source, const fetch::FetchReport& report) {
  std::string text = fmt::format("{}: {} requests, {} rows\n", source, report.requests,
                                 WithThousands(report.rows));
  const auto line = [&text](std::uint64_t count, std::string_view what) {
    text += fmt::format("  {:>11}  {}\n", WithThousands(count), what);
  };
  line(report.values.observations_new, "new");
  line(report.values.observations_replaced, "another value of a known measurement");
  line(report.values.observations_unchanged, "known already");
  line(report.days.observations_new, "new days, of their hours");
  line(report.days.observations_replaced, "days whose hours have changed");
  if (report.without_value > 0) line(report.without_value, "without a value");
  if (!report.rejected.empty()) line(Rejected(report), "rejected");
  for (const auto& [reason, count] : report.rejected) line(count, "  " + reason);
  if (!report.note.empty()) text += fmt::format("the service said: {}\n", report.note);
  text += report.complete_to
              ? fmt::format("complete to {}\n", base::FormatTimestamp(*report.complete_to))
              : std::string("there was nothing to fetch\n");
  return text;
}

std::string RenderFetchJson(std::string_view source, const fetch::FetchReport& report) {
  std::string text;
  formats::JsonWriter json(text);
  const auto count = [&json](std::string_view key, std::uint64_t value) {
    json.Key(key).Integer(static_cast<std::int64_t>(value));
  };
  json.BeginObject().Key("source").String(source);
  count("requests", report.requests);
  count("rows", report.rows);
  count("observations_new", report.values.observations_new);
  count("observations_replaced", report.values.observations_replaced);
  count("observations_unchanged", report.values.observations_unchanged);
  count("days_new", report.days.observations_new);
  count("days_replaced", report.days.observations_replaced);
  count("days_unchanged", report.days.observations_unchanged);
  count("without_value", report.without_value);
  count("rejected", Rejected(report));
  json.Key("rejects_by_reason").BeginObject();
  for (const auto& [reason, number] : report.rejected) count(reason, number);
  json.EndObject().Key("complete_to");
  if (report.complete_to) {
    json.String(base::FormatTimestamp(*report.complete_to));
  } else {
    json.Null();
  }
  json.Key("note").String(report.note).EndObject();
  return text + '\n';
}

std::string RenderReportsText(const ingest::ReportedIndexes& reports) {
  std::string text;
  for (const ingest::ReportedIndex& index : reports.indexes) {
    text += fmt::format("{:<6} {:>4}  {}  {}, {}\n", airquality::Name(index.pollutant),
                        index.aqi ? fmt::format("{}", *index.aqi) : "-", index.category, index.area,
                        When(index));
  }
  if (!reports.note.empty()) text += fmt::format("the service said: {}\n", reports.note);
  return text;
}

std::string RenderReportsJson(const ingest::ReportedIndexes& reports) {
  std::string text;
  formats::JsonWriter json(text);
  json.BeginArray();
  for (const ingest::ReportedIndex& index : reports.indexes) {
    json.BeginObject().Key("pollutant").String(airquality::Name(index.pollutant)).Key("aqi");
    if (index.aqi) {
      json.Integer(*index.aqi);
    } else {
      json.Null();
    }
    json.Key("category").String(index.category).Key("area").String(index.area);
    json.Key("date").String(base::FormatDay(index.day)).Key("hour").Integer(index.hour);
    json.Key("time_zone").String(index.time_zone).EndObject();
  }
  json.EndArray();
  return text + '\n';
}

}  // namespace geoclimate::app
