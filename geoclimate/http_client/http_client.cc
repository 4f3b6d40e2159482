#include "geoclimate/http_client/http_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "geoclimate/base/check.h"
#include "geoclimate/http_client/handle_pool.h"
#include "geoclimate/http_client/transfer.h"
#include "geoclimate/http_client/url.h"

namespace geoclimate::http_client {
namespace {

void InitialiseOnce() {
  static const CURLcode code = ::curl_global_init(CURL_GLOBAL_DEFAULT);
  GC_CHECK(code == CURLE_OK, "libcurl starts");
}

base::Error PastDeadline(const UrlParts& url) {
  return {base::ErrorCode::kDeadlineExceeded,
          fmt::format("{}: the deadline passed before it was asked", url.Shown())};
}

base::Result<std::vector<IpAddress>> GuardedAddresses(const HttpClientOptions& options,
                                                      const UrlParts& url,
                                                      base::Deadline deadline) {
  GC_ASSIGN_OR_RETURN(std::vector<IpAddress> addresses, options.resolver(url.host, deadline));
  if (addresses.empty()) {
    return base::Unavailable(fmt::format("the host '{}' has no address", url.host));
  }
  const auto refused = std::ranges::find_if_not(addresses, options.may_reach);
  if (refused == addresses.end()) return addresses;
  return base::Error(base::ErrorCode::kPermissionDenied,
                     fmt::format("{}: its address {} is not one that may be reached", url.Shown(),
                                 refused->ToString()));
}

}  // namespace

HttpClient::HttpClient(const base::Clock& clock, HttpClientOptions options)
    : clock_(clock),
      options_(std::move(options)),
      handles_(std::make_unique<HandlePool>(options_.max_idle_connections)) {
  InitialiseOnce();
}

HttpClient::~HttpClient() = default;

base::Result<Answer> HttpClient::Send(const Request& request) const {
  GC_ASSIGN_OR_RETURN(const UrlParts url, ParseUrl(request.url));
  if (request.deadline.Expired(clock_)) return PastDeadline(url);
  const bool is_guarded = request.destination == Destination::kGuarded;
  std::optional<std::vector<IpAddress>> addresses;
  if (is_guarded) {
    const auto connected = base::Deadline::After(clock_, options_.connect_timeout);
    GC_ASSIGN_OR_RETURN(addresses,
                        GuardedAddresses(options_, url, request.deadline.EarlierOf(connected)));
  }
  // A guarded request shares nothing with others: neither connections nor looked-up names.
  CurlHandle handle = is_guarded ? CurlHandle(::curl_easy_init()) : handles_->Take(url.Origin());
  GC_CHECK(handle != nullptr, "curl_easy_init fails only without memory");
  Transfer transfer(handle.get(), request, url, options_, std::move(addresses));
  base::Result<Answer> answer = transfer.Run(request.deadline.Remaining(clock_), clock_);
  // Keeps the connection, forgets everything that points into this request.
  ::curl_easy_reset(handle.get());
  if (!is_guarded) handles_->Return(std::move(handle), url.Origin());
  return answer;
}

}  // namespace geoclimate::http_client
