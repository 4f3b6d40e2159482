#include "geoclimate/service/follow_log.h"

#include <fmt/format.h>

#include "geoclimate/base/log.h"

namespace geoclimate::service {

void FollowLog::Report(const base::Result<void>& looked) {
  constexpr std::string_view kModule = "service";
  if (!looked.ok() && !failing_) {
    base::Log(base::LogLevel::kWarning, kModule,
              fmt::format("cannot follow {}; what was read before goes on", what_),
              {{"error", looked.error().ToString()}});
  } else if (looked.ok() && failing_) {
    base::Log(base::LogLevel::kInfo, kModule, fmt::format("{} can be followed again", what_));
  }
  failing_ = !looked.ok();
}

}  // namespace geoclimate::service
