#include "geoclimate/service/cache_sharing.h"

#include <fmt/format.h>

#include "geoclimate/base/deadline.h"
#include "geoclimate/base/log.h"

namespace geoclimate::service {

CacheSharing::CacheSharing(inference::PredictionCache& cache, const base::Clock& clock,
                           const CacheSharingOptions& options)
    : cache_(cache),
      clock_(clock),
      options_(options),
      mark_at_(clock.MonotonicNow() + options.mark_interval),
      watcher_(options.look_interval, [this] { Look(); }) {}

void CacheSharing::Look() {
  if (options_.on_start == CacheSharingOptions::OnStart::kWarm) {
    const auto fetched =
        cache_.FetchMostUsed(options_.rows, base::Deadline::After(clock_, options_.fetch_time));
    if (fetched.ok() && *fetched > 0) {
      base::Log(base::LogLevel::kInfo, "service", "rows that others were asked for are in memory",
                {{"rows", fmt::format("{}", *fetched)}});
    }
  }
  const base::Instant now = clock_.MonotonicNow();
  if (now < mark_at_) return;
  mark_at_ = now + options_.mark_interval;
  cache_.MarkMostUsed(options_.rows);
}

}  // namespace geoclimate::service
