#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "geoclimate/base/result.h"
#include "geoclimate/server/http/arena.h"

namespace geoclimate::server::http {

// Percent-decodes a component (RFC 3986, 2.1). The result is `text` itself where there is nothing
// to decode, else a copy in `arena`. kInvalidArgument for '%' without two hexadecimal digits, for a
// decoded NUL, and for what is not UTF-8.
enum class PlusSign { kLiteral, kSpace };
base::Result<std::string_view> DecodeComponent(std::string_view text, PlusSign plus, Arena& arena);

struct QueryParameter {
  std::string_view name;
  std::string_view value;
};

// The parameters of a query string, decoded as HTML forms encode them ('+' is a space), in the
// order sent. An empty string between two '&' is skipped; a name without '=' has an empty value. At
// most kMaxParameters.
class QueryString {
 public:
  static constexpr std::size_t kMaxParameters = 64;

  // `text` is what follows '?'. Views point into `text` or `arena`. kInvalidArgument naming the
  // parameter that cannot be decoded, or that there are too many.
  static base::Result<QueryString> Parse(std::string_view text, Arena& arena);

  // The first value of that name. A caller for whom two values contradict asks Count().
  std::optional<std::string_view> Find(std::string_view name) const;
  std::size_t Count(std::string_view name) const;
  std::span<const QueryParameter> all() const { return parameters_; }

 private:
  std::span<const QueryParameter> parameters_;
};

}  // namespace geoclimate::server::http
