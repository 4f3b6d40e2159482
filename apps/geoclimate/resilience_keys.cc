#include "apps/geoclimate/resilience_keys.h"

#include <charconv>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "apps/geoclimate/setting_kinds.h"

namespace geoclimate::app {
namespace {

using formats::YamlValue;

struct BreakerPaths {
  std::string_view failure_rate;
  std::string_view window;
  std::string_view min_calls;
  std::string_view open_seconds;
  std::string_view half_open_probes;
};

constexpr BreakerPaths kDatabase = {
    "resilience.breakers.database.failure_rate", "resilience.breakers.database.window",
    "resilience.breakers.database.min_calls", "resilience.breakers.database.open_seconds",
    "resilience.breakers.database.half_open_probes"};
constexpr BreakerPaths kRedis = {
    "resilience.breakers.redis.failure_rate", "resilience.breakers.redis.window",
    "resilience.breakers.redis.min_calls", "resilience.breakers.redis.open_seconds",
    "resilience.breakers.redis.half_open_probes"};
constexpr BreakerPaths kStorage = {
    "resilience.breakers.storage.failure_rate", "resilience.breakers.storage.window",
    "resilience.breakers.storage.min_calls", "resilience.breakers.storage.open_seconds",
    "resilience.breakers.storage.half_open_probes"};
constexpr BreakerPaths kWebhook = {
    "resilience.breakers.webhook.failure_rate", "resilience.breakers.webhook.window",
    "resilience.breakers.webhook.min_calls", "resilience.breakers.webhook.open_seconds",
    "resilience.breakers.webhook.half_open_probes"};
constexpr BreakerPaths kSources = {
    "resilience.breakers.sources.failure_rate", "resilience.breakers.sources.window",
    "resilience.breakers.sources.min_calls", "resilience.breakers.sources.open_seconds",
    "resilience.breakers.sources.half_open_probes"};

// A window of a breaker: "100" is the latest calls, "60s" the latest time.
template <typename Access>
SettingsKey BreakerWindow(std::string_view path, Access access) {
  return {.path = path,
          .read = [=](const YamlValue& value, Settings& settings) -> base::Result<void> {
            GC_ASSIGN_OR_RETURN(const std::string text, value.AsString());
            resilience::CircuitBreakerOptions& options = access(settings);
            const bool by_time = text.ends_with('s');
            std::uint32_t number = 0;
            const char* const end = text.data() + text.size() - (by_time ? 1 : 0);
            const auto [stop, error] = std::from_chars(text.data(), end, number);
            if (error != std::errc() || stop != end || number == 0) {
              return value.Invalid("must be a number of calls, 100, or a time, 60s");
            }
            options.window_time = std::chrono::seconds(by_time ? number : 0);
            if (!by_time) options.window_calls = number;
            return {};
          },
          .show =
              [=](const Settings& settings) {
                const resilience::CircuitBreakerOptions& options = access(settings);
                const auto time =
                    std::chrono::duration_cast<std::chrono::seconds>(options.window_time);
                return time.count() > 0 ? fmt::format("{}s", time.count())
                                        : fmt::format("{}", options.window_calls);
              }};
}

// `access` gives the options of the breaker.
template <typename Access>
void AddBreaker(const BreakerPaths& paths, Access access, std::vector<SettingsKey>& keys) {
  using std::chrono::seconds;
  keys.push_back(Number(paths.failure_rate, 0.01, 1,
                        [=](auto& s) -> auto& { return access(s).failure_rate; }));
  keys.push_back(BreakerWindow(paths.window, access));
  keys.push_back(Integer(paths.min_calls, 1, 1'000'000,
                         [=](auto& s) -> auto& { return access(s).min_calls; }));
  keys.push_back(Time<seconds>(paths.open_seconds, 1, 86'400,
                               [=](auto& s) -> auto& { return access(s).open_time; }));
  keys.push_back(Integer(paths.half_open_probes, 1, 255,
                         [=](auto& s) -> auto& { return access(s).half_open_probes; }));
}

std::vector<SettingsKey> RetryKeys() {
  using resilience::Jitter;
  using std::chrono::milliseconds;
  return {
      Integer("resilience.retry.max_attempts", 1, 100,
              [](auto& s) -> auto& { return s.resilience.retry.max_attempts; }),
      Time<milliseconds>("resilience.retry.base_ms", 1, 60'000,
                         [](auto& s) -> auto& { return s.resilience.retry.base; }),
      Time<milliseconds>("resilience.retry.cap_ms", 1, 3'600'000,
                         [](auto& s) -> auto& { return s.resilience.retry.cap; }),
      Choice<Jitter>("resilience.retry.jitter", {{"full", Jitter::kFull}, {"none", Jitter::kNone}},
                     [](auto& s) -> auto& { return s.resilience.retry.jitter; }),
      Number("resilience.retry.budget", 0, 1,
             [](auto& s) -> auto& { return s.resilience.budget.ratio; })};
}

}  // namespace

std::vector<SettingsKey> ResilienceKeys() {
  std::vector<SettingsKey> keys;
  AddBreaker(kDatabase, [](auto& s) -> auto& { return s.resilience.database; }, keys);
  AddBreaker(kRedis, [](auto& s) -> auto& { return s.resilience.redis; }, keys);
  AddBreaker(kStorage, [](auto& s) -> auto& { return s.resilience.storage; }, keys);
  AddBreaker(kWebhook, [](auto& s) -> auto& { return s.resilience.webhook; }, keys);
  AddBreaker(kSources, [](auto& s) -> auto& { return s.resilience.sources; }, keys);
  for (SettingsKey& key : RetryKeys()) keys.push_back(std::move(key));
  return keys;
}

}  // namespace geoclimate::app
