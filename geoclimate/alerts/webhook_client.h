#pragma once

#include <string>

#include "geoclimate/access/address.h"
#include "geoclimate/base/clock.h"
#include "geoclimate/base/deadline.h"
#include "geoclimate/base/result.h"
#include "geoclimate/http_client/http_client.h"

namespace geoclimate::alerts {

struct WebhookClientOptions {
  std::string user_agent = "geoclimate";
  // Addresses and networks that webhooks may have besides public ones, and have by plain http: for
  // receivers of the operator's own. Empty: none.
  access::AddressList allowed;
  http_client::Resolver resolver = &http_client::ResolveBySystem;
};

// Reaches addresses that strangers gave: https at public addresses, and what the operator allowed.
// A name is resolved once for a request, all of its addresses must be allowed, and one of these is
// connected to; redirects are answers; each request looks again.
//
// Thread-safe. `clock` must outlive it.
class WebhookClient {
 public:
  WebhookClient(const base::Clock& clock, const WebhookClientOptions& options);

  // Whether a webhook may be there as names resolve now. kInvalidArgument, with the same words for
  // a name that has no address and one whose address is not allowed: nobody learns from it which
  // names a network has.
  base::Result<void> Check(const std::string& url, base::Deadline deadline) const;

  // Errors as HttpClient::Send() of a guarded destination: kPermissionDenied when it may not be
  // reached.
  base::Result<http_client::Answer> Send(http_client::Request request) const;

 private:
  bool MayReach(const std::string& scheme, const http_client::IpAddress& address) const;
  http_client::HttpClientOptions ClientOptions(const std::string& scheme) const;

  const WebhookClientOptions options_;
  const http_client::HttpClient https_;
  const http_client::HttpClient http_;
};

}  // namespace geoclimate::alerts
