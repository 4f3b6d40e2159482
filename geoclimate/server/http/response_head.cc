#include "geoclimate/server/http/response_head.h"

#include <algorithm>
#include <charconv>

namespace geoclimate::server::http {
namespace {

struct Phrase {
  int status;
  std::string_view line;
};

constexpr Phrase kPhrases[] = {
    {200, "OK"},
    {304, "Not Modified"},
    {422, "Unprocessable Entity"},
    {404, "Not Found"},
    {202, "Accepted"},
    {204, "No Content"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {499, "Client Closed Request"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

// Writes into memory that was reserved for the longest head.
class Writer {
 public:
  explicit Writer(char* at) : at_(at) {}

  Writer& Text(std::string_view text) {
    at_ = std::copy(text.begin(), text.end(), at_);
    return *this;
  }
  Writer& Number(std::size_t value) {
    at_ = std::to_chars(at_, at_ + 20, value).ptr;
    return *this;
  }
  // "0.000123": seconds, to the microsecond.
  Writer& Seconds(std::chrono::nanoseconds time) {
    const auto micros = static_cast<std::uint64_t>(std::max<std::int64_t>(0, time.count()) / 1000);
    Number(micros / 1'000'000);
    std::uint64_t fraction = micros % 1'000'000;
    at_[0] = '.';
    for (int i = 6; i >= 1; --i) {
      at_[i] = static_cast<char>('0' + fraction % 10);
      fraction /= 10;
    }
    at_ += 7;
    return *this;
  }
  Writer& Field(std::string_view name, std::string_view value) {
    if (value.empty()) return *this;
    return Text(name).Text(value).Text("\r\n");
  }

  char* at() const { return at_; }

 private:
  char* at_;
};

void WriteTag(Writer& out, std::string_view etag, bool gzip) {
  if (etag.empty()) return;
  if (gzip && etag.ends_with('"')) {
    out.Text("ETag: ").Text(etag.substr(0, etag.size() - 1)).Text("-gzip\"\r\n");
  } else {
    out.Field("ETag: ", etag);
  }
}

}  // namespace

std::string_view ReasonPhrase(int status) {
  for (const Phrase& phrase : kPhrases) {
    if (phrase.status == status) return phrase.line;
  }
  return "Status";
}

std::string_view DateText::At(base::Timestamp now) {
  const auto second = std::chrono::floor<std::chrono::seconds>(now);
  if (second.time_since_epoch().count() == second_) return {text_.data(), text_.size()};
  second_ = second.time_since_epoch().count();
  const auto day = std::chrono::floor<std::chrono::days>(second);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(second - day);
  constexpr std::string_view kDays = "SunMonTueWedThuFriSat";
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const auto digits = [&](std::size_t at, std::int64_t value, std::size_t count) {
    for (std::size_t i = count; i > 0; --i, value /= 10) {
      text_[at + i - 1] = static_cast<char>('0' + value % 10);
    }
  };
  const auto copy = [&](std::size_t at, std::string_view text) {
    std::copy(text.begin(), text.end(), text_.begin() + static_cast<std::ptrdiff_t>(at));
  };
  copy(0, "Day, 00 Mon 0000 00:00:00 GMT");
  copy(0, kDays.substr(std::chrono::weekday(day).c_encoding() * 3, 3));
  digits(5, static_cast<unsigned>(date.day()), 2);
  copy(8, kMonths.substr((static_cast<unsigned>(date.month()) - 1) * 3, 3));
  digits(12, static_cast<int>(date.year()), 4);
  digits(17, time.hours().count(), 2);
  digits(20, time.minutes().count(), 2);
  digits(23, time.seconds().count(), 2);
  return {text_.data(), text_.size()};
}

void AppendHead(ByteBuffer& out, const ResponseHead& head) {
  constexpr std::size_t kFixedText = 1024;
  const std::size_t longest = kFixedText + head.content_type.size() + head.request_id.size() +
                              head.etag.size() + head.traceparent.size() + head.cors_origin.size() +
                              head.more.size();
  char* const start = out.Reserve(longest);
  Writer text(start);
  text.Text("HTTP/1.1 ").Number(static_cast<std::size_t>(head.status)).Text(" ");
  text.Text(ReasonPhrase(head.status)).Text("\r\n");
  text.Field("Content-Type: ", head.content_type);
  if (head.framing == ResponseHead::Framing::kLength) {
    text.Text("Content-Length: ").Number(head.content_length).Text("\r\n");
  } else if (head.framing == ResponseHead::Framing::kChunked) {
    text.Text("Transfer-Encoding: chunked\r\n");
  }
  text.Field("Date: ", head.date);
  text.Field("X-Request-Id: ", head.request_id);
  text.Text("X-Process-Time: ").Seconds(head.process_time).Text("\r\n");
  WriteTag(text, head.etag, head.gzip);
  if (head.gzip) text.Text("Content-Encoding: gzip\r\n");
  if (head.varies_by_encoding) text.Text("Vary: Accept-Encoding\r\n");
  if (!head.cors_origin.empty()) {
    text.Field("Access-Control-Allow-Origin: ", head.cors_origin).Text("Vary: Origin\r\n");
  }
  text.Field("traceparent: ", head.traceparent);
  constexpr int kTooManyRequests = 429;
  if (head.status == kTooManyRequests) {
    const auto wait = std::max<std::int64_t>(1, head.standing.retry_after.count());
    text.Text("Retry-After: ").Number(static_cast<std::size_t>(wait)).Text("\r\n");
  }
  if (head.standing.limited) {
    text.Text("X-RateLimit-Limit: ").Number(head.standing.limit);
    text.Text("\r\nX-RateLimit-Remaining: ").Number(head.standing.remaining);
    text.Text("\r\nX-RateLimit-Reset: ");
    text.Number(static_cast<std::size_t>(head.standing.reset.count())).Text("\r\n");
  }
  if (head.connection == ResponseHead::Connection::kClose) {
    text.Text("Connection: close\r\n");
  } else if (head.connection == ResponseHead::Connection::kKeepAlive) {
    text.Text("Connection: keep-alive\r\n");
  }
  text.Text(head.more).Text("\r\n");
  out.Commit(static_cast<std::size_t>(text.at() - start));
}

}  // namespace geoclimate::server::http
