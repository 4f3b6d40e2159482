#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "geoclimate/access/rate_limit.h"
#include "geoclimate/base/clock.h"
#include "geoclimate/server/http/byte_buffer.h"

namespace geoclimate::server::http {

// The value of Date, rendered once a second. Not thread-safe.
class DateText {
 public:
  // "Tue, 24 Nov 2026 22:02:20 GMT"; valid until the next call.
  std::string_view At(base::Timestamp now);

 private:
  std::int64_t second_ = -1;
  std::array<char, 29> text_{};
};

// What stands in the head of an answer. Views live until AppendHead() returns.
struct ResponseHead {
  enum class Framing : std::uint8_t { kLength, kChunked, kNone };
  enum class Connection : std::uint8_t { kDefault, kKeepAlive, kClose };

  int status = 200;
  Framing framing = Framing::kLength;
  Connection connection = Connection::kDefault;
  std::size_t content_length = 0;
  std::string_view content_type;  // empty: none
  std::string_view request_id;
  std::chrono::nanoseconds process_time{0};
  std::string_view date;
  std::string_view etag;  // with its quotes; empty: none
  bool gzip = false;      // Content-Encoding, and marks the tag as that of the compressed variant
  bool varies_by_encoding = false;
  std::string_view traceparent;  // empty: none
  std::string_view cors_origin;  // empty: none
  access::Standing standing;     // X-RateLimit-*, when it is limited; Retry-After of a 429
  std::string_view more;         // complete lines
};

// The status line and all fields, with the empty line at the end.
void AppendHead(ByteBuffer& out, const ResponseHead& head);

// "Not Found".
std::string_view ReasonPhrase(int status);

}  // namespace geoclimate::server::http
