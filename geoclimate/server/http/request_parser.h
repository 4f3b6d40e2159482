#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "geoclimate/server/http/byte_buffer.h"
#include "geoclimate/server/http/method.h"

namespace geoclimate::server::http {

// A part of a message by its place, so that it survives a move of the buffer.
struct TextRange {
  std::uint32_t offset = 0;
  std::uint32_t length = 0;

  std::string_view In(const char* message) const { return {message + offset, length}; }
};

// The fields that the server itself looks at.
enum class KnownField : std::uint8_t {
  kHost,
  kOrigin,
  kExpect,
  kContentType,
  kContentEncoding,
  kAcceptEncoding,
  kAuthorization,
  kApiKey,
  kRequestId,
  kRequestTimeout,
  kTraceparent,
  kForwarded,        // Forwarded, X-Forwarded-*, X-Real-IP: the first of them
  kPreflightMethod,  // Access-Control-Request-Method
};
inline constexpr std::size_t kKnownFieldCount = 13;

// The header of a request. Ranges count from the message's first byte.
struct RequestHead {
  static constexpr std::size_t kMaxFields = 96;
  struct Field {
    TextRange name;
    TextRange value;
  };

  std::optional<Method> method;  // nothing: one that no route can have
  TextRange target;
  int minor_version = 1;  // of HTTP/1.x
  bool keep_alive = true;
  bool chunked = false;
  bool has_content_length = false;
  std::uint64_t content_length = 0;
  std::size_t bytes = 0;  // of request line and fields, with the empty line
  std::size_t field_count = 0;
  std::array<Field, kMaxFields> fields;
  // Index into fields, or -1; the first where a field is repeated.
  std::array<std::int16_t, kKnownFieldCount> known;

  std::string_view Value(KnownField field, const char* message) const {
    const auto index = known[static_cast<std::size_t>(field)];
    return index < 0 ? std::string_view()
                     : fields[static_cast<std::size_t>(index)].value.In(message);
  }
  bool Has(KnownField field) const { return known[static_cast<std::size_t>(field)] >= 0; }
};

// Reads one HTTP/1.1 request at a time (RFC 9112) out of a buffer that fills bit by bit, and
// refuses what two parsers could read in two ways: Content-Length beside Transfer-Encoding or twice
// or as a list, a transfer coding other than "chunked" alone, line folding, a bare LF, spaces
// before the colon, more than one Host, none in HTTP/1.1.
//
// Not thread-safe. Allocates nothing after its construction.
class RequestParser {
 public:
  enum class Progress : std::uint8_t { kNeedMore, kDone, kRefused };

  explicit RequestParser(std::size_t max_header_bytes);
  ~RequestParser();

  // Forgets the request before.
  void Start();

  // `message` is all that has arrived from the request's first byte on: the same bytes as at the
  // last call, and more.
  Progress ParseHead(std::string_view message);
  // Valid after ParseHead() returned kDone.
  const RequestHead& head() const;

  // For a chunked body, after ParseHead(): `message` as there. Appends the data of complete and
  // partial chunks to `body`; refused with status 413 when it would get longer than
  // `max_body_bytes`.
  Progress ParseChunks(std::string_view message, ByteBuffer& body, std::size_t max_body_bytes);
  // How many bytes of chunks, behind the header, are parsed and need not be kept: the caller takes
  // them out of the message and the parser counts on that.
  std::size_t ForgetChunks();

  // Why it was refused: 400, 413, 431, 501 or 505, and a sentence.
  int status() const;
  std::string_view reason() const;

 private:
  class Callbacks;
  Progress Put(std::string_view message);
  Progress Refuse(int status, std::string_view reason);
  bool HasBareLineFeed(std::string_view message);

  std::unique_ptr<Callbacks> callbacks_;
  std::size_t max_header_bytes_;
  std::size_t parsed_ = 0;
  std::size_t searched_ = 0;  // for a bare LF
};

}  // namespace geoclimate::server::http
