#include "apps/geoclimate/serving.h"

#include <algorithm>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <utility>

#include <fmt/format.h>

#include "apps/geoclimate/alert_service.h"
#include "apps/geoclimate/data_folder.h"
#include "apps/geoclimate/live_fetch.h"
#include "apps/geoclimate/shared_cache.h"
#include "apps/geoclimate/storage.h"
#include "apps/geoclimate/storage_stop.h"
#include "geoclimate/access/admin_token.h"
#include "geoclimate/access/audit_log.h"
#include "geoclimate/access/authentication.h"
#include "geoclimate/access/key_ring.h"
#include "geoclimate/access/token_leases.h"
#include "geoclimate/access/token_verifier.h"
#include "geoclimate/base/log.h"
#include "geoclimate/forecast/table_store.h"
#include "geoclimate/inference/prediction_cache.h"
#include "geoclimate/prediction_log/prediction_log.h"
#include "geoclimate/registry/registry.h"
#include "geoclimate/resilience/breaker_panel.h"
#include "geoclimate/server/http/cpu_quota.h"
#include "geoclimate/server/http/lifecycle.h"
#include "geoclimate/server/http/routes/routes.h"
#include "geoclimate/telemetry/metrics.h"
#include "geoclimate/telemetry/process_metrics.h"

namespace geoclimate::app {

namespace http = server::http;

// In the order of construction: each uses only what stands above it.
struct Serving::Parts {
  explicit Parts(const base::Clock& wall_clock) : clock(wall_clock) {}

  const base::Clock& clock;
  telemetry::MetricRegistry metrics;
  // What calls a service outside has its breaker here.
  resilience::BreakerPanel breakers{clock, metrics};
  http::Lifecycle lifecycle;
  std::optional<access::AdminToken> admin_token;
  // Only with a data directory; `keys` also where callers must show them.
  Stores stores;
  std::unique_ptr<Storage> storage;
  std::unique_ptr<SharedRedis> redis;           // null: none is shared
  std::unique_ptr<access::TokenLeases> leases;  // null: rates are this process's own
  std::unique_ptr<access::KeyRing> keys;
  std::unique_ptr<access::AuditLog> audit;
  std::unique_ptr<access::TokenVerifier> tokens;
  std::unique_ptr<access::AddressLimits> address_limits;  // null: no limits of rate
  access::Authentication authentication;
  std::unique_ptr<registry::Registry> registry;
  std::unique_ptr<forecast::TableStore> tables;

  std::unique_ptr<inference::PredictionCache> cache;              // null: switched off
  std::unique_ptr<cache::RedisTier> shared_cache;                 // null: memory only
  std::unique_ptr<prediction_log::PredictionLog> prediction_log;  // null: switched off, or no data
  std::unique_ptr<service::Models> models;
  std::unique_ptr<service::CacheControl> caches;
  std::unique_ptr<service::CacheSharing> sharing;
  std::unique_ptr<service::Sites> sites;
  std::unique_ptr<service::SiteValues> values;
  std::unique_ptr<service::Forecasts> forecasts;
  std::unique_ptr<service::Issuer> issuer;
  std::unique_ptr<service::Skill> skill;
  std::unique_ptr<service::Drift> drift;  // null without a prediction log
  std::unique_ptr<service::Observations> observations;
  std::unique_ptr<AlertService> alerts;   // null: no key that all processes share
  std::unique_ptr<LiveFetch> live_fetch;  // null: no source is enabled
  std::unique_ptr<service::Health> health;
  std::unique_ptr<http::Server> server;
  std::unique_ptr<server::grpc::GrpcServer> grpc;

  base::Result<void> Open(const Settings& settings, const std::filesystem::path& data_dir);
  base::Result<void> OpenKeys(const Settings& settings, const std::filesystem::path& data_dir);
  store::PostgresSurroundings DatabaseSurroundings(const Settings& settings);
  base::Result<void> StartServices(const Settings& settings);
  base::Result<void> StartModels(const Settings& settings,
                                 const std::vector<std::filesystem::path>& files);
  base::Result<void> OpenRedis(const Settings& settings);
  void StartSharedCache(const SharedCacheSettings& settings);
  base::Result<void> StartPredictionLog(const Settings& settings,
                                        const std::filesystem::path& data_dir);
  base::Result<void> StartAlerts(const Settings& settings, const std::filesystem::path& data_dir);
  base::Result<void> StartLiveFetch(const Settings& settings);
  void FollowObservations();
  base::Result<void> StartServer(const Settings& settings);
  http::RouteTable Routes(const Settings& settings);

