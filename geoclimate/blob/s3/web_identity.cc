#include "geoclimate/blob/s3/web_identity.h"

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <utility>

#include "geoclimate/blob/s3/s3_xml.h"
#include "geoclimate/blob/s3/sigv4.h"

namespace geoclimate::blob {
namespace {

constexpr auto kPause = std::chrono::seconds(30);
constexpr std::size_t kMostAnswerBytes = std::size_t{64} << 10;
constexpr int kOk = 200;
constexpr int kFirstServerError = 500;

base::Result<std::string> ReadToken(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return base::NotFound(fmt::format("the token {} cannot be read", path.string()));
  std::string token((std::istreambuf_iterator<char>(file)), {});
  while (!token.empty() && (token.back() == '\n' || token.back() == '\r')) token.pop_back();
  if (token.empty()) return base::NotFound(fmt::format("the token {} is empty", path.string()));
  return token;
}

}  // namespace

WebIdentityCredentials::WebIdentityCredentials(WebIdentityOptions options,
                                               const http_client::HttpClient& client,
                                               const base::Clock& clock)
    : options_(std::move(options)), client_(client), clock_(clock) {}

base::Result<Credentials> WebIdentityCredentials::Fetch() const {
  GC_ASSIGN_OR_RETURN(const std::string token, ReadToken(options_.token_file));
  // In the body, which nothing logs.
  const std::string form = CanonicalQuery({{"Action", "AssumeRoleWithWebIdentity"},
                                           {"Version", "2011-06-15"},
                                           {"RoleArn", options_.role_arn},
                                           {"RoleSessionName", options_.session_name},
                                           {"WebIdentityToken", token}});
  const auto answer =
      client_.Send({.method = "POST",
                    .url = options_.endpoint + "/",
                    .headers = {{"Content-Type", "application/x-www-form-urlencoded"}},
                    .body = form,
                    .max_answer_bytes = kMostAnswerBytes,
                    .deadline = base::Deadline::After(clock_, options_.timeout)});
  if (!answer.ok()) return answer.error();
  if (answer->status == kOk) return ParseAssumedRole(answer->body);
  const ErrorDocument error = ParseErrorDocument(answer->body);
  const bool is_down = answer->status >= kFirstServerError || error.code == "IDPCommunicationError";
  return base::Error(is_down ? base::ErrorCode::kUnavailable : base::ErrorCode::kUnauthenticated,
                     fmt::format("the role {} was not given: {} {}: {}", options_.role_arn,
                                 answer->status, error.code, error.message));
}

// Nothing when the calling thread is the one to fetch.
std::optional<Credentials> WebIdentityCredentials::CurrentOrFetching() {
  const base::MutexLock lock(mutex_);
  while (true) {
    const base::Timestamp now = clock_.Now();
    const bool is_valid = credentials_.has_value() && now < *credentials_->expires;
    const bool is_fresh = is_valid && now + options_.refresh_before < *credentials_->expires;
    if (is_fresh || (is_valid && (fetching_ || now < try_again_))) return credentials_;
    if (!fetching_) break;
    fetched_.WaitUntil(mutex_, base::Deadline::After(clock_, options_.timeout));
  }
  fetching_ = true;
  return std::nullopt;
}

base::Result<Credentials> WebIdentityCredentials::Get() {
  if (std::optional<Credentials> current = CurrentOrFetching()) return *std::move(current);
  auto fresh = Fetch();
  const base::MutexLock lock(mutex_);
  fetching_ = false;
  fetched_.NotifyAll();
  if (fresh.ok()) {
    credentials_ = *fresh;
    try_again_ = {};
    return fresh;
  }
  const base::Timestamp now = clock_.Now();
  try_again_ = now + kPause;
  if (credentials_.has_value() && now < *credentials_->expires) return *credentials_;
  return fresh;
}

void WebIdentityCredentials::Refused() {
  const base::MutexLock lock(mutex_);
  if (!fetching_) credentials_.reset();
}

}  // namespace geoclimate::blob
