#include "apps/geoclimate/alert_keys.h"

#include "apps/geoclimate/setting_kinds.h"

namespace geoclimate::app {
namespace {

// Addresses and networks, checked where they stand.
SettingsKey AllowedAddresses() {
  SettingsKey key = Texts("alerts.allowed_addresses",
                          [](auto& s) -> auto& { return s.alerts.allowed_addresses; });
  const auto read = key.read;
  key.read = [read](const formats::YamlValue& value, Settings& settings) -> base::Result<void> {
    GC_RETURN_IF_ERROR(read(value, settings));
    const auto parsed = access::AddressList::Parse(settings.alerts.allowed_addresses);
    if (!parsed.ok()) return value.Invalid(parsed.error().message());
    return {};
  };
  return key;
}

}  // namespace

std::vector<SettingsKey> AlertKeys() {
  using std::chrono::milliseconds;
  using std::chrono::seconds;
  constexpr std::int64_t kHour = 3'600'000;
  return {Path("alerts.key_file", [](auto& s) -> auto& { return s.alerts.key_file; }),
          AllowedAddresses(),
          Integer("alerts.max_per_owner", 1, 100'000,
                  [](auto& s) -> auto& { return s.alerts.options.most_of_owner; }),
          Time<milliseconds>("alerts.look_every_ms", 50, kHour,
                             [](auto& s) -> auto& { return s.alerts.options.look_every; }),
          Time<seconds>("alerts.lease_seconds", 1, 3600,
                        [](auto& s) -> auto& { return s.alerts.options.lease; }),
          Time<milliseconds>("alerts.timeout_ms", 100, 120'000,
                             [](auto& s) -> auto& { return s.alerts.options.sender.timeout; }),
          Integer("alerts.senders", 1, 64,
                  [](auto& s) -> auto& { return s.alerts.options.sender.senders; }),
          Integer("alerts.max_dead_letters", 0, 1'000'000,
                  [](auto& s) -> auto& { return s.alerts.options.sender.most_dead_letters; }),
          Integer("alerts.retry.max_attempts", 1, 100,
                  [](auto& s) -> auto& { return s.alerts.options.sender.retry.max_attempts; }),
          Time<milliseconds>("alerts.retry.base_ms", 1, kHour,
                             [](auto& s) -> auto& { return s.alerts.options.sender.retry.base; }),
          Time<milliseconds>("alerts.retry.cap_ms", 1, kHour,
                             [](auto& s) -> auto& { return s.alerts.options.sender.retry.cap; })};
}

}  // namespace geoclimate::app
