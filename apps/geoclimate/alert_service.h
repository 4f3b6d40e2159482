#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "geoclimate/alerts/signing.h"
#include "geoclimate/alerts/webhook_client.h"
#include "geoclimate/base/clock.h"
#include "geoclimate/base/result.h"
#include "geoclimate/resilience/circuit_breaker.h"
#include "geoclimate/service/alerts.h"

namespace geoclimate::app {

// "alerts" of the settings.
struct AlertSettings {
  // Of the secrets' key; empty: DATA_DIR/alerts.key, made when it is not there.
  std::filesystem::path key_file;
  // Addresses and networks that webhooks may have besides public ones.
  std::vector<std::string> allowed_addresses;
  service::AlertsOptions options;
};

// What alerts run on but for the key and the connections, which AlertService has.
struct AlertSurroundings {
  store::AlertStore& store;
  store::ObservationStore& observations;
  blob::BlobStore& blobs;
  resilience::CircuitBreaker& breaker;
  service::AlertSources sources;
  const base::Clock& clock;
  telemetry::MetricRegistry& metrics;
};

// Alerts with the key that signs and the connections that they go by.
class AlertService {
 public:
  // Errors of the key file and of options.
  static base::Result<std::unique_ptr<AlertService>> Start(const AlertSettings& settings,
                                                           const std::filesystem::path& data_dir,
                                                           const AlertSurroundings& around);
  service::Alerts& alerts() { return *alerts_; }

 private:
  AlertService(alerts::SigningKey key, const base::Clock& clock,
               const alerts::WebhookClientOptions& options)
      : key_(std::move(key)), webhooks_(clock, options) {}

  const alerts::SigningKey key_;
  const alerts::WebhookClient webhooks_;
  std::unique_ptr<service::Alerts> alerts_;
};

}  // namespace geoclimate::app
