#include "geoclimate/service/health.h"

#include <chrono>
#include <utility>

#include <fmt/format.h>

namespace geoclimate::service {
namespace {

// A database that has not answered for so long is in trouble, whether or not a look has failed yet:
// it is asked every two seconds.
constexpr std::chrono::seconds kLongestLook{10};

// A breaker that is not closed keeps answers from being as good as they could be.
ComponentHealth CheckBreaker(const resilience::BreakerReading& breaker) {
  const bool closed = breaker.state == resilience::BreakerState::kClosed;
  std::string detail =
      fmt::format("{}, {} of the latest {} calls failed, {} slow, {} refused",
                  resilience::BreakerStateName(breaker.state), breaker.counts.failed,
                  breaker.counts.calls, breaker.counts.slow, breaker.refused);
  if (breaker.state == resilience::BreakerState::kOpen) {
    const auto wait = std::chrono::ceil<std::chrono::seconds>(breaker.until_probe);
    detail += fmt::format(", tried again in {} s", wait.count());
  }
  return {.name = "breaker." + breaker.name,
          .status = closed ? HealthStatus::kHealthy : HealthStatus::kDegraded,
          .detail = std::move(detail)};
}

}  // namespace

Health::Health(std::string version, const Models& models, const Forecasts* forecasts,
               const base::Clock& clock, const resilience::BreakerPanel* breakers)
    : version_(std::move(version)),
      models_(models),
      forecasts_(forecasts),
      clock_(clock),
      breakers_(breakers),
      started_at_(clock.MonotonicNow()) {}

HealthReport Health::Check() const {
  HealthReport report{.status = HealthStatus::kHealthy,
                      .version = version_,
                      .uptime = std::chrono::duration_cast<std::chrono::seconds>(
                          clock_.MonotonicNow() - started_at_),
                      .at = clock_.Now(),
                      .components = {}};
  report.components.push_back(CheckModels());
  if (forecasts_ != nullptr) report.components.push_back(CheckForecasts());
  if (forecasts_ != nullptr) report.components.push_back(CheckDatabase());
  for (const resilience::BreakerReading& breaker : Breakers()) {
    report.components.push_back(CheckBreaker(breaker));
  }
  for (const ComponentHealth& component : report.components) {
    if (component.status == HealthStatus::kDegraded) report.status = HealthStatus::kDegraded;
  }
  return report;
}

std::vector<resilience::BreakerReading> Health::Breakers() const {
  return breakers_ == nullptr ? std::vector<resilience::BreakerReading>() : breakers_->Read();
}

ComponentHealth Health::CheckModels() const {
  const auto served = models_.Served();
  ComponentHealth health{.name = "models", .status = HealthStatus::kHealthy, .detail = {}};
  std::string failures;
  for (const ServedModel& model : served->models()) {
    if (!model.failure) continue;
    failures += fmt::format("; '{}' could not be loaded: {}", model.description.model_id,
                            model.failure->message());
  }
  if (served->available() == 0 || !failures.empty()) health.status = HealthStatus::kDegraded;
  health.detail = fmt::format("{} in production{}", served->available(), failures);
  if (const auto failure = models_.Failure()) {
    health.status = HealthStatus::kDegraded;
    health.detail += fmt::format("; changes cannot be followed: {}", failure->message());
  }
  return health;
}

ComponentHealth Health::CheckForecasts() const {
  const auto table = forecasts_->Current(clock_.Now());
  if (!table.ok()) {
    return {
        .name = "forecasts", .status = HealthStatus::kDegraded, .detail = table.error().message()};
  }
  const forecast::TableContent& content = (*table)->content();
  return {.name = "forecasts",
          .status = HealthStatus::kHealthy,
          .detail = fmt::format("{} sites as of {}, issued {}", content.sites.size(),
                                base::FormatDay(content.as_of),
                                base::FormatTimestamp(content.issued_at))};
}

ComponentHealth Health::CheckDatabase() const {
  const DatabaseReading reading = forecasts_->Database();
  ComponentHealth health{.name = "database", .status = HealthStatus::kDegraded, .detail = {}};
  if (reading.failure) {
    health.detail = reading.failure->message();
  } else if (reading.since_answer > kLongestLook) {
    health.detail = fmt::format("it has not answered for {} s", reading.since_answer.count());
  } else {
    health.status = HealthStatus::kHealthy;
    health.detail = reading.newest_day ? fmt::format("newest observation of {}",
                                                     base::FormatDay(*reading.newest_day))
                                       : std::string("no observation yet");
  }
  return health;
}

}  // namespace geoclimate::service