  std::string_view scheme = "http";
};

namespace {

// Why the process must get no requests now; empty when it may.
std::string NotReady(const http::Lifecycle& lifecycle, const service::Models& models) {
  if (lifecycle.phase() == http::Phase::kStarting) return "starting";
  if (lifecycle.phase() != http::Phase::kServing) return "draining";
  if (models.Served()->available() > 0) return "";
  return models.Failure() ? "no model is in production: the registry cannot be reached"
                          : "no model is in production";
}

base::Result<service::ModelFile> ReadModelFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return base::FromErrno(errno, path.string());
  service::ModelFile model;
  model.name = path.stem().string();
  model.path = path.string();
  model.bytes.assign(std::istreambuf_iterator<char>(file), {});
  if (file.bad()) return base::FromErrno(errno, path.string());
  std::error_code error;
  const auto written = std::filesystem::last_write_time(path, error);
  if (!error) {
    model.modified_at =
        std::chrono::floor<std::chrono::microseconds>(std::chrono::file_clock::to_sys(written));
  }
  return model;
}

}  // namespace

store::PostgresSurroundings Serving::Parts::DatabaseSurroundings(const Settings& settings) {
  if (!settings.UsesPostgres()) return {};
  return {.metrics = &metrics, .breaker = &breakers.Add("database", settings.resilience.database)};
}

base::Result<void> Serving::Parts::Open(const Settings& settings,
                                        const std::filesystem::path& data_dir) {
  if (!std::filesystem::is_directory(data_dir)) {
    return base::NotFound(fmt::format(
        "there is no data directory '{}': make one with 'geoclimate ingest', name another with "
        "--data-dir, or serve model files with --model",
        data_dir.string()));
  }
  telemetry::AddDiskMetrics(metrics, "data", data_dir);
  GC_ASSIGN_OR_RETURN(admin_token, access::AdminToken::LoadOrCreate(data_dir));
  GC_ASSIGN_OR_RETURN(stores,
                      OpenStores(settings, data_dir, clock, DatabaseSurroundings(settings)));
  GC_ASSIGN_OR_RETURN(storage, OpenStorage(settings, data_dir,
                                           {clock, metrics, breakers, StorageCopyPath(data_dir)}));
  registry = std::make_unique<registry::Registry>(storage->blobs(), clock);
  tables = std::make_unique<forecast::TableStore>(storage->blobs(), clock);
  audit = std::make_unique<access::AuditLog>(*stores.audit, clock, &metrics);
  return {};
}

base::Result<void> Serving::Parts::OpenRedis(const Settings& settings) {
  if (!settings.shared_cache.enabled) return {};
  GC_ASSIGN_OR_RETURN(
      redis, OpenSharedRedis(settings.shared_cache,
                             breakers.Add("redis", settings.resilience.redis), clock, metrics));
  if (settings.rate_limiting_enabled) {
    leases = std::make_unique<access::TokenLeases>(redis->pool, redis->breaker, clock, metrics);
  }
  return {};
}

// After Open(), if that is called at all, and OpenRedis().
base::Result<void> Serving::Parts::OpenKeys(const Settings& settings,
                                            const std::filesystem::path& data_dir) {
  if (settings.auth_required) authentication.keyless = access::Keyless::kNever;
  if (admin_token) authentication.admin_token = &*admin_token;
  access::KeyRingOptions options;
  options.trust_for = settings.trust_keys_for;
  if (settings.rate_limiting_enabled) {
    options.rate = settings.rate;
    options.rate->leases = leases.get();
    address_limits = std::make_unique<access::AddressLimits>(*options.rate, clock);
    authentication.addresses = address_limits.get();
  }
  if (settings.tokens.enabled()) {
    GC_ASSIGN_OR_RETURN(tokens, access::TokenVerifier::Open(settings.tokens, options.rate, clock));
    authentication.tokens = tokens.get();
  }
  if (stores.api_keys == nullptr) {
    if (!settings.auth_required) return {};
    if (!settings.UsesPostgres() && !std::filesystem::is_directory(data_dir)) {
      if (tokens != nullptr) return {};
      return base::NotFound(fmt::format(
          "callers must show keys, and there is no data directory '{}' that keeps any: name "
          "another with --data-dir, or make a key with 'geoclimate keys create'",
          data_dir.string()));
    }
    GC_ASSIGN_OR_RETURN(Stores opened,
                        OpenStores(settings, data_dir, clock, DatabaseSurroundings(settings)));
    stores.api_keys = std::move(opened.api_keys);
  }
  GC_ASSIGN_OR_RETURN(keys, access::KeyRing::Start(*stores.api_keys, clock, options));
  authentication.keys = keys.get();
  if (settings.auth_required && tokens == nullptr && keys->Table()->size() == 0) {
    base::Log(base::LogLevel::kWarning, "serve",
              "nobody can call yet: make a key with 'geoclimate keys create'");
  }
  return {};
}

