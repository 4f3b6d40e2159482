#include "apps/geoclimate/ingest_output.h"

#include <fmt/format.h>

#include "apps/geoclimate/progress.h"
#include "geoclimate/formats/json.h"

namespace geoclimate::app {
namespace {

using Seconds = std::chrono::duration<double>;

std::uint64_t RowsPerSecond(std::uint64_t rows, Seconds took) {
  return took.count() > 0 ? static_cast<std::uint64_t>(static_cast<double>(rows) / took.count())
                          : 0;
}

}  // namespace

std::string RenderIngestText(const ingest::IngestReport& report, Seconds took) {
  const ingest::RowCounts& rows = report.rows;
  std::string text = fmt::format("{} of {} files read: {} rows in {:.1f} s ({} rows/s)\n",
                                 report.files.size() - report.refused_files, report.files.size(),
                                 WithThousands(rows.rows), took.count(),
                                 WithThousands(RowsPerSecond(rows.rows, took)));
  const auto line = [&text](std::uint64_t count, std::string_view what) {
    text += fmt::format("  {:>11}  {}\n", WithThousands(count), what);
  };
  line(rows.observations, "observations");
  line(report.stored.observations_new, "new");
  line(report.stored.observations_replaced, "another value of a known measurement");
  line(report.stored.observations_unchanged, "known already");
  for (const auto& [name, count] : rows.skipped) line(count, fmt::format("skipped: {}", name));
  if (rows.blank_rows > 0) line(rows.blank_rows, "blank rows");
  if (rows.rejected > 0) line(rows.rejected, "rejected");
  for (std::size_t i = 0; i < ingest::kRejectReasonCount; ++i) {
    if (rows.rejected_by_reason[i] == 0) continue;
    line(rows.rejected_by_reason[i],
         fmt::format("  {}", ingest::ReasonName(static_cast<ingest::RejectReason>(i))));
  }
  return text;
}

std::string RenderIngestJson(const ingest::IngestReport& report, Seconds took) {
  const ingest::RowCounts& rows = report.rows;
  std::string text;
  formats::JsonWriter json(text);
  const auto count = [&json](std::string_view key, std::uint64_t value) {
    json.Key(key).Integer(static_cast<std::int64_t>(value));
  };
  json.BeginObject();
  count("files", report.files.size());
  count("refused_files", report.refused_files);
  count("rows_read", rows.rows);
  count("observations", rows.observations);
  count("observations_new", report.stored.observations_new);
  count("observations_replaced", report.stored.observations_replaced);
  count("observations_unchanged", report.stored.observations_unchanged);
  count("rejected", rows.rejected);
  json.Key("rejects_by_reason").BeginObject();
  for (std::size_t i = 0; i < ingest::kRejectReasonCount; ++i) {
    if (rows.rejected_by_reason[i] == 0) continue;
    count(ingest::ReasonName(static_cast<ingest::RejectReason>(i)), rows.rejected_by_reason[i]);
  }
  json.EndObject();
  json.Key("skipped").BeginObject();
  for (const auto& [name, skipped] : rows.skipped) count(name, skipped);
  json.EndObject();
  const auto lead = rows.skipped.find("lead");
  count("skipped_lead", lead == rows.skipped.end() ? 0 : lead->second);
  count("blank_rows", rows.blank_rows);
  json.Key("refused").BeginArray();
  for (const ingest::FileReport& file : report.files) {
    if (!file.refused) continue;
    json.BeginObject().Key("file").String(file.origin);
    json.Key("reason").String(file.refused->ToString()).EndObject();
  }
  json.EndArray();
  json.Key("seconds").Double(took.count());
  count("rows_per_second", RowsPerSecond(rows.rows, took));
  json.EndObject();
  text += '\n';
  return text;
}

}  // namespace geoclimate::app
