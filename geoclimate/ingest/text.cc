#include "geoclimate/ingest/text.h"

#include <cstddef>

#include "geoclimate/formats/utf8.h"

namespace geoclimate::ingest {
std::string Readable(std::string_view text, std::size_t max_bytes) {
  std::string readable;
  while (!text.empty()) {
    const std::size_t length = formats::Utf8SequenceSize(text);
    const bool control =
        length == 1 && (static_cast<unsigned char>(text[0]) < 0x20 || text[0] == 0x7F);
    const std::string_view character = length == 0 ? "\xEF\xBF\xBD"
                                       : control   ? " "
                                                   : text.substr(0, length);
    if (readable.size() + character.size() > max_bytes) break;
    readable += character;
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return readable;
}

}  // namespace geoclimate::ingest
