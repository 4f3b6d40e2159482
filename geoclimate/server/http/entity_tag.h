#pragma once

#include <string_view>

namespace geoclimate::server::http {

// Whether If-None-Match's `list` names `etag`, by weak comparison (RFC 9110, 13.1.2). A tag of the
// list may carry the
// "-gzip" that this server puts on compressed variants.
bool ListNamesTag(std::string_view list, std::string_view etag);

}  // namespace geoclimate::server::http
