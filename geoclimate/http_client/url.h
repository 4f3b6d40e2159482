#pragma once

#include <string>

#include "geoclimate/base/result.h"

namespace geoclimate::http_client {

// The parts of a URL that a request needs to know.
struct UrlParts {
  std::string scheme;  // "http" or "https"
  std::string host;    // lower case; an IPv6 address without brackets
  std::string port;    // also where the URL leaves it out
  std::string path;

  // "https://host:443", what a connection can be used again for.
  std::string Origin() const;
  // The URL without its query, for messages.
  std::string Shown() const { return Origin() + path; }
};

// kInvalidArgument, without the text, for what is no URL, has another scheme, credentials, or
// characters that a request line cannot hold.
base::Result<UrlParts> ParseUrl(const std::string& url);

}  // namespace geoclimate::http_client
