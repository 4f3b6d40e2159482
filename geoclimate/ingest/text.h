#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace geoclimate::ingest {

// The first `max_bytes` of `text` at most, cut between characters; bytes that are not UTF-8 become
// U+FFFD, control characters blanks.
std::string Readable(std::string_view text, std::size_t max_bytes);

// Without blanks around.
std::string_view Trim(std::string_view text);

}  // namespace geoclimate::ingest
