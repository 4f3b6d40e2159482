// What a Redis server sends gives the same replies, or the same refusal, however it is cut into
// pieces.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "geoclimate/base/check.h"
#include "geoclimate/redis/reply_parser.h"

namespace {

using geoclimate::redis::Reply;
using geoclimate::redis::ReplyParser;

void Append(const Reply& reply, std::string& out) {
  out += static_cast<char>('0' + static_cast<int>(reply.type));
  out += std::to_string(reply.integer) + ";" + reply.text + ";";
  for (const Reply& element : reply.elements) Append(element, out);
}

// All replies up to the end or the refusal, as text.
std::string ParseInPieces(std::string_view bytes, std::size_t piece) {
  ReplyParser parser({.bytes = std::size_t{1} << 20, .elements = 1000});
  std::string out;
  while (!bytes.empty()) {
    const std::string_view head = bytes.substr(0, piece);
    bytes.remove_prefix(head.size());
    if (!parser.Feed(head).ok()) return out + "refused";
    while (true) {
      const auto reply = parser.Next();
      if (!reply.ok()) {
        GC_CHECK(!reply.error().message().empty(), "a refusal says why");
        return out + "refused";
      }
      if (!*reply) break;
      Append(**reply, out);
    }
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::string whole = ParseInPieces(bytes, size + 1);
  GC_CHECK(ParseInPieces(bytes, 1) == whole, "byte by byte as in one piece");
  GC_CHECK(ParseInPieces(bytes, 7) == whole, "seven by seven as in one piece");
  return 0;
}
