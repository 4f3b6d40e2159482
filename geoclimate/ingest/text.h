#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace geoclimate::ingest {

// The first `max_bytes` of `text` at most, cut between characters; bytes that are not UTF-8 become
// U+FFFD, control characters blanks.
std::string Readable(std::string_view text, std::size_t max_bytes);

// Without blanks and tabs around. Inline: nearly every field is looked at, and nearly none has any.
inline std::string_view Trim(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace geoclimate::ingest
