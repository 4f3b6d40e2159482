#include "apps/geoclimate/settings.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <fstream>
#include <limits>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "apps/geoclimate/data_folder.h"
#include "apps/geoclimate/settings_keys.h"

namespace geoclimate::app {
namespace {

using formats::YamlValue;

constexpr std::string_view kPrefix = "GEOCLIMATE_";
// No key of the file: a secret.
constexpr std::string_view kDatabaseUrl = "GEOCLIMATE_DATABASE__URL";

const SettingsKey* FindKey(std::string_view path) {
  const auto keys = SettingsKeys();
  const auto found = std::find_if(keys.begin(), keys.end(),
                                  [path](const SettingsKey& key) { return key.path == path; });
  return found == keys.end() ? nullptr : &*found;
}

bool IsSection(std::string_view path) {
  const auto keys = SettingsKeys();
  return std::any_of(keys.begin(), keys.end(), [path](const SettingsKey& key) {
    return key.path.size() > path.size() && key.path.starts_with(path) &&
           key.path[path.size()] == '.';
  });
}

std::string VariableName(std::string_view path) {
  std::string name(kPrefix);
  for (const char c : path) {
    if (c == '.') {
      name += "__";
    } else {
      name += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    }
  }
  return name;
}

// Reads a mapping of the file and everything below it.
class FileReader {
 public:
  FileReader(std::string file, SettingsReading& reading)
      : file_(std::move(file)), reading_(reading) {}

  void Read(const YamlValue& section, const std::string& prefix) {
    for (const auto& [name, value] : section.entries()) {
      const std::string path = prefix.empty() ? name : fmt::format("{}.{}", prefix, name);
      if (const SettingsKey* key = FindKey(path)) {
        Apply(*key, value);
      } else if (!IsSection(path)) {
        reading_.errors.push_back(value.Invalid("unknown key"));
      } else if (value.kind() == YamlValue::Kind::kMapping) {
        Read(value, path);
      } else if (!value.is_null()) {
        reading_.errors.push_back(value.Invalid("expected a mapping of keys"));
      }
    }
  }

 private:
  void Apply(const SettingsKey& key, const YamlValue& value) {
    if (auto read = key.read(value, reading_.loaded.settings); !read.ok()) {
      reading_.errors.push_back(read.error());
    }
    reading_.loaded.origins[std::string(key.path)] = fmt::format("{}:{}", file_, value.line());
  }

  std::string file_;
  SettingsReading& reading_;
};

void ReadFile(const std::filesystem::path& file, SettingsReading& reading) {
  const auto yaml = formats::LoadYaml(file);
  if (!yaml.ok()) {
    reading.errors.push_back(yaml.error());
    return;
  }
  if (yaml->is_null()) return;
  if (yaml->kind() != YamlValue::Kind::kMapping) {
    reading.errors.push_back(yaml->Invalid("expected a mapping of keys"));
    return;
  }
  FileReader(file.string(), reading).Read(*yaml, {});
}

void ReadVariable(const std::string& name, const std::string& text, SettingsReading& reading) {
  if (name == kDatabaseUrl) {
    reading.loaded.settings.database_url = text;
    return;
  }
  const auto keys = SettingsKeys();
  const auto key = std::find_if(keys.begin(), keys.end(), [&name](const SettingsKey& candidate) {
    return VariableName(candidate.path) == name;
  });
  if (key == keys.end()) {
    reading.errors.push_back(
        base::InvalidArgument(fmt::format("{}: there is no such setting", name)));
    return;
  }
  const auto value = formats::ParseYaml(text, name);
  auto read =
      value.ok() ? key->read(*value, reading.loaded.settings) : base::Result<void>(value.error());
  if (!read.ok()) reading.errors.push_back(read.error());
  reading.loaded.origins[std::string(key->path)] = name;
}

}  // namespace

Settings::Settings() {
  constexpr std::uint16_t kPublicPort = 8000;
  constexpr std::uint16_t kManagementPort = 8002;
  constexpr std::uint16_t kMetricsPort = 9090;
  server.public_listener.emplace().port = kPublicPort;
  server.management_listener.emplace().port = kManagementPort;
  server.metrics_listener.emplace().port = kMetricsPort;
}

base::Result<void> ResilienceSettings::Validate() const {
  const std::pair<std::string_view, const resilience::CircuitBreakerOptions*> breakers[] = {
      {"database", &database},
      {"redis", &redis},
      {"storage", &storage},
      {"webhook", &webhook},
      {"sources", &sources}};
  for (const auto& [name, options] : breakers) {
    if (const auto valid = options->Validate(); !valid.ok()) {
      return valid.error().WithContext(fmt::format("resilience.breakers.{}", name));
    }
  }
  return {};
}

server::http::ServerOptions Settings::ServerOptions() const {
  server::http::ServerOptions options = server;
  options.gzip_minimum_bytes =
      gzip_enabled ? gzip_minimum_size : std::numeric_limits<std::size_t>::max();
  options.keyless = auth_required ? access::Keyless::kNever : access::Keyless::kOnLoopback;
  // Where the API is reached, its figures are: scrapers come from other machines too.
  options.metrics_listener->host = options.public_listener->host;
  return options;
}

server::grpc::GrpcServerOptions Settings::GrpcOptions() const {
  return {.version = GEOCLIMATE_VERSION,
          .host = server.public_listener->host,
          .port = grpc_port,
          .keyless = auth_required ? access::Keyless::kNever : access::Keyless::kOnLoopback,
          .trusted_proxies = server.trusted_proxies,
          .tls = server.tls,
          .max_message_bytes = server.max_body_bytes,
          .max_batch_rows = prediction.max_batch_rows,
          .drain_time = server.drain_time,
          .drain_grace = server.drain_grace};
}

base::Result<blob::S3Options> Settings::Bucket() const {
  GC_ASSIGN_OR_RETURN(const blob::S3Options named, blob::ParseS3Url(storage_url));
  blob::S3Options options = s3;
  options.bucket = named.bucket;
  options.prefix = named.prefix;
  if (const auto valid = options.Validate(); !valid.ok()) {
    return valid.error().WithContext("storage.s3");
  }
  return options;
}

std::filesystem::path Settings::StorageFolder(const std::filesystem::path& data_dir) const {
  constexpr std::string_view kScheme = "file://";
  return storage_url.empty() ? StoragePath(data_dir)
                             : std::filesystem::path(storage_url.substr(kScheme.size()));
}

base::Result<store::PostgresOptions> Settings::PostgresOptions() const {
  store::PostgresOptions options{
      .url = database_url, .pool = database_pool, .query = database_query};
  if (options.url.empty()) {
    std::ifstream file(database_url_file);
    std::getline(file, options.url);
    if (!file && !file.eof()) {
      return base::FromErrno(errno, fmt::format("database.url_file '{}'", database_url_file));
    }
    while (!options.url.empty() && std::isspace(static_cast<unsigned char>(options.url.back()))) {
      options.url.pop_back();
    }
    if (options.url.empty()) {
      return base::InvalidArgument(
          fmt::format("database.url_file '{}' is empty: its first line is "
                      "postgresql://USER:PASSWORD@HOST:PORT/NAME",
                      database_url_file));
    }
  }
  return options;
}

Environment ReadEnvironment() {
  Environment environment;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    if (!text.starts_with(kPrefix)) continue;
    const std::size_t equals = text.find('=');
    environment.emplace(text.substr(0, equals), text.substr(std::min(equals + 1, text.size())));
  }
  return environment;
}

