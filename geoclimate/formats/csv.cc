#include "geoclimate/formats/csv.h"

#include <algorithm>
#include <cstring>

#include "geoclimate/base/check.h"
#include "geoclimate/formats/byte_scan.h"

namespace geoclimate::formats {
namespace {

// Large enough that reads are few, and no larger than a record may need at first.
std::size_t InitialCapacity(const CsvOptions& options) {
  constexpr std::size_t kLeast = 4096;
  constexpr std::size_t kMost = 256 * 1024;
  return std::clamp(options.max_record_bytes, kLeast, kMost);
}

std::uint64_t CountNewlines(std::string_view text) {
  std::uint64_t count = 0;
  const char* const end = text.data() + text.size();
  for (const char* at = text.data(); at < end; ++at, ++count) {
    at = static_cast<const char*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)));
    if (at == nullptr) break;
  }
  return count;
}

}  // namespace

std::string_view Describe(CsvFaultKind kind) {
  switch (kind) {
    case CsvFaultKind::kRecordTooLong:
      return "record too long";
    case CsvFaultKind::kTooManyFields:
      return "too many fields";
    case CsvFaultKind::kTextAfterQuote:
      return "text after a closing quote";
    case CsvFaultKind::kUnclosedQuote:
      return "quote never closed";
  }
  return "unknown";
}

CsvReader::CsvReader(ByteSource& source, CsvOptions options)
    : source_(source), options_(options), buffer_(InitialCapacity(options) + kScanPadding) {
  GC_CHECK(options_.max_record_bytes > 0 && options_.max_fields > 0, "a record needs some room");
}

base::Result<CsvEvent> CsvReader::Next() {
  begin_ = next_begin_;
  if (!started_) {
    started_ = true;
    while (end_ < 3 && !at_end_) GC_RETURN_IF_ERROR(Refill());
    DropByteOrderMark();
  }
  record_line_ = next_line_;
  while (true) {
    if (begin_ < end_) {
      switch (ScanRecord()) {
        case Scan::kDone:
          return CsvEvent::kRecord;
        case Scan::kFault:
          return SkipFaultyLine();
        case Scan::kNeedMore:
          break;
      }
    } else if (at_end_) {
      fields_.clear();
      text_ = {};
      return CsvEvent::kEnd;
    }
    GC_RETURN_IF_ERROR(Refill());
  }
}

void CsvReader::DropByteOrderMark() {
  if (std::string_view(buffer_.data(), end_).starts_with("\xef\xbb\xbf")) begin_ = next_begin_ = 3;
}

// Moves what is left to the front, doubles the buffer when it is more than half full of one record,
// and reads once.
base::Result<void> CsvReader::Refill() {
  const std::size_t left = end_ - begin_;
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, left);
    begin_ = next_begin_ = 0;
    end_ = left;
  }
  std::size_t capacity = buffer_.size() - kScanPadding;
  if (left > capacity / 2) {
    capacity *= 2;
    buffer_.resize(capacity + kScanPadding);
  }
  GC_ASSIGN_OR_RETURN(const std::size_t count,
                      source_.Read(std::span(buffer_).subspan(end_, capacity - end_)));
  end_ += count;
  at_end_ = count == 0;
  return {};
}

CsvReader::Scan CsvReader::Fault(CsvFaultKind kind) {
  fault_ = {kind, record_line_, static_cast<std::uint32_t>(fields_.size() + 1)};
  return Scan::kFault;
}

// From begin_, anew at each call: a record is rarely cut by the end of the buffer.
CsvReader::Scan CsvReader::ScanRecord() {
  fields_.clear();
  escaped_.clear();
  any_quoted_ = false;
  cursor_ = begin_;
  while (true) {
    if (fields_.size() == options_.max_fields) return Fault(CsvFaultKind::kTooManyFields);
    const bool quoted = cursor_ < end_ && buffer_[cursor_] == '"';
    if (quoted && TakeShortQuoted()) continue;
    const Scan scan = quoted ? ScanQuoted() : ScanUnquoted();
    if (scan != Scan::kDone) return scan;
    if (cursor_ == end_) return EndRecord(end_, end_);
    if (buffer_[cursor_] == '\n') return EndRecord(cursor_, cursor_ + 1);
    ++cursor_;  // the delimiter
  }
}

// The common case of ScanQuoted: a short field with a delimiter behind it, well within the buffer
// and the record. Takes it and the delimiter, or does nothing.
bool CsvReader::TakeShortQuoted() {
  const char* const content = buffer_.data() + cursor_ + 1;
  if (end_ - cursor_ < kShortField + 3) return false;
  const std::size_t length = FindInShort(content, '"');
  if (length == kShortField || content[length + 1] != options_.delimiter) return false;
  if (cursor_ + 1 + length - begin_ > options_.max_record_bytes) return false;
  any_quoted_ = true;
  fields_.emplace_back(content, length);
  cursor_ += length + 3;
  return true;
}

