#include "apps/geoclimate/settings_keys.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <iterator>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "apps/geoclimate/alert_keys.h"
#include "apps/geoclimate/resilience_keys.h"
#include "apps/geoclimate/setting_kinds.h"
#include "geoclimate/base/day.h"
#include "geoclimate/formats/signature.h"

namespace geoclimate::app {
namespace {

using formats::YamlValue;

SettingsKey AsOf() {
  return {.path = "forecast.as_of",
          .read = [](const YamlValue& value, Settings& settings) -> base::Result<void> {
            settings.forecasts.as_of.reset();
            if (value.is_null()) return {};
            GC_ASSIGN_OR_RETURN(const std::string text, value.AsString());
            const auto day = base::ParseDay(text);
            if (!day.ok()) return value.Invalid(day.error().message());
            settings.forecasts.as_of = *day;
            return {};
          },
          .show =
              [](const Settings& settings) {
                const auto& day = settings.forecasts.as_of;
                return day ? base::FormatDay(*day) : std::string("null");
              }};
}

SettingsKey StorageUrl() {
  SettingsKey key = Text("storage.url", [](auto& s) -> auto& { return s.storage_url; });
  key.read = [](const YamlValue& value, Settings& settings) -> base::Result<void> {
    GC_ASSIGN_OR_RETURN(std::string url, value.AsString());
    if (!url.empty() && !url.starts_with("file:///") && !url.starts_with("s3://")) {
      return value.Invalid(fmt::format("'{}' is neither file:///PATH nor s3://BUCKET/PREFIX", url));
    }
    settings.storage_url = std::move(url);
    return {};
  };
  return key;
}

// Numbers of rows, ascending.
template <typename Access>
SettingsKey RowCounts(std::string_view path, Access access) {
  return {.path = path,
          .read = [=](const YamlValue& value, Settings& settings) -> base::Result<void> {
            auto& counts = access(settings);
            counts.clear();
            if (value.is_null()) return {};
            GC_ASSIGN_OR_RETURN(const std::vector<std::string> texts, value.AsStrings());
            for (const std::string& text : texts) {
              std::size_t count = 0;
              const auto end = text.data() + text.size();
              const auto [stop, error] = std::from_chars(text.data(), end, count);
              if (error != std::errc() || stop != end || count == 0 ||
                  (!counts.empty() && count <= counts.back())) {
                return value.Invalid("must be rising numbers of rows");
              }
              counts.push_back(count);
            }
            return {};
          },
          .show = [=](const Settings& settings) { return fmt::format("{}", access(settings)); }};
}

// Names of signature algorithms.
SettingsKey Algorithms() {
  return {.path = "auth.jwt.algorithms",
          .read = [](const YamlValue& value, Settings& settings) -> base::Result<void> {
            GC_ASSIGN_OR_RETURN(const std::vector<std::string> names, value.AsStrings());
            settings.tokens.algorithms.clear();
            for (const std::string& name : names) {
              const auto algorithm = formats::ParseSignatureAlgorithm(name);
              if (!algorithm) {
                return value.Invalid(fmt::format("'{}' is none of HS256, RS256, EdDSA", name));
              }
              settings.tokens.algorithms.push_back(*algorithm);
            }
            return {};
          },
          .show =
              [](const Settings& settings) {
                std::vector<std::string_view> names;
                for (const auto algorithm : settings.tokens.algorithms) {
                  names.push_back(formats::SignatureAlgorithmName(algorithm));
                }
                return fmt::format("{}", names);
              }};
}

std::vector<SettingsKey> ApiKeys() {
  constexpr std::int64_t kPorts = 65535;
  return {
      Text("api.host", [](auto& s) -> auto& { return s.server.public_listener->host; }),
      Integer("api.port", 0, kPorts,
              [](auto& s) -> auto& { return s.server.public_listener->port; }),
      Integer("api.grpc_port", 0, kPorts, [](auto& s) -> auto& { return s.grpc_port; }),
      Text("api.management.host",
           [](auto& s) -> auto& { return s.server.management_listener->host; }),
      Integer("api.management.port", 0, kPorts,
              [](auto& s) -> auto& { return s.server.management_listener->port; }),
      Integer("api.metrics_port", 0, kPorts,
              [](auto& s) -> auto& { return s.server.metrics_listener->port; }),
      Integer("api.workers", 0, 1024, [](auto& s) -> auto& { return s.server.threads; }),
      Time<std::chrono::seconds>("api.keepalive_seconds", 1, 86'400,
                                 [](auto& s) -> auto& { return s.server.idle_timeout; }),
      Time<std::chrono::milliseconds>("api.request_timeout_ms", 1, 3'600'000,
                                      [](auto& s) -> auto& { return s.server.request_timeout; }),
      Integer("api.max_body_bytes", 1024, std::int64_t{1} << 32,
              [](auto& s) -> auto& { return s.server.max_body_bytes; }),
      Integer("api.max_connections", 1, 1 << 20,
              [](auto& s) -> auto& { return s.server.max_connections; }),
      Time<std::chrono::seconds>("api.drain_seconds", 0, 3600,
                                 [](auto& s) -> auto& { return s.server.drain_time; }),
      Texts("api.allowed_hosts", [](auto& s) -> auto& { return s.server.allowed_hosts; }),
      Flag("api.gzip.enabled", [](auto& s) -> auto& { return s.gzip_enabled; }),
      Integer("api.gzip.minimum_size", 0, 1 << 30,
              [](auto& s) -> auto& { return s.gzip_minimum_size; }),
      Integer("api.gzip.level", 1, 9, [](auto& s) -> auto& { return s.server.gzip_level; }),
      Flag("api.rate_limiting.enabled", [](auto& s) -> auto& { return s.rate_limiting_enabled; }),
      Integer("api.rate_limiting.requests_per_minute", 1, 1'000'000'000,
              [](auto& s) -> auto& { return s.rate.requests_per_minute; }),
      Integer("api.rate_limiting.burst", 1, 1'000'000'000,
              [](auto& s) -> auto& { return s.rate.burst; }),
      Texts("api.rate_limiting.trusted_proxies",
            [](auto& s) -> auto& { return s.server.trusted_proxies; }),
      Texts("api.cors.origins", [](auto& s) -> auto& { return s.server.cors_origins; }),
      Path("api.tls.cert_file", [](auto& s) -> auto& { return s.server.tls.certificate; }),
      Path("api.tls.key_file", [](auto& s) -> auto& { return s.server.tls.key; }),
      Path("api.tls.client_ca_file", [](auto& s) -> auto& { return s.server.tls.client_ca; })};
}

std::vector<SettingsKey> AuthKeys() {
  return {Flag("auth.required", [](auto& s) -> auto& { return s.auth_required; }),
          Time<std::chrono::hours>("auth.trust_keys_hours", 1, 24 * 366,
                                   [](auto& s) -> auto& { return s.trust_keys_for; }),
          Algorithms(),
          Path("auth.jwt.key_file", [](auto& s) -> auto& { return s.tokens.key_file; }),
          Path("auth.jwt.jwks_file", [](auto& s) -> auto& { return s.tokens.jwks_file; }),
          Text("auth.jwt.issuer", [](auto& s) -> auto& { return s.tokens.issuer; }),
          Text("auth.jwt.audience", [](auto& s) -> auto& { return s.tokens.audience; })};
}

std::vector<SettingsKey> StorageKeys() {
  using blob::Addressing;
  return {
      StorageUrl(),
      Text("storage.s3.endpoint", [](auto& s) -> auto& { return s.s3.endpoint; }),
      Text("storage.s3.region", [](auto& s) -> auto& { return s.s3.region; }),
      Choice<Addressing>("storage.s3.path_style",
                         {{"false", Addressing::kVirtualHost}, {"true", Addressing::kPathStyle}},
                         [](auto& s) -> auto& { return s.s3.addressing; }),
      Integer("storage.s3.multipart_bytes", std::int64_t{5} << 20, std::int64_t{5} << 30,
              [](auto& s) -> auto& { return s.s3.multipart_bytes; }),
      Path("storage.s3.credentials_file", [](auto& s) -> auto& { return s.s3_credentials_file; }),
      Path("storage.s3.ca_file", [](auto& s) -> auto& { return s.s3_ca_file; }),
      Text("storage.s3.encryption", [](auto& s) -> auto& { return s.s3.encryption; }),
      Text("storage.s3.kms_key_id", [](auto& s) -> auto& { return s.s3.kms_key_id; })};
}

std::vector<SettingsKey> ServingKeys() {
  using inference::InstancePolicy;
  using std::chrono::microseconds;
  using std::chrono::milliseconds;
  constexpr std::int64_t kSecond = 1'000'000;
  return {
      Integer("serving.batch.max_size", 1, 1'000'000,
              [](auto& s) -> auto& { return s.prediction.max_batch_rows; }),
      Time<microseconds>("serving.batching.inline_below_us", 0, kSecond,
                         [](auto& s) -> auto& { return s.models.scheduler.inline_below; }),
      Integer("serving.batching.max_rows", 1, 1'000'000,
              [](auto& s) -> auto& { return s.models.scheduler.batcher.batch.max_rows; }),
      RowCounts("serving.batching.preferred_rows",
                [](auto& s) -> auto& { return s.models.scheduler.batcher.batch.preferred_rows; }),
      Time<microseconds>(
          "serving.batching.max_delay_us", 0, kSecond,
          [](auto& s) -> auto& { return s.models.scheduler.batcher.batch.max_delay; }),
      Time<milliseconds>("serving.batching.max_wait_ms", 1, 60'000,
                         [](auto& s) -> auto& { return s.models.scheduler.batcher.max_wait; }),
      Integer("serving.concurrency.max", 64, 1'000'000,
              [](auto& s) -> auto& { return s.models.scheduler.concurrency.most; }),
      Time<milliseconds>("serving.concurrency.target_ms", 1, 60'000,
                         [](auto& s) -> auto& { return s.models.scheduler.concurrency.target; }),
      Integer("serving.compute_threads", 0, 1024,
              [](auto& s) -> auto& { return s.compute_threads; }),
      Integer("serving.instances", 1, 1024,
              [](auto& s) -> auto& { return s.models.scheduler.instances; }),
      Choice<InstancePolicy>("serving.balancer",
                             {{"least_connections", InstancePolicy::kLeastConnections},
                              {"round_robin", InstancePolicy::kRoundRobin}},
                             [](auto& s) -> auto& { return s.models.scheduler.policy; }),
      Integer("serving.canary.min_requests", 1, 1'000'000'000,
              [](auto& s) -> auto& { return s.models.canary.min_requests; }),
      Number("serving.canary.max_error_increase", 0, 1,
             [](auto& s) -> auto& { return s.models.canary.max_error_increase; }),
      Number("serving.canary.max_latency_ratio", 1, 1000,
             [](auto& s) -> auto& { return s.models.canary.max_latency_ratio; }),
      Integer("serving.warmup_rows", 0, 100'000,
              [](auto& s) -> auto& { return s.models.warmup_rows; })};
}

// "1gb", "512mb", "64kb" or a number of bytes, as redis.conf has it; 0: anything.
base::Result<std::uint64_t> BytesFrom(const YamlValue& value) {
  GC_ASSIGN_OR_RETURN(const std::string text, value.AsString());
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  constexpr std::pair<std::string_view, int> kUnits[] = {
      {"", 0}, {"kb", 10}, {"mb", 20}, {"gb", 30}};
  for (const auto& [unit, bits] : kUnits) {
    constexpr int kMostBits = 50;
    if (error != std::errc() || std::string_view(rest, end) != unit) continue;
    if (number > (std::uint64_t{1} << (kMostBits - bits))) break;
    return number << bits;
  }
  return value.Invalid(fmt::format("'{}' is no number of bytes such as 512mb or 1gb", text));
}

SettingsKey ExpectedMemory() {
  return {.path = "caching.redis.expect.max_memory",
          .read = [](const YamlValue& value, Settings& settings) -> base::Result<void> {
            GC_ASSIGN_OR_RETURN(settings.shared_cache.tier.expect.max_memory, BytesFrom(value));
            return {};
          },
          .show =
              [](const Settings& settings) {
                const std::uint64_t bytes = settings.shared_cache.tier.expect.max_memory;
                constexpr std::pair<const char*, int> kUnits[] = {
                    {"gb", 30}, {"mb", 20}, {"kb", 10}};
                for (const auto& [unit, bits] : kUnits) {
                  const std::uint64_t one = std::uint64_t{1} << bits;
                  if (bytes > 0 && bytes % one == 0) return fmt::format("{}{}", bytes / one, unit);
                }
                return fmt::format("{}", bytes);
              }};
}

std::vector<SettingsKey> RedisKeys() {
  using std::chrono::milliseconds;
  using std::chrono::seconds;
  return {
      Flag("caching.redis.enabled", [](auto& s) -> auto& { return s.shared_cache.enabled; }),
      Text("caching.redis.url_file", [](auto& s) -> auto& { return s.shared_cache.url_file; }),
      Time<seconds>("caching.redis.ttl_seconds", 1, 604'800,
                    [](auto& s) -> auto& { return s.shared_cache.tier.ttl; }),
      Time<milliseconds>("caching.redis.timeout_ms", 1, 10'000,
                         [](auto& s) -> auto& { return s.shared_cache.tier.timeout; }),
      Integer("caching.redis.pool", 1, 1024,
              [](auto& s) -> auto& { return s.shared_cache.pool.max_connections; }),
      ExpectedMemory(),
      Text("caching.redis.expect.eviction_policy",
           [](auto& s) -> auto& { return s.shared_cache.tier.expect.eviction_policy; }),
      Flag("caching.warm.on_start", [](auto& s) -> auto& { return s.shared_cache.warm_on_start; }),
      Integer("caching.warm.queries", 0, 100'000,
              [](auto& s) -> auto& { return s.shared_cache.warm_queries; })};
}

std::vector<SettingsKey> CachingKeys() {
  return {
      Integer("caching.model_cache.max_models", 1, 100'000,
              [](auto& s) -> auto& { return s.models.max_models; }),
      Flag("caching.prediction_cache.enabled",
           [](auto& s) -> auto& { return s.prediction_cache_enabled; }),
      Integer("caching.prediction_cache.max_bytes", 1 << 18, std::int64_t{1} << 38,
              [](auto& s) -> auto& { return s.prediction_cache.memory.max_bytes; }),
      Time<std::chrono::seconds>("caching.prediction_cache.ttl_seconds", 1, 86'400,
                                 [](auto& s) -> auto& { return s.prediction_cache.memory.ttl; }),
      Number("caching.prediction_cache.quantum", 0, 0.1,
             [](auto& s) -> auto& { return s.prediction_cache.quantum; }),
      Integer("caching.prediction_cache.warm_rows", 0, 100'000,
              [](auto& s) -> auto& { return s.models.cache_warm_rows; })};
}

std::vector<SettingsKey> PredictionLogKeys() {
  constexpr std::int64_t kMostBytes = std::int64_t{1} << 44;
  return {Flag("prediction_log.enabled", [](auto& s) -> auto& { return s.prediction_log_enabled; }),
          Number("prediction_log.sample", 0, 1,
                 [](auto& s) -> auto& { return s.prediction_log.sample; }),
          Integer("prediction_log.retention_days", 0, 3660,
                  [](auto& s) -> auto& { return s.prediction_log.bounds.retention_days; }),
          Integer("prediction_log.max_bytes", 1 << 20, kMostBytes,
                  [](auto& s) -> auto& { return s.prediction_log.bounds.max_bytes; }),
          Integer("prediction_log.spill_bytes", 0, kMostBytes,
                  [](auto& s) -> auto& { return s.prediction_log.spill_bytes; })};
}

std::vector<SettingsKey> DatabaseKeys() {
  using std::chrono::milliseconds;
  using std::chrono::seconds;
  constexpr std::int64_t kDay = 86'400'000;
  return {Text("database.url_file", [](auto& s) -> auto& { return s.database_url_file; }),
          Integer("database.pool.min_size", 0, 1000,
                  [](auto& s) -> auto& { return s.database_pool.min_size; }),
          Integer("database.pool.max_size", 1, 1000,
                  [](auto& s) -> auto& { return s.database_pool.max_size; }),
          Time<milliseconds>("database.pool.acquire_timeout_ms", 1, kDay,
                             [](auto& s) -> auto& { return s.database_pool.acquire_timeout; }),
          Time<seconds>("database.pool.idle_seconds", 0, kDay / 1000,
                        [](auto& s) -> auto& { return s.database_pool.idle_limit; }),
          Time<seconds>("database.pool.health_check_seconds", 1, kDay / 1000,
                        [](auto& s) -> auto& { return s.database_pool.health_check_interval; }),
          Flag("database.query.prepared_statements",
               [](auto& s) -> auto& { return s.database_query.prepared_statements; }),
          Integer("database.query.bulk_batch_rows", 1, 1 << 24,
                  [](auto& s) -> auto& { return s.database_query.bulk_batch_rows; }),
          Time<milliseconds>("database.query.slow_query_ms", 0, kDay,
                             [](auto& s) -> auto& { return s.database_query.slow_after; }),
          Time<milliseconds>("database.query.statement_timeout_ms", 0, kDay,
                             [](auto& s) -> auto& { return s.database_query.statement_timeout; })};
}

std::vector<SettingsKey> OtherKeys() {
  using base::LogFormat;
  using base::LogLevel;
  return {AsOf(),
          Time<std::chrono::minutes>("forecast.issue_every_minutes", 1, 1440,
                                     [](auto& s) -> auto& { return s.issuer.every; }),
          Choice<LogLevel>("monitoring.log_level",
                           {{"debug", LogLevel::kDebug},
                            {"info", LogLevel::kInfo},
                            {"warning", LogLevel::kWarning},
                            {"error", LogLevel::kError},
                            {"off", LogLevel::kOff}},
                           [](auto& s) -> auto& { return s.log_level; }),
          Choice<LogFormat>("monitoring.log_format",
                            {{"text", LogFormat::kText}, {"json", LogFormat::kJson}},
                            [](auto& s) -> auto& { return s.log_format; })};
}

std::vector<SettingsKey> SourcesKeys() {
  using std::chrono::hours;
  using std::chrono::minutes;
  constexpr double kMost = 1e9;
  return {
      Flag("sources.airnow.enabled", [](auto& s) -> auto& { return s.sources.airnow.enabled; }),
      Time<minutes>("sources.airnow.every_minutes", 1, 10080,
                    [](auto& s) -> auto& { return s.sources.airnow.every; }),
      Text("sources.airnow.key_file", [](auto& s) -> auto& { return s.sources.airnow.key_file; }),
      Text("sources.airnow.base_url",
           [](auto& s) -> auto& { return s.sources.airnow.fetch.base_url; }),
      Text("sources.airnow.bbox", [](auto& s) -> auto& { return s.sources.airnow.bbox; }),
      Integer("sources.airnow.hours_per_request", 1, 24,
              [](auto& s) -> auto& { return s.sources.airnow.fetch.hours_per_request; }),
      Number("sources.airnow.requests_per_hour", 1, kMost,
             [](auto& s) -> auto& { return s.sources.airnow.requests_per_hour; }),
      Time<hours>("sources.airnow.first_hours", 1, 24 * 366,
                  [](auto& s) -> auto& { return s.sources.airnow.fetch.span.first; }),
      Time<hours>("sources.airnow.revisit_hours", 0, 24 * 366,
                  [](auto& s) -> auto& { return s.sources.airnow.fetch.span.revisit; }),
      Flag("sources.openaq.enabled", [](auto& s) -> auto& { return s.sources.openaq.enabled; }),
      Time<minutes>("sources.openaq.every_minutes", 1, 10080,
                    [](auto& s) -> auto& { return s.sources.openaq.every; }),
      Text("sources.openaq.key_file", [](auto& s) -> auto& { return s.sources.openaq.key_file; }),
      Text("sources.openaq.base_url",
           [](auto& s) -> auto& { return s.sources.openaq.fetch.base_url; }),
      Text("sources.openaq.bbox", [](auto& s) -> auto& { return s.sources.openaq.bbox; }),
      Texts("sources.openaq.skip_providers",
            [](auto& s) -> auto& { return s.sources.openaq.fetch.skip_providers; }),
      Integer("sources.openaq.page_size", 1, 1000,
              [](auto& s) -> auto& { return s.sources.openaq.fetch.page_size; }),
      Number("sources.openaq.requests_per_minute", 1, kMost,
             [](auto& s) -> auto& { return s.sources.openaq.requests_per_minute; }),
      Number("sources.openaq.requests_per_hour", 1, kMost,
             [](auto& s) -> auto& { return s.sources.openaq.requests_per_hour; }),
      Time<hours>("sources.openaq.first_hours", 1, 24 * 366,
                  [](auto& s) -> auto& { return s.sources.openaq.fetch.span.first; }),
      Time<hours>("sources.openaq.revisit_hours", 0, 24 * 366,
                  [](auto& s) -> auto& { return s.sources.openaq.fetch.span.revisit; }),
      Flag("sources.aqs.enabled", [](auto& s) -> auto& { return s.sources.aqs.enabled; }),
      Time<minutes>("sources.aqs.every_minutes", 1, 44640,
                    [](auto& s) -> auto& { return s.sources.aqs.every; }),
      Text("sources.aqs.key_file", [](auto& s) -> auto& { return s.sources.aqs.key_file; }),
      Text("sources.aqs.email", [](auto& s) -> auto& { return s.sources.aqs.fetch.email; }),
      Text("sources.aqs.base_url", [](auto& s) -> auto& { return s.sources.aqs.fetch.base_url; }),
      Text("sources.aqs.bbox", [](auto& s) -> auto& { return s.sources.aqs.bbox; }),
      Number("sources.aqs.requests_per_minute", 0.1, kMost,
             [](auto& s) -> auto& { return s.sources.aqs.requests_per_minute; }),
      Time<hours>("sources.aqs.first_hours", 24, 24 * 36'600,
                  [](auto& s) -> auto& { return s.sources.aqs.fetch.span.first; }),
      Time<hours>("sources.aqs.revisit_hours", 0, 24 * 36'600,
                  [](auto& s) -> auto& { return s.sources.aqs.fetch.span.revisit; }),
      Time<std::chrono::milliseconds>("sources.request_timeout_ms", 1, 3'600'000,
                                      [](auto& s) -> auto& { return s.sources.request_timeout; })};
}

}  // namespace

std::span<const SettingsKey> SettingsKeys() {
  static const std::vector<SettingsKey> keys = [] {
    std::vector<SettingsKey> all = ApiKeys();
    for (std::vector<SettingsKey> more :
         {DatabaseKeys(), StorageKeys(), CachingKeys(), RedisKeys(), ServingKeys(),
          PredictionLogKeys(), AuthKeys(), OtherKeys(), SourcesKeys(), AlertKeys(),
          ResilienceKeys()}) {
      std::move(more.begin(), more.end(), std::back_inserter(all));
    }
    return all;
  }();
  return keys;
}

}  // namespace geoclimate::app
