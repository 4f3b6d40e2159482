#pragma once

#include <string>
#include <string_view>

namespace geoclimate::fetch {

// An address with a query, percent-encoded (RFC 3986).
//
//   Query(base_url + "/v3/locations").Add("limit", "1000").url()
class Query {
 public:
  explicit Query(std::string url) : url_(std::move(url)) {}

  Query& Add(std::string_view name, std::string_view value);
  const std::string& url() const { return url_; }

 private:
  std::string url_;
  char next_ = '?';
};

}  // namespace geoclimate::fetch
