#include "geoclimate/http_client/resolver.h"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <thread>

#include "geoclimate/base/mutex.h"

namespace geoclimate::http_client {
namespace {

base::Result<std::vector<IpAddress>> LookUp(const std::string& host) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int failed = ::getaddrinfo(host.c_str(), nullptr, &wanted, &found);
  if (failed != 0) {
    return base::Unavailable(
        fmt::format("the host '{}' has no address: {}", host, ::gai_strerror(failed)));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
  std::vector<IpAddress> addresses;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    const auto address = IpAddress::From(*each->ai_addr);
    if (address.has_value() && std::ranges::find(addresses, *address) == addresses.end()) {
      addresses.push_back(*address);
    }
  }
  return addresses;
}

struct LookUpState {
  base::Mutex mutex;
  base::CondVar done;
  std::optional<base::Result<std::vector<IpAddress>>> result GUARDED_BY(mutex);
};

}  // namespace

base::Result<std::vector<IpAddress>> ResolveBySystem(const std::string& host,
                                                     base::Deadline deadline) {
  if (const auto numeric = IpAddress::Parse(host)) return std::vector<IpAddress>{*numeric};
  const auto state = std::make_shared<LookUpState>();
  std::thread([state, host] {
    auto result = LookUp(host);
    const base::MutexLock lock(state->mutex);
    state->result = std::move(result);
    state->done.NotifyAll();
  }).detach();
  const base::MutexLock lock(state->mutex);
  while (!state->result.has_value()) {
    if (!state->done.WaitUntil(state->mutex, deadline) && !state->result.has_value()) {
      return base::Error(base::ErrorCode::kDeadlineExceeded,
                         fmt::format("the address of '{}' was not known in time", host));
    }
  }
  return *std::move(state->result);
}

}  // namespace geoclimate::http_client
