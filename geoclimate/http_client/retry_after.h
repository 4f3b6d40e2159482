#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "geoclimate/base/clock.h"

namespace geoclimate::http_client {

// How long from `now` a Retry-After field asks to wait: whole seconds, or a date as RFC 9110,
// section 5.6.7 prefers it, "Sun, 06 Nov 1994 08:49:37 GMT"; never below zero. Nothing for any
// other text.
std::optional<std::chrono::seconds> ParseRetryAfter(std::string_view text, base::Timestamp now);

}  // namespace geoclimate::http_client
