#include "apps/geoclimate/settings.h"

#include <chrono>
#include <fstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apps/geoclimate/settings_keys.h"

namespace geoclimate::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SettingsTest : public testing::Test {
 protected:
  std::filesystem::path Write(std::string_view text) {
    const auto path =
        std::filesystem::path(testing::TempDir()) /
        (std::string(testing::UnitTest::GetInstance()->current_test_info()->name()) + ".yaml");
    std::ofstream(path) << text;
    return path;
  }

  std::vector<std::string> Errors(std::string_view text, const Environment& environment = {}) {
    std::vector<std::string> messages;
    for (const base::Error& error : ReadSettings(Write(text), environment).errors) {
      messages.push_back(error.message());
    }
    return messages;
  }
};

TEST_F(SettingsTest, TheShippedFileHasEveryKeyWithItsDefault) {
  const SettingsReading shipped =
      ReadSettings(GEOCLIMATE_SOURCE_DIR "/config/performance.yaml", {});
  for (const base::Error& error : shipped.errors) ADD_FAILURE() << error.message();
  const Settings defaults;
  for (const SettingsKey& key : SettingsKeys()) {
    EXPECT_EQ(key.show(shipped.loaded.settings), key.show(defaults)) << key.path;
    EXPECT_TRUE(shipped.loaded.origins.contains(key.path)) << key.path << " is not in the file";
  }
}

TEST_F(SettingsTest, AnEmptyFileChangesNothing) {
  EXPECT_THAT(Errors(""), ElementsAre());
  EXPECT_THAT(Errors("api:\n"), ElementsAre());
}

TEST_F(SettingsTest, EveryUnknownKeyIsNamedWithItsLine) {
  EXPECT_THAT(
      Errors("api:\n  prot: 1\n  port: 1\nforcast: {}\n"),
      ElementsAre(HasSubstr(":2: api.prot: unknown key"), HasSubstr(":4: forcast: unknown key")));
}

TEST_F(SettingsTest, WrongTypesAndValuesOutOfRangeAreNamed) {
  EXPECT_THAT(
      Errors("api:\n  port: 70000\n  workers: many\n  gzip: 5\nmonitoring:\n  log_level: loud\n"
             "forecast:\n  as_of: 2020-02-30\nstorage:\n  url: ftp://bucket\n"),
      ElementsAre(HasSubstr(":2: api.port: 70000 is not from 0 to 65535"),
                  HasSubstr(":3: api.workers"), HasSubstr(":4: api.gzip: expected a mapping"),
                  HasSubstr(":6: monitoring.log_level: 'loud' is none of debug"),
                  HasSubstr(":8: forecast.as_of"), HasSubstr(":10: storage.url")));
}

TEST_F(SettingsTest, TheEnvironmentOverridesTheFile) {
  const auto loaded = LoadSettings(Write("api:\n  port: 1\n  workers: 3\n"),
                                   {{"GEOCLIMATE_API__PORT", "8080"},
                                    {"GEOCLIMATE_FORECAST__AS_OF", "2020-12-31"},
                                    {"GEOCLIMATE_API__CORS__ORIGINS", "[\"https://a.example\"]"}});
  ASSERT_TRUE(loaded.ok()) << loaded.error().message();
  EXPECT_EQ(loaded->settings.server.public_listener->port, 8080);
  EXPECT_EQ(loaded->settings.server.threads, 3);
  EXPECT_EQ(loaded->settings.forecasts.as_of, base::MakeDay(2020, 12, 31));
  EXPECT_THAT(loaded->settings.server.cors_origins, ElementsAre("https://a.example"));
  EXPECT_EQ(loaded->origins.at("api.port"), "GEOCLIMATE_API__PORT");
  const std::string shown = RenderSettings(*loaded);
  EXPECT_THAT(shown, HasSubstr("api.port: 8080  # GEOCLIMATE_API__PORT\n"));
  EXPECT_THAT(shown, HasSubstr("api.workers: 3  # "));
  EXPECT_THAT(shown, HasSubstr("api.management.port: 8002  # default\n"));
}

TEST_F(SettingsTest, AnUnknownVariableIsRefused) {
  EXPECT_THAT(Errors("", {{"GEOCLIMATE_API__PROT", "1"}}),
              ElementsAre(HasSubstr("GEOCLIMATE_API__PROT: there is no such setting")));
  EXPECT_THAT(Errors("", {{"GEOCLIMATE_API__PORT", "x"}}),
              ElementsAre(HasSubstr("GEOCLIMATE_API__PORT")));
}

