#include "geoclimate/http_client/request.h"

#include <strings.h>

namespace geoclimate::http_client {

std::optional<std::string_view> Answer::Header(std::string_view name) const {
  for (const HeaderField& field : headers) {
    if (field.name.size() == name.size() &&
        ::strncasecmp(field.name.data(), name.data(), name.size()) == 0) {
      return field.value;
    }
  }
  return std::nullopt;
}

}  // namespace geoclimate::http_client
