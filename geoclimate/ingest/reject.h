#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "geoclimate/formats/csv.h"

namespace geoclimate::ingest {

// Why a row was not taken.
enum class RejectReason : std::uint8_t {
  kRecordTooLong,    // a line, or a quoted field over several, longer than the reader takes
  kMalformedQuotes,  // text behind a closing quote, or a quote that is never closed
  kFieldCount,       // more or fewer fields than the header
  kBadEncoding,      // bytes that are not UTF-8 where a number or a known word should be
  kMissingField,     // a required field is empty
  kMissingValue,     // no concentration
  kBadDate,          // not in a date format of the file's family
  kImpossibleDate,   // a day that no calendar has, such as 30 February
  kBadSiteId,
  kBadPoc,
  kBadParameter,       // no AQS parameter code
  kUnknownParameter,   // a parameter without an AQI
  kParameterMismatch,  // the parameter's pollutant is not the one of the column's header
  kUnknownDuration,    // a sample duration without a rule
  kUnknownEventType,
  kUnknownSource,
  kUnknownUnit,
  kWrongUnit,         // a known unit, but not the pollutant's
  kBadValue,          // a concentration that is no finite number
  kImplausibleValue,  // beyond what any instrument gives
  kBadAqi,            // no number, or negative
  kFractionalAqi,     // EPA's are integers
  kBadCount,          // an observation count that is no whole number
  kBadCompleteness,   // not a percentage
  kBadCoordinates,
};
inline constexpr std::size_t kRejectReasonCount = 25;

// As reports spell it, "impossible_date".
std::string_view ReasonName(RejectReason reason);

using RejectCounts = std::array<std::uint64_t, kRejectReasonCount>;

// A row that was not taken. The file is the one that is being read.
struct RejectedRow {
  std::uint64_t line = 0;    // where the row begins; the header is mostly line 1
  std::uint32_t column = 0;  // number of the field at fault, from 1; 0 when it is the row itself
  RejectReason reason = RejectReason::kFieldCount;
  std::string detail;  // "date '02/30/2019' does not exist"
  std::string text;    // the head of the row as it stands in the file, made valid UTF-8
};

// The row that `csv` reads, rejected: for its last fault, or for the last record with what the
// caller says of it (column, reason and detail of `why`).
RejectedRow RejectFault(const formats::CsvReader& csv);
RejectedRow RejectRecord(const formats::CsvReader& csv, RejectedRow why);

}  // namespace geoclimate::ingest
