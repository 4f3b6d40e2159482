#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/geoclimate/alert_service.h"
#include "apps/geoclimate/shared_cache.h"
#include "apps/geoclimate/source_settings.h"
#include "geoclimate/access/key_ring.h"
#include "geoclimate/access/rate_limit.h"
#include "geoclimate/access/token_verifier.h"
#include "geoclimate/base/error.h"
#include "geoclimate/base/log.h"
#include "geoclimate/base/result.h"
#include "geoclimate/blob/s3/s3_options.h"
#include "geoclimate/formats/yaml.h"
#include "geoclimate/inference/prediction_cache.h"
#include "geoclimate/prediction_log/prediction_log.h"
#include "geoclimate/server/grpc/grpc_server.h"
#include "geoclimate/server/http/routes/routes.h"
#include "geoclimate/server/http/server.h"
#include "geoclimate/service/forecasts.h"
#include "geoclimate/service/issuer.h"
#include "geoclimate/service/models.h"
#include "geoclimate/store/postgres/postgres_store.h"

namespace geoclimate::app {

// What config/performance.yaml says, as the options of the modules. The defaults are the modules'
// own but for the ports.
struct Settings {
  Settings();

  // All three listeners are set; gzip_minimum_bytes, keyless and the host of metrics follow from
  // others: see ServerOptions().
  server::http::ServerOptions server;
  // Every caller shows a key or a token, those of this machine too.
  bool auth_required = false;
  // How long keys that are known open while the database cannot be asked.
  std::chrono::seconds trust_keys_for = access::KeyRingOptions().trust_for;
  access::TokenOptions tokens;
  bool rate_limiting_enabled = true;
  access::RateLimitOptions rate;
  bool gzip_enabled = true;
  std::size_t gzip_minimum_size = 1000;
  server::http::routes::PredictionLimits prediction;
  service::ModelsOptions models;
  // Of the threads that score what is too long for an I/O thread; 0: one per CPU of the quota.
  int compute_threads = 0;
  bool prediction_cache_enabled = true;
  inference::PredictionCacheOptions prediction_cache;
  SharedCacheSettings shared_cache;
  bool prediction_log_enabled = true;
  prediction_log::PredictionLogOptions prediction_log;
  service::ForecastsOptions forecasts;
  service::IssuerOptions issuer;
  SourcesSettings sources;
  AlertSettings alerts;
  ResilienceSettings resilience;
  // file:///PATH or s3://BUCKET/PREFIX; empty: the data directory.
  std::string storage_url;
  // Of a bucket, but for its name and prefix: see Bucket().
  blob::S3Options s3;
  // Empty: credentials come from the environment.
  std::filesystem::path s3_credentials_file;
  // PEM of the authorities that its certificate is held against; empty: the system's.
  std::filesystem::path s3_ca_file;
  // The URL itself comes from the file that url_file names or from the environment, and is never
  // shown. Empty, both of them: SQLite in the data directory.
  std::string database_url_file;
  std::string database_url;
  store::PostgresPoolOptions database_pool;
  store::PostgresQueryOptions database_query;
  bool UsesPostgres() const { return !database_url_file.empty() || !database_url.empty(); }
  // The URL read, from the environment where it is given there. kNotFound and the like of the file.
  base::Result<store::PostgresOptions> PostgresOptions() const;
  base::LogLevel log_level = base::LogLevel::kInfo;
  base::LogFormat log_format = base::LogFormat::kText;

  server::http::ServerOptions ServerOptions() const;
  // The host, the drain and the limit of a batch are those of the HTTP server.
  std::uint16_t grpc_port = 8001;
  server::grpc::GrpcServerOptions GrpcOptions() const;
  bool StorageIsBucket() const { return storage_url.starts_with("s3://"); }
  // The bucket that storage_url names. kInvalidArgument when it is none, or does not go with the
  // other keys.
  base::Result<blob::S3Options> Bucket() const;
  // The folder that storage_url names.
  std::filesystem::path StorageFolder(const std::filesystem::path& data_dir) const;
};

// Settings, and where each that is not a default came from: "performance.yaml:12" or
// "GEOCLIMATE_API__PORT".
struct LoadedSettings {
  Settings settings;
  std::map<std::string, std::string, std::less<>> origins;  // by path, "api.port"
};

// Every variable whose name begins with GEOCLIMATE_, by name.
using Environment = std::map<std::string, std::string>;
Environment ReadEnvironment();

// Reads a settings file (none: empty path) and lays the environment over it: a variable is
// GEOCLIMATE_ and the path in upper case with "__" between levels. An unknown key, a wrong type or
// a value out of range is an error that names file, line and key; all of them are given.
struct SettingsReading {
  LoadedSettings loaded;
  std::vector<base::Error> errors;
};
SettingsReading ReadSettings(const std::filesystem::path& file, const Environment& environment);

// The same for a verb: the errors joined to one, a line each.
base::Result<LoadedSettings> LoadSettings(const std::filesystem::path& file,
                                          const Environment& environment);

// A line a key, "api.port: 8000  # default", in the order of the file.
std::string RenderSettings(const LoadedSettings& loaded);

}  // namespace geoclimate::app