SettingsReading ReadSettings(const std::filesystem::path& file, const Environment& environment) {
  SettingsReading reading;
  if (!file.empty()) ReadFile(file, reading);
  for (const auto& [name, text] : environment) ReadVariable(name, text, reading);
  if (const auto valid = reading.loaded.settings.ServerOptions().Validate(); !valid.ok()) {
    reading.errors.push_back(valid.error());
  }
  if (const Settings& settings = reading.loaded.settings; settings.StorageIsBucket()) {
    if (const auto bucket = settings.Bucket(); !bucket.ok()) {
      reading.errors.push_back(bucket.error());
    }
  }
  if (const auto valid = reading.loaded.settings.tokens.Validate(); !valid.ok()) {
    reading.errors.push_back(valid.error());
  }
  if (const auto valid = reading.loaded.settings.resilience.Validate(); !valid.ok()) {
    reading.errors.push_back(valid.error());
  }
  if (const auto valid = reading.loaded.settings.rate.Validate(); !valid.ok()) {
    reading.errors.push_back(valid.error().WithContext("api.rate_limiting"));
  }
  if (const auto valid = reading.loaded.settings.alerts.options.Validate(); !valid.ok()) {
    reading.errors.push_back(valid.error().WithContext("alerts"));
  }
  const store::PostgresOptions database{.url = {},
                                        .pool = reading.loaded.settings.database_pool,
                                        .query = reading.loaded.settings.database_query};
  if (const auto valid = database.Validate(); !valid.ok()) {
    reading.errors.push_back(valid.error().WithContext("database"));
  }
  return reading;
}

base::Result<LoadedSettings> LoadSettings(const std::filesystem::path& file,
                                          const Environment& environment) {
  SettingsReading reading = ReadSettings(file, environment);
  if (reading.errors.empty()) return std::move(reading.loaded);
  std::string message;
  for (const base::Error& error : reading.errors) {
    if (!message.empty()) message += '\n';
    message += error.message();
  }
  return base::InvalidArgument(std::move(message));
}

std::string RenderSettings(const LoadedSettings& loaded) {
  std::string out;
  for (const SettingsKey& key : SettingsKeys()) {
    const auto origin = loaded.origins.find(key.path);
    out += fmt::format("{}: {}  # {}\n", key.path, key.show(loaded.settings),
                       origin == loaded.origins.end() ? "default" : origin->second);
  }
  return out;
}

}  // namespace geoclimate::app