TEST_F(SettingsTest, GzipThatIsOffNeverApplies) {
  const auto loaded = LoadSettings(Write("api:\n  gzip:\n    enabled: false\n"), {});
  ASSERT_TRUE(loaded.ok());
  EXPECT_GT(loaded->settings.ServerOptions().gzip_minimum_bytes, std::size_t{1} << 40);
}

TEST_F(SettingsTest, TheStorageUrlMayNameABucket) {
  const auto loaded = LoadSettings(
      Write(
          "storage:\n  url: s3://my-bucket/prefix\n  s3:\n    endpoint: http://127.0.0.1:9000\n"
          "    region: eu-west-1\n    path_style: true\n    multipart_bytes: 8388608\n"
          "    credentials_file: /secrets/s3\n    ca_file: /etc/ca.pem\n    encryption: AES256\n"),
      {});
  ASSERT_TRUE(loaded.ok()) << loaded.error().message();
  ASSERT_TRUE(loaded->settings.StorageIsBucket());
  const auto bucket = loaded->settings.Bucket();
  ASSERT_TRUE(bucket.ok()) << bucket.error().message();
  EXPECT_EQ(bucket->bucket, "my-bucket");
  EXPECT_EQ(bucket->prefix, "prefix");
  EXPECT_EQ(bucket->endpoint, "http://127.0.0.1:9000");
  EXPECT_EQ(bucket->region, "eu-west-1");
  EXPECT_EQ(bucket->addressing, blob::Addressing::kPathStyle);
  EXPECT_EQ(bucket->multipart_bytes, std::size_t{8} << 20);
  EXPECT_EQ(bucket->encryption, "AES256");
  EXPECT_EQ(loaded->settings.s3_credentials_file, "/secrets/s3");
  EXPECT_EQ(loaded->settings.s3_ca_file, "/etc/ca.pem");
}

TEST_F(SettingsTest, ABucketThatCannotBeIsRefused) {
  EXPECT_THAT(Errors("storage:\n  url: s3://B\n"), ElementsAre(HasSubstr("bucket")));
  EXPECT_THAT(Errors("storage:\n  url: s3://bucket\n  s3:\n    endpoint: 127.0.0.1\n"),
              ElementsAre(HasSubstr("storage.s3: '127.0.0.1' is no endpoint")));
}

TEST_F(SettingsTest, ExpectedMemoryIsReadAsRedisWritesIt) {
  const auto shown = [this](const std::string& value) {
    const auto loaded = LoadSettings(
        Write("caching:\n  redis:\n    expect:\n      max_memory: " + value + "\n"), {});
    return loaded.ok() ? RenderSettings(*loaded) : loaded.error().message();
  };
  EXPECT_THAT(shown("512mb"), HasSubstr("caching.redis.expect.max_memory: 512mb  #"));
  EXPECT_THAT(shown("2048"), HasSubstr("caching.redis.expect.max_memory: 2kb  #"));
  EXPECT_THAT(shown("1023"), HasSubstr("caching.redis.expect.max_memory: 1023  #"));
  EXPECT_THAT(shown("0"), HasSubstr("caching.redis.expect.max_memory: 0  #"));
  for (const char* wrong : {"1tb", "gb", "-1", "1.5gb", "99999999999gb", "18446744073709551616"}) {
    EXPECT_THAT(shown(wrong), HasSubstr("is no number of bytes")) << wrong;
  }
}

