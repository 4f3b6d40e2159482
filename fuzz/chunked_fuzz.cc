// A chunked body: any bytes as its encoding, whole and in pieces; and any bytes as its content, cut
// into chunks.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "geoclimate/base/check.h"
#include "geoclimate/server/http/byte_buffer.h"
#include "geoclimate/server/http/request_parser.h"

namespace {

using geoclimate::server::http::ByteBuffer;
using geoclimate::server::http::RequestParser;
using Progress = RequestParser::Progress;

constexpr std::string_view kHead =
    "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
constexpr std::size_t kMaxHeader = 1024;
constexpr std::size_t kMaxBody = 4096;

struct Decoded {
  Progress progress = Progress::kNeedMore;
  std::string body;
  // A line or trailers that are over the limit are refused while they are waited for, and taken
  // when they are there.
  bool over_limit = false;
};

Decoded Decode(std::string_view chunks, std::size_t piece) {
  RequestParser parser(kMaxHeader);
  std::string message(kHead);
  GC_CHECK(parser.ParseHead(message) == Progress::kDone, "the header is well formed");
  ByteBuffer body;
  Decoded decoded;
  while (!chunks.empty() && decoded.progress == Progress::kNeedMore) {
    const std::size_t count = std::min(piece, chunks.size());
    message += chunks.substr(0, count);
    chunks.remove_prefix(count);
    decoded.progress = parser.ParseChunks(message, body, kMaxBody);
    message.erase(kHead.size(), parser.ForgetChunks());
    GC_CHECK(body.size() <= kMaxBody, "the limit holds");
  }
  decoded.over_limit = decoded.progress == Progress::kRefused && parser.status() == 431;
  // How much of a refused body had been taken depends on the pieces.
  if (decoded.progress != Progress::kRefused) decoded.body = body.bytes();
  return decoded;
}

std::string Cut(std::string_view content, std::uint8_t seed) {
  std::string chunks;
  while (!content.empty()) {
    const std::size_t size = std::min<std::size_t>(1 + seed % 61, content.size());
    char line[32];
    std::snprintf(line, sizeof line, "%zx;e=\"%d\"\r\n", size, seed);
    chunks += line;
    chunks += content.substr(0, size);
    chunks += "\r\n";
    content.remove_prefix(size);
    seed = static_cast<std::uint8_t>(seed * 5 + 1);
  }
  return chunks + "0\r\n\r\n";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::size_t piece = size == 0 ? 1 : 1 + data[0] % 5;
  const Decoded whole = Decode(bytes, std::max<std::size_t>(size, 1));
  const Decoded pieces = Decode(bytes, piece);
  GC_CHECK(pieces.over_limit || (whole.progress == pieces.progress && whole.body == pieces.body),
           "how the bytes arrive changes nothing");
  const std::string_view content = bytes.substr(0, kMaxBody);
  const Decoded cut = Decode(Cut(content, static_cast<std::uint8_t>(size)), piece * 3);
  GC_CHECK(cut.progress == Progress::kDone && cut.body == content, "content comes through");
  return 0;
}
