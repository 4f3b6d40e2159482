// Bodies of POST /v1/alerts: what is taken keeps its meaning when it is kept and read again.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "geoclimate/alerts/alert_rule.h"
#include "geoclimate/alerts/alert_state.h"
#include "geoclimate/base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace geoclimate;
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const auto rule = alerts::ParseAlertRule(body);
  if (!rule.ok()) {
    GC_CHECK(!rule.error().message().empty(), "a refusal has a reason");
    return 0;
  }
  GC_CHECK(rule->site.has_value() != rule->place.has_value(), "one place is watched");
  const std::string kept = alerts::EncodeAlertRule(*rule);
  const auto again = alerts::ParseAlertRule(kept);
  GC_CHECK(again.ok(), "what is kept can be read");
  GC_CHECK(*again == *rule, "and says the same");
  alerts::AlertState state;
  base::Timestamp now;
  for (const double value : {rule->threshold, rule->threshold + 1, rule->threshold - 1,
                             rule->clear_at, rule->threshold + 1}) {
    now += std::chrono::hours(7);
    const alerts::Step step = alerts::Advance(*rule, state, {.value = value, .episode = {}}, now);
    const bool told = step.state.phase == alerts::Phase::kTold;
    GC_CHECK(step.event != alerts::EventKind::kRaised || told, "what is told is noted");
    state = step.state;
  }
  return 0;
}