TEST_F(SettingsTest, TheDatabasesUrlComesFromAFileOrTheEnvironmentAndIsNeverShown) {
  const std::string url = "postgresql://geo:hunter2@db/air";
  const auto secret = std::filesystem::path(testing::TempDir()) / "database_url";
  std::ofstream(secret) << url << "\n";
  const auto from_file =
      LoadSettings(Write("database:\n  url_file: " + secret.string() + "\n"), {});
  ASSERT_TRUE(from_file.ok()) << from_file.error().ToString();
  EXPECT_TRUE(from_file->settings.UsesPostgres());
  EXPECT_EQ(from_file->settings.PostgresOptions()->url, url);
  EXPECT_EQ(RenderSettings(*from_file).find("hunter2"), std::string::npos);

  const auto from_environment = LoadSettings({}, {{"GEOCLIMATE_DATABASE__URL", url}});
  ASSERT_TRUE(from_environment.ok());
  EXPECT_EQ(from_environment->settings.PostgresOptions()->url, url);
  EXPECT_EQ(RenderSettings(*from_environment).find("hunter2"), std::string::npos);

  EXPECT_FALSE(Settings().UsesPostgres());
  EXPECT_THAT(Errors("database:\n  url: " + url + "\n"), ElementsAre(HasSubstr("unknown key")));
  EXPECT_THAT(Errors("database:\n  pool:\n    min_size: 30\n"),
              ElementsAre(HasSubstr("pool.max_size")));
  const auto missing = LoadSettings({}, {{"GEOCLIMATE_DATABASE__URL_FILE", "/nowhere/url"}});
  ASSERT_TRUE(missing.ok());
  EXPECT_EQ(missing->settings.PostgresOptions().error().code(), base::ErrorCode::kNotFound);
}

TEST_F(SettingsTest, TheStorageUrlNamesTheFolderOfTheBlobs) {
  const auto loaded = LoadSettings(Write("storage:\n  url: file:///srv/blobs\n"), {});
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(loaded->settings.StorageFolder("/data"), "/srv/blobs");
  EXPECT_EQ(Settings().StorageFolder("/data"), "/data");
}

TEST_F(SettingsTest, ABreakersWindowIsCallsOrATime) {
  const auto window = [this](std::string_view text) {
    const SettingsReading reading = ReadSettings(
        Write(fmt::format("resilience: {{breakers: {{sources: {{window: {}}}}}}}\n", text)), {});
    EXPECT_TRUE(reading.errors.empty());
    return reading.loaded.settings.resilience.sources;
  };
  EXPECT_EQ(window("60s").window_time, std::chrono::seconds(60));
  EXPECT_EQ(window("\"500\"").window_calls, 500U);
  EXPECT_EQ(window("500").window_time, std::chrono::seconds(0));
  for (const char* text : {"0", "0s", "soon", "5m", "\"\""}) {
    EXPECT_THAT(
        Errors(fmt::format("resilience:\n  breakers:\n    sources:\n      window: {}\n", text)),
        ElementsAre(HasSubstr("window: must be a number of calls, 100, or a time, 60s")))
        << text;
  }
}

TEST_F(SettingsTest, EachServiceHasItsBreaker) {
  using Options = resilience::CircuitBreakerOptions;
  const std::pair<const char*, Options ResilienceSettings::*> breakers[] = {
      {"database", &ResilienceSettings::database},
      {"redis", &ResilienceSettings::redis},
      {"storage", &ResilienceSettings::storage},
      {"webhook", &ResilienceSettings::webhook},
      {"sources", &ResilienceSettings::sources}};
  for (const auto& [name, breaker] : breakers) {
    const SettingsReading reading = ReadSettings(
        Write(fmt::format("resilience: {{breakers: {{{}: {{failure_rate: 0.25, window: 60s, "
                          "min_calls: 7, open_seconds: 9, half_open_probes: 4}}}}}}\n",
                          name)),
        {});
    ASSERT_TRUE(reading.errors.empty()) << name;
    for (const auto& [other, one] : breakers) {
      const Options& options = reading.loaded.settings.resilience.*one;
      EXPECT_EQ(options.min_calls == 7, std::string_view(other) == name) << name << ' ' << other;
    }
    const Options& options = reading.loaded.settings.resilience.*breaker;
    EXPECT_EQ(options.failure_rate, 0.25);
    EXPECT_EQ(options.window_time, std::chrono::seconds(60));
    EXPECT_EQ(options.open_time, std::chrono::seconds(9));
    EXPECT_EQ(options.half_open_probes, 4U);
  }
  EXPECT_THAT(Errors("resilience:\n  breakers:\n    cache:\n      min_calls: 3\n"),
              ElementsAre(HasSubstr("cache: unknown key")));
  // More calls than the window holds would never be there.
  EXPECT_THAT(Errors("resilience:\n  breakers:\n    redis:\n      min_calls: 300\n"),
              ElementsAre(HasSubstr("resilience.breakers.redis")));
}

}  // namespace
}  // namespace geoclimate::app
