#pragma once

#include <string>
#include <string_view>

#include "geoclimate/alerts/alert_rule.h"
#include "geoclimate/alerts/alert_state.h"
#include "geoclimate/base/clock.h"
#include "geoclimate/service/alert_readings.h"

namespace geoclimate::service {

// The body that a webhook gets (docs/alerts.md): the same text each time it is tried.
std::string RenderAlertEvent(std::string_view event_id, std::string_view alert_id,
                             alerts::EventKind kind, const alerts::AlertRule& rule,
                             const AlertReading& reading, base::Timestamp now);

}  // namespace geoclimate::service
