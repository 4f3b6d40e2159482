#include "apps/geoclimate/alert_service.h"

#include <random>
#include <utility>

#include "geoclimate/blob/kept_lease.h"

namespace geoclimate::app {

base::Result<std::unique_ptr<AlertService>> AlertService::Start(
    const AlertSettings& settings, const std::filesystem::path& data_dir,
    const AlertSurroundings& around) {
  auto key = settings.key_file.empty() ? alerts::SigningKey::LoadOrCreate(data_dir)
                                       : alerts::SigningKey::Load(settings.key_file);
  if (!key.ok()) return key.error().WithContext("alerts.key_file");
  alerts::WebhookClientOptions webhooks;
  webhooks.user_agent = "geoclimate/" GEOCLIMATE_VERSION;
  GC_ASSIGN_OR_RETURN(webhooks.allowed, access::AddressList::Parse(settings.allowed_addresses));
  std::unique_ptr<AlertService> service(new AlertService(*std::move(key), around.clock, webhooks));
  service::AlertsOptions options = settings.options;
  options.holder = blob::LeaseHolder("geoclimate serve");
  options.seed = std::random_device()();
  GC_ASSIGN_OR_RETURN(service->alerts_, service::Alerts::Start({.store = around.store,
                                                                .observations = around.observations,
                                                                .blobs = around.blobs,
                                                                .webhooks = service->webhooks_,
                                                                .key = service->key_,
                                                                .breaker = around.breaker,
                                                                .sources = around.sources,
                                                                .clock = around.clock,
                                                                .metrics = around.metrics},
                                                               options));
  return service;
}

}  // namespace geoclimate::app
