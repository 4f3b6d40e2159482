#include "geoclimate/http_client/url.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <memory>
#include <string_view>

namespace geoclimate::http_client {
namespace {

using Url = std::unique_ptr<CURLU, decltype(&::curl_url_cleanup)>;

// Empty when the URL lacks it.
std::string Part(const Url& url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (::curl_url_get(url.get(), part, &text, flags) != CURLUE_OK) return {};
  const std::unique_ptr<char, decltype(&::curl_free)> owner(text, &::curl_free);
  return text;
}

}  // namespace

std::string UrlParts::Origin() const {
  const bool is_v6 = host.find(':') != std::string::npos;
  return is_v6 ? fmt::format("{}://[{}]:{}", scheme, host, port)
               : fmt::format("{}://{}:{}", scheme, host, port);
}

base::Result<UrlParts> ParseUrl(const std::string& url) {
  const bool printable = std::ranges::all_of(url, [](char c) { return c > ' ' && c < '\x7f'; });
  if (!printable) return base::InvalidArgument("a URL has a character that it cannot have");
  const Url parsed(::curl_url(), &::curl_url_cleanup);
  if (::curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), CURLU_PATH_AS_IS) != CURLUE_OK) {
    return base::InvalidArgument("what should be a URL is none");
  }
  UrlParts parts{.scheme = Part(parsed, CURLUPART_SCHEME),
                 .host = Part(parsed, CURLUPART_HOST),
                 .port = Part(parsed, CURLUPART_PORT, CURLU_DEFAULT_PORT),
                 .path = Part(parsed, CURLUPART_PATH)};
  if (parts.scheme != "http" && parts.scheme != "https") {
    return base::InvalidArgument("a URL is neither http nor https");
  }
  if (!Part(parsed, CURLUPART_USER).empty() || !Part(parsed, CURLUPART_PASSWORD).empty()) {
    return base::InvalidArgument("a URL has credentials in it");
  }
  if (parts.host.starts_with('[') && parts.host.ends_with(']')) {
    parts.host = parts.host.substr(1, parts.host.size() - 2);
  }
  std::ranges::transform(parts.host, parts.host.begin(), [](char c) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  });
  return parts;
}

}  // namespace geoclimate::http_client
