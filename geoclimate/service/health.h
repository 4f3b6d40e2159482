#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "geoclimate/base/clock.h"
#include "geoclimate/resilience/breaker_panel.h"
#include "geoclimate/service/forecasts.h"
#include "geoclimate/service/models.h"

namespace geoclimate::service {

enum class HealthStatus : std::uint8_t { kHealthy, kDegraded };

struct ComponentHealth {
  std::string name;  // "models", "forecasts", "database", "breaker.redis"
  HealthStatus status = HealthStatus::kHealthy;
  std::string detail;
};

struct HealthReport {
  HealthStatus status = HealthStatus::kHealthy;  // degraded when any component is
  std::string version;
  std::chrono::seconds uptime{0};
  base::Timestamp at;
  std::vector<ComponentHealth> components;
};

// What the parts of the process say of themselves, as far as they know: nothing is asked for it, so
// that a service that hangs delays no answer of it. Of the database it says what the last look of
// `forecasts` found.
//
// Thread-safe. What the constructor is given must outlive it; forecasts are null in a process that
// serves model files alone, breakers in one that calls nobody.
class Health {
 public:
  Health(std::string version, const Models& models, const Forecasts* forecasts,
         const base::Clock& clock, const resilience::BreakerPanel* breakers = nullptr);

  HealthReport Check() const;
  // Versions in production that can be used.
  std::size_t models_available() const { return models_.Served()->available(); }
  // Whether the registry could be followed when it was looked at last.
  bool follows_registry() const { return !models_.Failure().has_value(); }
  std::vector<resilience::BreakerReading> Breakers() const;

 private:
  ComponentHealth CheckModels() const;
  ComponentHealth CheckForecasts() const;
  ComponentHealth CheckDatabase() const;

  const std::string version_;
  const Models& models_;
  const Forecasts* forecasts_;
  const base::Clock& clock_;
  const resilience::BreakerPanel* breakers_;
  const base::Instant started_at_;
};

}  // namespace geoclimate::service
