// What a query string decodes to, encoded again, decodes to the same.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "geoclimate/base/check.h"
#include "geoclimate/server/http/query_string.h"

namespace {

std::string Encode(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += "0123456789abcdef"[byte >> 4U];
    out += "0123456789ABCDEF"[byte & 15U];
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using geoclimate::server::http::Arena;
  using geoclimate::server::http::QueryString;
  Arena arena;
  const auto query =
      QueryString::Parse(std::string_view(reinterpret_cast<const char*>(data), size), arena);
  if (!query.ok()) {
    GC_CHECK(!query.error().message().empty(), "a refusal says why");
    return 0;
  }
  std::string again;
  for (const auto& parameter : query->all()) {
    again += Encode(parameter.name) + "=" + Encode(parameter.value) + "&";
    GC_CHECK(query->Find(parameter.name).has_value(), "what is listed is found");
  }
  const auto second = QueryString::Parse(again, arena);
  GC_CHECK(second.ok() && second->all().size() == query->all().size(), "as many as before");
  for (std::size_t i = 0; i < second->all().size(); ++i) {
    GC_CHECK(second->all()[i].name == query->all()[i].name, "the same names");
    GC_CHECK(second->all()[i].value == query->all()[i].value, "the same values");
  }
  return 0;
}
