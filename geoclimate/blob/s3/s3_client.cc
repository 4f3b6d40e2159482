#include "geoclimate/blob/s3/s3_client.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <utility>

#include "geoclimate/blob/s3/s3_error.h"
#include "geoclimate/blob/s3/uri_encoding.h"
#include "geoclimate/formats/digest.h"

namespace geoclimate::blob {
namespace {

using http_client::Answer;

constexpr int kFirstNoSuccess = 300;

std::string AwsEndpoint(std::string_view region) {
  return fmt::format("https://s3.{}.amazonaws.com{}", region,
                     region.starts_with("cn-") ? ".cn" : "");
}

// Tells against the store, not against what was asked of it.
bool IsFailure(base::ErrorCode code) {
  return code == base::ErrorCode::kUnavailable || code == base::ErrorCode::kDeadlineExceeded ||
         code == base::ErrorCode::kDataLoss;
}

std::optional<std::chrono::seconds> RetryAfter(const Answer& answer) {
  const auto text = answer.Header("retry-after");
  if (!text.has_value()) return std::nullopt;
  std::int32_t seconds = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), seconds);
  if (error != std::errc() || seconds < 0) return std::nullopt;
  return std::chrono::seconds(seconds);
}

}  // namespace

bool IsS3Retriable(const base::Error& error, const resilience::Attempt& attempt) {
  if (error.code() == base::ErrorCode::kUnauthenticated) return attempt.number() == 1;
  return IsFailure(error.code());
}

S3Client::S3Client(S3Options options, const Parts& parts, S3Metrics metrics)
    : options_(std::move(options)), parts_(parts), metrics_(metrics) {
  std::string endpoint =
      options_.endpoint.empty() ? AwsEndpoint(options_.region) : options_.endpoint;
  const std::size_t host_at = endpoint.find("://") + 3;
  const std::string scheme = endpoint.substr(0, host_at);
  std::string host = endpoint.substr(host_at);
  // A port that goes without saying is not sent, so it is not signed.
  const std::string_view default_port = scheme == "https://" ? ":443" : ":80";
  if (host.ends_with(default_port)) host.resize(host.size() - default_port.size());
  const bool in_path = options_.addressing == Addressing::kPathStyle;
  host_ = in_path ? host : fmt::format("{}.{}", options_.bucket, host);
  root_path_ = in_path ? "/" + options_.bucket : "";
  base_url_ = scheme + host_;
}

std::string S3Client::PathOf(std::string_view key) const {
  // Of the bucket itself: "/BUCKET", or "/" where its name is in the host.
  if (key.empty()) return root_path_.empty() ? "/" : root_path_;
  const std::string_view slash = options_.prefix.empty() ? "" : "/";
  return UriEncode(fmt::format("{}/{}{}{}", root_path_, options_.prefix, slash, key), Slash::kKept);
}

std::chrono::nanoseconds S3Client::Longer(std::chrono::milliseconds time, std::size_t bytes) const {
  return time + std::chrono::seconds(bytes / options_.slowest_bytes_per_second);
}

S3Reply S3Client::Send(const S3Request& request) const {
  const std::string payload_sha256 =
      (request.body_sha256 ? *request.body_sha256 : formats::Sha256(request.body)).Hex();
  const auto deadline = base::Deadline::After(
      parts_.clock, Longer(options_.operation_timeout, request.transfer_bytes));
  int times_sent = 0;
  auto answer = parts_.retry.Run(deadline, [&](resilience::Attempt& attempt) {
    return Try(request, payload_sha256, attempt, times_sent);
  });
  return {std::move(answer), times_sent > 1};
}

base::Result<Answer> S3Client::Try(const S3Request& request, std::string_view payload_sha256,
                                   resilience::Attempt& attempt, int& times_sent) const {
  GC_ASSIGN_OR_RETURN(const Credentials credentials, parts_.credentials.Get());
  std::optional<resilience::CallPermit> permit = parts_.breaker.TryAcquire();
  if (!permit.has_value()) {
    attempt.AskedToWait(parts_.breaker.UntilProbe());
    return parts_.breaker.Refusal();
  }
  const base::Instant begin = parts_.clock.MonotonicNow();
  auto answer = Exchange(request, credentials, payload_sha256, attempt, times_sent);
  const auto took = parts_.clock.MonotonicNow() - begin;
  const bool failed = !answer.ok() && IsFailure(answer.error().code());
  if (failed) {
    permit->Failed(took);
  } else {
    permit->Succeeded(took);
  }
  using Outcome = S3Metrics::Outcome;
  const Outcome outcome = answer.ok() ? Outcome::kOk : Outcome::kRefused;
  metrics_.Count(request.operation, failed ? Outcome::kFailed : outcome, took);
  if (!answer.ok() && answer.error().code() == base::ErrorCode::kUnauthenticated) {
    parts_.credentials.Refused();
  }
  return answer;
}

base::Result<Answer> S3Client::Exchange(const S3Request& request, const Credentials& credentials,
                                        std::string_view payload_sha256,
                                        resilience::Attempt& attempt, int& times_sent) const {
  const std::string path = PathOf(request.key);
  const std::string query = CanonicalQuery(request.query);
  const auto own_deadline =
      base::Deadline::After(parts_.clock, Longer(options_.attempt_timeout, request.transfer_bytes));
  auto answer = parts_.http.Send(
      {.method = std::string(request.method),
       .url = fmt::format("{}{}{}{}", base_url_, path, query.empty() ? "" : "?", query),
       .headers = SignV4({.method = request.method,
                          .host = host_,
                          .encoded_path = path,
                          .encoded_query = query,
                          .headers = request.headers,
                          .payload_sha256 = std::string(payload_sha256)},
                         credentials, {.region = options_.region}, parts_.clock.Now()),
       .body = request.body,
       .max_answer_bytes = request.max_answer_bytes,
       .deadline = attempt.deadline().EarlierOf(own_deadline),
       .stop = parts_.stop});
  times_sent += answer.ok() ? answer->times_sent : 1;
  if (!answer.ok()) return answer;
  if (answer->status >= kFirstNoSuccess) {
    if (const auto wait = RetryAfter(*answer)) attempt.AskedToWait(*wait);
    return S3ErrorOf(*answer, fmt::format("{} {}{}", request.method, base_url_, path));
  }
  if (request.check) GC_RETURN_IF_ERROR(request.check(*answer));
  return answer;
}

}  // namespace geoclimate::blob
