#include "geoclimate/fetch/query.h"

namespace geoclimate::fetch {
namespace {

// Unreserved characters, and those that a query may hold as they are and that services write so.
bool IsPlain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-._~,:/").find(c) != std::string_view::npos;
}

}  // namespace

Query& Query::Add(std::string_view name, std::string_view value) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  url_ += next_;
  next_ = '&';
  url_ += name;
  url_ += '=';
  for (const char c : value) {
    if (IsPlain(c)) {
      url_ += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    url_ += '%';
    url_ += kDigits[byte >> 4U];
    url_ += kDigits[byte & 15U];
  }
  return *this;
}

}  // namespace geoclimate::fetch
