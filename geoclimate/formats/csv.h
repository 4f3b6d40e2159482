#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/base/result.h"
#include "geoclimate/formats/byte_source.h"

namespace geoclimate::formats {

struct CsvOptions {
  char delimiter = ',';
  // A record longer than this, quoted newlines included, is a fault. It bounds the reader's memory
  // to about four times as much. Larger takes longer lines.
  std::size_t max_record_bytes = 1 << 20;
  // A record with more fields is a fault.
  std::size_t max_fields = 4096;
};

enum class CsvFaultKind : std::uint8_t {
  kRecordTooLong,  // often for want of a closing quote
  kTooManyFields,
  kTextAfterQuote,  // "abc"d
  kUnclosedQuote,   // the input ends inside a quoted field
};

// What is wrong with a record that could not be taken apart.
struct CsvFault {
  CsvFaultKind kind;
  std::uint64_t line;    // where the record begins; the first line is 1
  std::uint32_t column;  // of the offending field; the first is 1
};
std::string_view Describe(CsvFaultKind kind);

enum class CsvEvent : std::uint8_t { kRecord, kFault, kEnd };

// Takes CSV (RFC 4180) apart in one pass of bounded memory: records end in LF or CRLF, the last one
// may end without; a field that begins with a quote ends with one and may hold delimiters, newlines
// and doubled quotes; a quote inside an unquoted field is itself. A byte order mark (UTF-8) at the
// start is dropped. Bytes are not interpreted otherwise: NUL and bytes that are not UTF-8 pass.
//
//   CsvReader csv(source);
//   while (true) {
//     GC_ASSIGN_OR_RETURN(const CsvEvent event, csv.Next());
//     if (event == CsvEvent::kEnd) break;
//     if (event == CsvEvent::kRecord) Use(csv.fields(), csv.line());
//   }
//
// After a fault reading goes on behind the first newline that follows the start of the faulty
// record, so that one stray quote costs one line, and every input is read in linear time. An empty
// line is a record of one empty field.
//
// Not thread-safe. `source` must outlive the reader.
class CsvReader {
 public:
  explicit CsvReader(ByteSource& source, CsvOptions options = {});

  // The next record or fault. Errors are the source's; after one, or after kEnd, do not call again.
  base::Result<CsvEvent> Next();

  // Of the last record; empty after a fault. The views are valid until Next() is called again.
  std::span<const std::string_view> fields() const { return fields_; }
  // Line on which the last record or fault begins.
  std::uint64_t line() const { return record_line_; }
  // Of the last fault.
  const CsvFault& fault() const { return fault_; }
  // The last record as it stands in the input, without its line end; after a fault, the head of its
  // first line (256 bytes, or max_record_bytes). Valid until Next() is called again.
  std::string_view text() const { return text_; }

 private:
  enum class Scan : std::uint8_t { kDone, kNeedMore, kFault };

  Scan ScanRecord();
  bool TakeShortQuoted();
  Scan ScanUnquoted();
  Scan ScanQuoted();
  Scan EndRecord(std::size_t end, std::size_t next);
  Scan Fault(CsvFaultKind kind);
  base::Result<void> Refill();
  base::Result<CsvEvent> SkipFaultyLine();
  void DropByteOrderMark();
  void UnescapeFields();

  ByteSource& source_;
  CsvOptions options_;
  // Input bytes [begin_, end_) of buffer_, which is kPadding bytes longer than its capacity so that
  // scanning may load past the end.
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool at_end_ = false;
  bool started_ = false;
  std::uint64_t next_line_ = 1;

  std::vector<std::string_view> fields_;
  std::vector<std::uint32_t> escaped_;  // fields that hold doubled quotes
  std::string unescaped_;
  bool any_quoted_ = false;
  std::size_t cursor_ = 0;  // where scanning is, between fields
  std::size_t next_begin_ = 0;
  std::string_view text_;
  std::uint64_t record_line_ = 0;
  CsvFault fault_{};
};

// Appends `field` to `out`, quoted when it holds a delimiter, a quote or a line end.
void AppendCsvField(std::string& out, std::string_view field, char delimiter = ',');

}  // namespace geoclimate::formats
