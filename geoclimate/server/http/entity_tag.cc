#include "geoclimate/server/http/entity_tag.h"

#include "geoclimate/server/http/ascii.h"

namespace geoclimate::server::http {
namespace {

// What stands between the quotes, without W/ and the mark of a compressed variant.
std::string_view Opaque(std::string_view tag) {
  if (tag.starts_with("W/")) tag.remove_prefix(2);
  if (tag.size() >= 2 && tag.front() == '"' && tag.back() == '"')
    tag = tag.substr(1, tag.size() - 2);
  if (tag.ends_with("-gzip")) tag.remove_suffix(5);
  return tag;
}

}  // namespace

bool ListNamesTag(std::string_view list, std::string_view etag) {
  if (Trim(list) == "*") return true;
  const std::string_view wanted = Opaque(etag);
  while (!list.empty()) {
    const std::string_view tag = TakeListElement(list);
    if (!tag.empty() && Opaque(tag) == wanted) return true;
  }
  return false;
}

}  // namespace geoclimate::server::http
