#include "geoclimate/server/http/query_string.h"

#include <array>
#include <memory>
#include <new>
#include <string>

#include "geoclimate/formats/utf8.h"

namespace geoclimate::server::http {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool IsPlain(std::string_view text, PlusSign plus) {
  for (const char c : text) {
    if (c == '%' || c == '\0' || static_cast<unsigned char>(c) >= 0x80) return false;
    if (c == '+' && plus == PlusSign::kSpace) return false;
  }
  return true;
}

// For messages: at most 64 bytes, what is not printable ASCII replaced.
std::string Shown(std::string_view text) {
  std::string shown(text.substr(0, 64));
  for (char& c : shown) {
    if (c < 0x20 || c > 0x7e) c = '?';
  }
  return shown;
}

base::Result<QueryParameter> ParseParameter(std::string_view text, Arena& arena) {
  const std::size_t equals = text.find('=');
  const std::string_view value =
      equals == std::string_view::npos ? std::string_view() : text.substr(equals + 1);
  QueryParameter parameter;
  GC_ASSIGN_OR_RETURN(parameter.name,
                      DecodeComponent(text.substr(0, equals), PlusSign::kSpace, arena));
  base::Result<std::string_view> decoded = DecodeComponent(value, PlusSign::kSpace, arena);
  if (!decoded.ok()) return decoded.error().WithContext("query parameter " + Shown(parameter.name));
  parameter.value = *decoded;
  return parameter;
}

}  // namespace

base::Result<std::string_view> DecodeComponent(std::string_view text, PlusSign plus, Arena& arena) {
  if (IsPlain(text, plus)) return text;
  char* const start = static_cast<char*>(arena.Allocate(text.size(), 1));
  char* out = start;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '+' && plus == PlusSign::kSpace) {
      c = ' ';
    } else if (c == '%') {
      const int high = i + 2 < text.size() ? HexDigit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? HexDigit(text[i + 2]) : -1;
      if (high < 0 || low < 0) {
        return base::InvalidArgument("'%' without two hexadecimal digits in '" + Shown(text) + "'");
      }
      c = static_cast<char>(high * 16 + low);
      i += 2;
    }
    if (c == '\0') return base::InvalidArgument("NUL in '" + Shown(text) + "'");
    *out++ = c;
  }
  const std::string_view decoded(start, static_cast<std::size_t>(out - start));
  if (!formats::IsUtf8(decoded)) return base::InvalidArgument("not UTF-8: '" + Shown(text) + "'");
  return decoded;
}

base::Result<QueryString> QueryString::Parse(std::string_view text, Arena& arena) {
  std::array<QueryParameter, kMaxParameters> found;
  std::size_t count = 0;
  while (!text.empty()) {
    const std::size_t end = text.find('&');
    const std::string_view piece = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (piece.empty()) continue;
    if (count == found.size()) {
      return base::InvalidArgument("more than " + std::to_string(kMaxParameters) +
                                   " query parameters");
    }
    GC_ASSIGN_OR_RETURN(found[count], ParseParameter(piece, arena));
    ++count;
  }
  QueryString query;
  if (count > 0) {
    void* memory = arena.Allocate(count * sizeof(QueryParameter), alignof(QueryParameter));
    auto* parameters = static_cast<QueryParameter*>(memory);
    std::uninitialized_copy_n(found.begin(), count, parameters);
    query.parameters_ = {parameters, count};
  }
  return query;
}

std::optional<std::string_view> QueryString::Find(std::string_view name) const {
  for (const QueryParameter& parameter : parameters_) {
    if (parameter.name == name) return parameter.value;
  }
  return std::nullopt;
}

std::size_t QueryString::Count(std::string_view name) const {
  std::size_t count = 0;
  for (const QueryParameter& parameter : parameters_) count += parameter.name == name ? 1 : 0;
  return count;
}

}  // namespace geoclimate::server::http