CsvReader::Scan CsvReader::ScanUnquoted() {
  const char* const data = buffer_.data();
  const char* const stop = FindEither(data + cursor_, data + end_, options_.delimiter, '\n');
  const auto stop_at = static_cast<std::size_t>(stop - data);
  if (stop_at - begin_ > options_.max_record_bytes) return Fault(CsvFaultKind::kRecordTooLong);
  if (stop_at == end_ && !at_end_) return Scan::kNeedMore;
  fields_.emplace_back(data + cursor_, stop_at - cursor_);
  cursor_ = stop_at;
  return Scan::kDone;
}

CsvReader::Scan CsvReader::ScanQuoted() {
  any_quoted_ = true;
  const char* const data = buffer_.data();
  const char* const end = data + end_;
  const char* const content = data + cursor_ + 1;
  const char* quote = content;
  bool escapes = false;
  while (true) {
    quote = FindByte(quote, end, '"');
    if (static_cast<std::size_t>(quote - data) - begin_ > options_.max_record_bytes) {
      return Fault(CsvFaultKind::kRecordTooLong);
    }
    // Whether a quote closes the field is told by the two bytes behind it.
    if (quote + 2 >= end && !at_end_) return Scan::kNeedMore;
    if (quote == end) return Fault(CsvFaultKind::kUnclosedQuote);
    if (quote + 1 == end || quote[1] != '"') break;
    escapes = true;
    quote += 2;
  }
  const char* after = quote + 1;
  if (after < end && *after == '\r' && (after + 1 == end || after[1] == '\n')) ++after;
  if (after < end && *after != options_.delimiter && *after != '\n') {
    return Fault(CsvFaultKind::kTextAfterQuote);
  }
  if (escapes) escaped_.push_back(static_cast<std::uint32_t>(fields_.size()));
  fields_.emplace_back(content, static_cast<std::size_t>(quote - content));
  cursor_ = static_cast<std::size_t>(after - data);
  return Scan::kDone;
}

CsvReader::Scan CsvReader::EndRecord(std::size_t end, std::size_t next) {
  const char* const data = buffer_.data();
  text_ = std::string_view(data + begin_, end - begin_);
  if (text_.ends_with('\r')) {
    text_.remove_suffix(1);
    // A quoted last field ends before its quote already.
    std::string_view& last = fields_.back();
    if (last.data() + last.size() == data + end) last.remove_suffix(1);
  }
  next_line_ = record_line_ + (next > end ? 1 : 0) + (any_quoted_ ? CountNewlines(text_) : 0);
  next_begin_ = next;
  if (!escaped_.empty()) UnescapeFields();
  return Scan::kDone;
}

void CsvReader::UnescapeFields() {
  // The views into `unescaped_` stay valid, because it has room for all of them from the start.
  std::size_t room = 0;
  for (const std::uint32_t index : escaped_) room += fields_[index].size();
  unescaped_.clear();
  unescaped_.reserve(room);
  for (const std::uint32_t index : escaped_) {
    const std::size_t from = unescaped_.size();
    const std::string_view field = fields_[index];
    for (std::size_t i = 0; i < field.size(); ++i) {
      unescaped_.push_back(field[i]);
      if (field[i] == '"') ++i;
    }
    fields_[index] = std::string_view(unescaped_).substr(from);
  }
}

// Leaves next_begin_ behind the first newline that follows begin_.
base::Result<CsvEvent> CsvReader::SkipFaultyLine() {
  fields_.clear();
  std::size_t searched = begin_;
  // Of a line longer than a record may be, only this much is kept.
  const std::size_t head_bytes = std::min<std::size_t>(256, options_.max_record_bytes);
  std::string head;
  while (true) {
    const char* const data = buffer_.data();
    const char* const newline = FindByte(data + searched, data + end_, '\n');
    if (newline != data + end_ || at_end_) {
      const auto stop = static_cast<std::size_t>(newline - data);
      next_begin_ = std::min(stop + 1, end_);
      next_line_ = record_line_ + (stop < end_ ? 1 : 0);
      if (head.empty()) {
        text_ = std::string_view(data + begin_, std::min(stop - begin_, head_bytes));
      } else {
        unescaped_ = std::move(head);
        text_ = unescaped_;
      }
      if (text_.ends_with('\r')) text_.remove_suffix(1);
      return CsvEvent::kFault;
    }
    if (end_ - begin_ > options_.max_record_bytes) {
      if (head.empty()) head.assign(data + begin_, head_bytes);
      begin_ = end_;
    }
    const std::size_t kept = end_ - begin_;
    GC_RETURN_IF_ERROR(Refill());
    searched = begin_ + kept;
  }
}

void AppendCsvField(std::string& out, std::string_view field, char delimiter) {
  const bool plain = std::all_of(field.begin(), field.end(), [delimiter](char c) {
    return c != delimiter && c != '"' && c != '\n' && c != '\r';
  });
  if (plain) {
    out.append(field);
    return;
  }
  out.push_back('"');
  for (const char c : field) {
    out.push_back(c);
    if (c == '"') out.push_back('"');
  }
  out.push_back('"');
}

}  // namespace geoclimate::formats