base::Result<void> Serving::Parts::StartModels(const Settings& settings,
                                               const std::vector<std::filesystem::path>& files) {
  std::vector<service::ModelFile> read;
  for (const std::filesystem::path& path : files) {
    GC_ASSIGN_OR_RETURN(service::ModelFile file, ReadModelFile(path));
    read.push_back(std::move(file));
  }
  service::ModelsOptions options = settings.models;
  options.audit = audit.get();
  options.compute_threads =
      settings.compute_threads > 0 ? settings.compute_threads : http::CpuQuota();
  if (settings.prediction_cache_enabled) {
    inference::PredictionCacheOptions cache_options = settings.prediction_cache;
    // Strangers choose the rows: they must not know which of them collide.
    cache_options.memory.seed = std::random_device()();
    GC_RETURN_IF_ERROR(cache_options.Validate());
    cache = std::make_unique<inference::PredictionCache>(cache_options, clock, metrics);
    StartSharedCache(settings.shared_cache);
  }
  GC_ASSIGN_OR_RETURN(models, service::Models::Start(registry.get(), read, options, metrics, clock,
                                                     cache.get(), prediction_log.get()));
  if (storage != nullptr && cache != nullptr) {
    GC_ASSIGN_OR_RETURN(caches,
                        service::CacheControl::Start(storage->blobs(), *cache, *models, clock));
  }
  if (shared_cache != nullptr) {
    // After the orders to the caches have been read: they are part of the keys.
    sharing =
        std::make_unique<service::CacheSharing>(*cache, clock, settings.shared_cache.Sharing());
  }
  return {};
}

void Serving::Parts::StartSharedCache(const SharedCacheSettings& settings) {
  if (redis == nullptr) return;
  shared_cache = std::make_unique<cache::RedisTier>(redis->pool, redis->breaker, settings.tier,
                                                    clock, metrics);
  cache->Share(*shared_cache);
}

base::Result<void> Serving::Parts::StartPredictionLog(const Settings& settings,
                                                      const std::filesystem::path& data_dir) {
  if (!settings.prediction_log_enabled || settings.prediction_log.sample == 0) return {};
  prediction_log::PredictionLogOptions options = settings.prediction_log;
  std::random_device random;
  options.process_id = std::uint64_t{random()} << 32U | random();
  options.seed = options.process_id;
  std::unique_ptr<prediction_log::SpillFolder> spill;
  if (options.spill_bytes > 0) {
    GC_ASSIGN_OR_RETURN(spill, prediction_log::SpillFolder::Open(PredictionSpillPath(data_dir),
                                                                 options.spill_bytes));
  }
  GC_ASSIGN_OR_RETURN(prediction_log,
                      prediction_log::PredictionLog::Start(*stores.prediction_log, std::move(spill),
                                                           options, clock, metrics));
  return {};
}

base::Result<void> Serving::Parts::StartServices(const Settings& settings) {
  store::ObservationStore& store = *stores.observations;
  GC_ASSIGN_OR_RETURN(sites, service::Sites::Start(store, settings.forecasts.watch_interval));
  values = std::make_unique<service::SiteValues>(store);
  GC_ASSIGN_OR_RETURN(
      forecasts, service::Forecasts::Start(*tables, store, clock, metrics, settings.forecasts));
  GC_ASSIGN_OR_RETURN(observations, service::Observations::Open(store, *sites, clock,
                                                                [this] { FollowObservations(); }));
  return {};
}

base::Result<void> Serving::Parts::StartAlerts(const Settings& settings,
                                               const std::filesystem::path& data_dir) {
  if (settings.UsesPostgres() && settings.alerts.key_file.empty()) {
    base::Log(base::LogLevel::kInfo, "serve",
              "there are no alerts: processes on one database share a key that signs, which "
              "alerts.key_file names");
    return {};
  }
  GC_ASSIGN_OR_RETURN(
      alerts, AlertService::Start(settings.alerts, data_dir,
                                  {.store = *stores.alerts,
                                   .observations = *stores.observations,
                                   .blobs = storage->blobs(),
                                   .breaker = breakers.Add("webhook", settings.resilience.webhook),
                                   .sources = {*sites, *values, *forecasts, *models},
                                   .clock = clock,
                                   .metrics = metrics}));
  return {};
}

