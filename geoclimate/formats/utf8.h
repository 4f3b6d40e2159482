#pragma once

#include <cstddef>
#include <string_view>

namespace geoclimate::formats {

// Bytes of the well-formed UTF-8 sequence that `text`, which is not empty, begins with; 0 when
// there is none: overlong forms, surrogates, values past U+10FFFF, a sequence that is cut off
// (Unicode 15, table 3-7).
std::size_t Utf8SequenceSize(std::string_view text);

// Whether all of `text` is well-formed.
bool IsUtf8(std::string_view text);

}  // namespace geoclimate::formats
