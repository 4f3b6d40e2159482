#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/result.h"
#include "geoclimate/blob/s3/credentials.h"
#include "geoclimate/blob/s3/s3_metrics.h"
#include "geoclimate/blob/s3/s3_options.h"
#include "geoclimate/blob/s3/sigv4.h"
#include "geoclimate/formats/digest.h"
#include "geoclimate/http_client/http_client.h"
#include "geoclimate/resilience/circuit_breaker.h"
#include "geoclimate/resilience/retry.h"

namespace geoclimate::blob {

struct S3Request {
  S3Operation operation = S3Operation::kGet;
  std::string_view method = "GET";
  std::string_view key = {};  // a blob's; empty: the bucket
  Query query = {};
  std::vector<http_client::HeaderField> headers = {};
  std::string_view body = {};
  std::optional<formats::Sha256Digest> body_sha256 = std::nullopt;  // where it is known already
  std::size_t max_answer_bytes = std::size_t{4} << 20;
  // Both ways, about: what the deadline is made longer for.
  std::size_t transfer_bytes = 0;
  // Looks at an answer with success; its error is that of the attempt.
  std::function<base::Result<void>(const http_client::Answer&)> check = nullptr;
};

struct S3Reply {
  // An answer with success (a status below 300); else an error of S3ErrorOf() or of HttpClient.
  base::Result<http_client::Answer> answer;
  // Whether the request went out before, and may have been carried out although no answer came.
  bool repeated = false;
};

// Which errors of one attempt another one may mend: that the store is not well, that an answer did
// not come, that bytes were damaged on the way; and once that credentials have expired. For the
// Retry of an S3Client.
bool IsS3Retriable(const base::Error& error, const resilience::Attempt& attempt);

// Signed requests to one bucket, tried again while that may help. Thread-safe; everything given to
// it outlives it.
class S3Client {
 public:
  struct Parts {
    const http_client::HttpClient& http;
    CredentialSource& credentials;
    resilience::CircuitBreaker& breaker;
    resilience::Retry& retry;
    const base::Clock& clock;
    // Ends requests under way and refuses those to come: kCancelled.
    std::stop_token stop = {};
  };
  // `options` are valid.
  S3Client(S3Options options, const Parts& parts, S3Metrics metrics = {});

  S3Reply Send(const S3Request& request) const;
  const S3Options& options() const { return options_; }

 private:
  std::string PathOf(std::string_view key) const;
  std::chrono::nanoseconds Longer(std::chrono::milliseconds time, std::size_t bytes) const;
  base::Result<http_client::Answer> Try(const S3Request& request, std::string_view payload_sha256,
                                        resilience::Attempt& attempt, int& times_sent) const;
  base::Result<http_client::Answer> Exchange(const S3Request& request,
                                             const Credentials& credentials,
                                             std::string_view payload_sha256,
                                             resilience::Attempt& attempt, int& times_sent) const;

  const S3Options options_;
  const Parts parts_;
  const S3Metrics metrics_;
  std::string base_url_;   // scheme and host
  std::string host_;       // as the Host field has it
  std::string root_path_;  // "/BUCKET" with path-style URLs, else empty
};

}  // namespace geoclimate::blob