base::Result<void> Serving::Parts::StartLiveFetch(const Settings& settings) {
  GC_ASSIGN_OR_RETURN(
      live_fetch, LiveFetch::Start({settings, *stores.observations, storage->blobs(), clock,
                                    metrics, breakers, *audit, [this] { FollowObservations(); }}));
  return {};
}

// What is computed from observations is looked at again.
void Serving::Parts::FollowObservations() {
  sites->Nudge();
  if (issuer != nullptr) issuer->Nudge();
  if (skill != nullptr) skill->Nudge();
  if (alerts != nullptr) alerts->alerts().Nudge();
}

http::RouteTable Serving::Parts::Routes(const Settings& settings) {
  namespace routes = http::routes;
  http::RouteTable table;
  routes::AddSharedSchemas(table);
  routes::AddRootRoute(GEOCLIMATE_VERSION, table);
  routes::AddHealthRoutes(*health, lifecycle, table);
  routes::AddMetricsRoutes(metrics, table);
  routes::AddUsageRoute(table);
  routes::AddPredictRoute(*models, clock, table);
  routes::AddExplainRoute(*models, table);
  routes::AddPredictBatchRoute(*models, clock, settings.prediction, table);
  routes::AddModelRoutes(*models, table);
  routes::AddModelCardRoute(*models, table);
  routes::AddAqiRoute(table);
  routes::AddV2ServiceRoutes(GEOCLIMATE_VERSION, *models, lifecycle, table);
  routes::AddV2ModelRoutes(*models, settings.prediction, table);
  routes::AddV2StatisticsRoutes(*models, table);
  routes::AddV2RepositoryRoutes(*models, table);
  routes::AddV2InferRoutes(*models, clock, settings.prediction, table);
  if (drift != nullptr) routes::AddModelDriftRoute(*models, *drift, table);
  if (registry == nullptr) return table;
  const routes::Management management(clock, audit.get());
  routes::AddAuditRoute(*audit, table);
  routes::AddModelHistoryRoute(*models, table);
  routes::AddPromoteRoute(*models, management, table);
  routes::AddAliasRoute(*models, management, table);
  routes::AddRollbackRoute(*models, management, table);
  routes::AddTrafficRoutes(*models, management, table);
  routes::AddVersionPolicyRoute(*models, management, table);
  routes::AddV2RepositoryControlRoutes(*models, management, table);
  if (caches != nullptr) {
    routes::AddCacheStateRoute(*caches, table);
    routes::AddCacheClearRoute(*caches, management, table);
    routes::AddCacheWarmRoute(*caches, management, table);
  }
  routes::AddSiteRoutes(*sites, *values, *forecasts, table);
  routes::AddCurrentRoute(*sites, *values, *forecasts, table);
  const http::ServerOptions options = settings.ServerOptions();
  routes::AddForecastRoute(
      *forecasts, *models,
      {.minimum_bytes = options.gzip_minimum_bytes, .level = options.gzip_level}, table);
  routes::AddHistoryRoute(*sites, *values, table);
  routes::AddSkillRoute(*skill, table);
  routes::AddObservationsRoute(*observations, audit.get(), table);
  if (alerts != nullptr) routes::AddAlertRoutes(alerts->alerts(), management, table);
  return table;
}

base::Result<void> Serving::Parts::StartServer(const Settings& settings) {
  telemetry::AddProcessMetrics(metrics, GEOCLIMATE_VERSION);
  health = std::make_unique<service::Health>(GEOCLIMATE_VERSION, *models, forecasts.get(), clock,
                                             &breakers);
  http::ServerOptions options = settings.ServerOptions();
  if (options.tls.enabled()) scheme = "https";
  if (registry == nullptr) options.management_listener.reset();
  GC_ASSIGN_OR_RETURN(server, http::Server::Start(options, Routes(settings),
                                                  {.authentication = &authentication,
                                                   .metrics = &metrics,
                                                   .clock = &clock,
                                                   .lifecycle = &lifecycle,
                                                   .swaps = &models->swaps()}));
  GC_ASSIGN_OR_RETURN(
      grpc, server::grpc::GrpcServer::Start(settings.GrpcOptions(), &authentication, *models, clock,
                                            [this] { return NotReady(lifecycle, *models); }));
  lifecycle.set_phase(http::Phase::kServing);
  return {};
}

