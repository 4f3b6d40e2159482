#include "geoclimate/blob/kept_lease.h"

#include <unistd.h>

#include <utility>

#include <fmt/format.h>

#include "geoclimate/base/log.h"

namespace geoclimate::blob {

base::Result<std::unique_ptr<KeptLease>> KeptLease::Acquire(BlobStore& store,
                                                            const base::Clock& clock,
                                                            LeaseOptions options,
                                                            std::string_view holder) {
  const std::chrono::seconds time = options.time;
  const base::Instant from = clock.MonotonicNow();
  GC_ASSIGN_OR_RETURN(Lease lease, Lease::Acquire(store, clock, std::move(options), holder));
  return std::unique_ptr<KeptLease>(new KeptLease(std::move(lease), clock, time, from));
}

KeptLease::KeptLease(Lease lease, const base::Clock& clock, std::chrono::seconds time,
                     base::Instant from)
    : lease_(std::move(lease)), clock_(clock), time_(time), held_until_(from + time) {
  thread_ = std::thread([this] { Run(); });
}

KeptLease::~KeptLease() {
  {
    const base::MutexLock lock(mutex_);
    stopped_ = true;
    stopping_.NotifyAll();
  }
  thread_.join();
}

bool KeptLease::held() const {
  return clock_.MonotonicNow() < held_until_.load();
}

// False when it is to end.
bool KeptLease::AwaitNext() {
  constexpr int kRenewals = 3;
  const auto next = base::Deadline::At(std::chrono::steady_clock::now() +
                                       std::chrono::nanoseconds(time_) / kRenewals);
  const base::MutexLock lock(mutex_);
  while (!stopped_ && stopping_.WaitUntil(mutex_, next)) {
  }
  return !stopped_;
}

void KeptLease::Run() {
  while (AwaitNext()) {
    const base::Instant from = clock_.MonotonicNow();
    const auto renewed = lease_.Renew();
    if (renewed.ok()) {
      held_until_.store(from + time_);
      continue;
    }
    base::Log(base::LogLevel::kWarning, "blob", "cannot renew a lease",
              {{"error", renewed.error().ToString()}});
    if (renewed.error().code() != base::ErrorCode::kAborted) continue;
    held_until_.store(base::Instant::min());
    return;
  }
}

std::string LeaseHolder(std::string_view program) {
  constexpr std::size_t kLongest = 256;
  std::string host(kLongest, '\0');
  if (::gethostname(host.data(), host.size() - 1) != 0) host = "unknown host";
  return fmt::format("{}, process {} on {}", program, ::getpid(), host.c_str());
}

}  // namespace geoclimate::blob
