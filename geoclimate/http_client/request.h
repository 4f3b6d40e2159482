#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/base/deadline.h"
#include "geoclimate/base/result.h"
#include "geoclimate/formats/byte_source.h"

namespace geoclimate::http_client {

struct HeaderField {
  std::string name;
  std::string value;
};

// Where a request may go.
enum class Destination : std::uint8_t {
  kAnywhere,  // for addresses that the operator has set
  // For addresses that a caller has given: only what HttpClientOptions::may_reach allows. The name
  // is resolved once; the request is refused (kPermissionDenied) when any of its addresses is not
  // allowed, and only these addresses are connected to, on a connection of its own.
  kGuarded,
};

// What encodings of the body are asked for and undone.
enum class Encoding : std::uint8_t { kIdentity, kCompressed };

// Takes the pieces of a body as they come; an error ends the transfer and is what Send() returns.
using BodySink = std::function<base::Result<void>(std::string_view piece)>;

struct Request {
  std::string method = "GET";
  // http or https, without credentials, its path and query sent as they are. Errors name it without
  // its query, which may hold keys.
  std::string url;
  // A field with an empty value is sent empty. Host, Content-Length and Connection follow from the
  // rest.
  std::vector<HeaderField> headers = {};

  // The body: bytes that outlive the call; or a source of `source_bytes` bytes, of unknown length
  // (chunked) when there is none.
  std::string_view body = {};
  formats::ByteSource* source = nullptr;
  std::optional<std::uint64_t> source_bytes = std::nullopt;

  // Of the answer's body, after it is decoded; more is kOutOfRange.
  std::size_t max_answer_bytes = std::size_t{16} << 20;
  Encoding encoding = Encoding::kIdentity;
  // Gets the body of an answer with a status from 200 to 299 instead of Answer::body.
  BodySink sink = nullptr;

  base::Deadline deadline = base::Deadline::Never();
  // Ends the request within about a second: kCancelled.
  std::stop_token stop = {};
  Destination destination = Destination::kAnywhere;
};

struct Answer {
  int status = 0;
  // How often the request went out; more than once where a kept connection was closed before a byte
  // of the answer came. The server may have carried it out each time.
  int times_sent = 0;
  std::vector<HeaderField> headers;  // in the order that they came in
  std::string body;

  // The value of the first field of that name, in any case; nothing when there is none.
  std::optional<std::string_view> Header(std::string_view name) const;
};

}  // namespace geoclimate::http_client