Serving::Serving(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Serving::~Serving() {
  parts_->grpc.reset();
  parts_->server.reset();
  if (parts_->storage == nullptr) return;
  // A moment for a table that is being published, so that the lease on it is given back; then
  // nothing waits for the storage any more, neither the issuer nor the watchers that end after it.
  constexpr auto kGrace = std::chrono::seconds(3);
  const StorageStop stop(*parts_->storage, kGrace);
  parts_->live_fetch.reset();
  parts_->alerts.reset();
  parts_->issuer.reset();
}

base::Result<std::unique_ptr<Serving>> Serving::Start(const Settings& settings,
                                                      const ServingSources& sources,
                                                      const base::Clock& clock) {
  auto parts = std::make_unique<Parts>(clock);
  GC_ASSIGN_OR_RETURN(std::unique_ptr<service::WeatherFiles> weather,
                      OpenWeather(sources.weather, std::cerr));
  const bool with_data = sources.model_files.empty();
  if (with_data) GC_RETURN_IF_ERROR(parts->Open(settings, sources.data_dir));
  GC_RETURN_IF_ERROR(parts->OpenRedis(settings));
  GC_RETURN_IF_ERROR(parts->OpenKeys(settings, sources.data_dir));
  if (with_data) GC_RETURN_IF_ERROR(parts->StartPredictionLog(settings, sources.data_dir));
  GC_RETURN_IF_ERROR(parts->StartModels(settings, sources.model_files));
  if (with_data) {
    GC_RETURN_IF_ERROR(parts->StartServices(settings));
    GC_ASSIGN_OR_RETURN(
        parts->skill,
        service::Skill::Start(*parts->stores.observations, *parts->stores.issued_forecasts, clock,
                              parts->metrics, {}, parts->stores.skill.get()));
    if (parts->prediction_log != nullptr) {
      service::DriftOptions options;
      options.window_days =
          std::min(options.window_days, settings.prediction_log.bounds.retention_days + 1);
      GC_ASSIGN_OR_RETURN(
          parts->drift, service::Drift::Start(*parts->models, *parts->stores.prediction_log, clock,
                                              parts->metrics, options));
    }
    service::IssuerOptions issuer = settings.issuer;
    issuer.audit = parts->audit.get();
    GC_ASSIGN_OR_RETURN(
        parts->issuer,
        service::Issuer::Start(*parts->stores.observations, *parts->stores.issued_forecasts,
                               *parts->tables, *parts->models, *parts->forecasts, clock, issuer,
                               std::move(weather)));
    GC_RETURN_IF_ERROR(parts->StartAlerts(settings, sources.data_dir));
    GC_RETURN_IF_ERROR(parts->StartLiveFetch(settings));
  }
  if (parts->storage != nullptr) parts->storage->EndStart();
  // Last: what a request reaches is there before the first one comes.
  GC_RETURN_IF_ERROR(parts->StartServer(settings));
  return std::unique_ptr<Serving>(new Serving(std::move(parts)));
}

http::Server& Serving::server() {
  return *parts_->server;
}

server::grpc::GrpcServer& Serving::grpc() {
  return *parts_->grpc;
}

std::string Serving::Summary() const {
  const http::Server& server = *parts_->server;
  const std::string base =
      fmt::format("{}://127.0.0.1:{}", parts_->scheme, server.port(http::Listener::kPublic));
  std::string text = fmt::format("geo-climate {} serves {} models", GEOCLIMATE_VERSION,
                                 parts_->models->Served()->available());
  std::string try_these = fmt::format("  {}/docs\n  {}/health\n  {}/models\n", base, base, base);
  if (parts_->forecasts != nullptr) {
    const auto table = parts_->forecasts->Current(parts_->clock.Now());
    if (table.ok() && !(*table)->content().sites.empty()) {
      const forecast::TableContent& content = (*table)->content();
      text += fmt::format(" and the forecasts of {} sites as of {}", content.sites.size(),
                          base::FormatDay(content.as_of));
      const std::string site = content.sites.front().id.ToString();
      try_these += fmt::format("  {}/v1/forecast?site={}\n  {}/v1/current?site={}\n", base, site,
                               base, site);
    } else if (!table.ok()) {
      text += fmt::format("; {}", table.error().message());
    }
    try_these += fmt::format("  {}://127.0.0.1:{} (management, with the token in admin.token)\n",
                             parts_->scheme, server.port(http::Listener::kManagement));
  }
  try_these +=
      fmt::format("  grpc://127.0.0.1:{} (Open Inference Protocol)\n", parts_->grpc->port());
  try_these +=
      fmt::format("  http://127.0.0.1:{}/metrics\n", server.port(http::Listener::kMetrics));
  return text + "\n" + try_these;
}

}  // namespace geoclimate::app
