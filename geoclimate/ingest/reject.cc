#include "geoclimate/ingest/reject.h"

#include <utility>

#include "geoclimate/ingest/text.h"

namespace geoclimate::ingest {
namespace {

constexpr std::array<std::string_view, kRejectReasonCount> kNames = {"record_too_long",
                                                                     "malformed_quotes",
                                                                     "field_count",
                                                                     "bad_encoding",
                                                                     "missing_field",
                                                                     "missing_value",
                                                                     "bad_date",
                                                                     "impossible_date",
                                                                     "bad_site_id",
                                                                     "bad_poc",
                                                                     "bad_parameter",
                                                                     "unknown_parameter",
                                                                     "parameter_mismatch",
                                                                     "unknown_duration",
                                                                     "unknown_event_type",
                                                                     "unknown_source",
                                                                     "unknown_unit",
                                                                     "wrong_unit",
                                                                     "bad_value",
                                                                     "implausible_value",
                                                                     "bad_aqi",
                                                                     "fractional_aqi",
                                                                     "bad_count",
                                                                     "bad_completeness",
                                                                     "bad_coordinates"};

constexpr std::size_t kShownRow = 200;

RejectReason ReasonOf(formats::CsvFaultKind kind) {
  switch (kind) {
    case formats::CsvFaultKind::kRecordTooLong:
      return RejectReason::kRecordTooLong;
    case formats::CsvFaultKind::kTooManyFields:
      return RejectReason::kFieldCount;
    case formats::CsvFaultKind::kTextAfterQuote:
    case formats::CsvFaultKind::kUnclosedQuote:
      break;
  }
  return RejectReason::kMalformedQuotes;
}

}  // namespace

std::string_view ReasonName(RejectReason reason) {
  return kNames[static_cast<std::size_t>(reason)];
}

RejectedRow RejectFault(const formats::CsvReader& csv) {
  const formats::CsvFault& fault = csv.fault();
  return {.line = fault.line,
          .column = fault.column,
          .reason = ReasonOf(fault.kind),
          .detail = std::string(formats::Describe(fault.kind)),
          .text = Readable(csv.text(), kShownRow)};
}

RejectedRow RejectRecord(const formats::CsvReader& csv, RejectedRow why) {
  why.line = csv.line();
  why.text = Readable(csv.text(), kShownRow);
  return why;
}

}  // namespace geoclimate::ingest
