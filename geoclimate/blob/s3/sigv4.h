#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "geoclimate/base/clock.h"
#include "geoclimate/blob/s3/credentials.h"
#include "geoclimate/http_client/request.h"

namespace geoclimate::blob {

// Names and values of a query, not encoded.
using Query = std::vector<std::pair<std::string, std::string>>;

// "a=1&b=%2F&uploads=", sorted and encoded: what is sent and what is signed.
std::string CanonicalQuery(const Query& query);

// What a signature covers.
struct SignedRequest {
  std::string_view method;
  std::string_view host;           // as the Host field has it
  std::string_view encoded_path;   // by UriEncode, beginning with '/'
  std::string_view encoded_query;  // by CanonicalQuery
  std::vector<http_client::HeaderField> headers;
  std::string payload_sha256;  // hexadecimal
};

struct SigningScope {
  std::string_view region;
  std::string_view service = "s3";
};

// Signature Version 4 of AWS (AWS General Reference, "Signing AWS API requests"; Amazon S3 API
// Reference, "Authenticating Requests: Using the Authorization Header", one chunk). Gives the
// request's fields with Authorization, x-amz-date, x-amz-content-sha256 and, of temporary
// credentials, x-amz-security-token. All of them and the host are signed.
std::vector<http_client::HeaderField> SignV4(const SignedRequest& request,
                                             const Credentials& credentials,
                                             const SigningScope& scope, base::Timestamp now);

}  // namespace geoclimate::blob
