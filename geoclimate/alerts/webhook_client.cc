#include "geoclimate/alerts/webhook_client.h"

#include <algorithm>
#include <utility>

#include "geoclimate/http_client/url.h"

namespace geoclimate::alerts {

WebhookClient::WebhookClient(const base::Clock& clock, const WebhookClientOptions& options)
    : options_(options),
      https_(clock, ClientOptions("https")),
      http_(clock, ClientOptions("http")) {}

http_client::HttpClientOptions WebhookClient::ClientOptions(const std::string& scheme) const {
  http_client::HttpClientOptions options;
  options.user_agent = options_.user_agent;
  options.may_reach = [this, scheme](const http_client::IpAddress& address) {
    return MayReach(scheme, address);
  };
  options.resolver = options_.resolver;
  return options;
}

bool WebhookClient::MayReach(const std::string& scheme,
                             const http_client::IpAddress& address) const {
  if (scheme == "https" && http_client::IsPublic(address)) return true;
  const auto parsed = access::Address::Parse(address.ToString());
  return parsed && options_.allowed.Contains(*parsed);
}

base::Result<void> WebhookClient::Check(const std::string& url, base::Deadline deadline) const {
  GC_ASSIGN_OR_RETURN(const http_client::UrlParts parts, http_client::ParseUrl(url));
  const auto addresses = options_.resolver(parts.host, deadline);
  const bool allowed = addresses.ok() && !addresses->empty() &&
                       std::ranges::all_of(*addresses, [&](const http_client::IpAddress& address) {
                         return MayReach(parts.scheme, address);
                       });
  if (allowed) return {};
  return base::InvalidArgument(
      "field 'url': must be https, at a host whose addresses are all public");
}

base::Result<http_client::Answer> WebhookClient::Send(http_client::Request request) const {
  request.destination = http_client::Destination::kGuarded;
  GC_ASSIGN_OR_RETURN(const http_client::UrlParts parts, http_client::ParseUrl(request.url));
  return (parts.scheme == "https" ? https_ : http_).Send(request);
}

}  // namespace geoclimate::alerts
