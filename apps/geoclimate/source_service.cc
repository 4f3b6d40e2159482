#include "apps/geoclimate/source_service.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <random>
#include <utility>

#include <fmt/format.h>

namespace geoclimate::app {

resilience::TokenBucketOptions SourceService::Rate(double requests, double seconds) {
  return {.per_second = requests / seconds, .burst = std::max(1.0, requests / 10)};
}

base::Result<std::unique_ptr<SourceService>> SourceService::OpenLimited(
    std::string_view name, std::string_view slug, const std::string& key,
    fetch::SourceLimits limits, const Settings& settings, const base::Clock& clock,
    const SourceWatch* watch) {
  limits.request_timeout = settings.sources.request_timeout;
  limits.retry = settings.resilience.retry;
  limits.budget = settings.resilience.budget;
  GC_RETURN_IF_ERROR(limits.Validate());
  std::unique_ptr<SourceService> service(new SourceService(clock));
  if (watch != nullptr) limits.stop = watch->stop;
  resilience::CircuitBreaker& breaker =
      watch != nullptr
          ? watch->breaker
          : service->panel_.Add(fmt::format("sources.{}", slug), settings.resilience.sources);
  service->client_ = std::make_unique<fetch::SourceClient>(
      std::string(name), key, limits, service->http_, breaker, service->sleeper_, clock,
      watch != nullptr ? watch->metrics : service->metrics_, std::random_device()());
  if (watch != nullptr) {
    service->on_stop_.emplace(watch->stop, [raw = service.get()] { raw->sleeper_.Stop(); });
  }
  return service;
}

base::Result<std::string> ReadSourceKey(const std::string& file, const char* variable,
                                        std::string_view setting) {
  constexpr std::size_t kLongest = 1024;
  std::string key;
  if (!file.empty()) {
    std::ifstream stream(file, std::ios::binary);
    std::array<char, kLongest> bytes{};
    stream.read(bytes.data(), bytes.size());
    if (!stream.is_open() || stream.bad()) {
      return base::NotFound(fmt::format("{}: the file {} cannot be read", setting, file));
    }
    key.assign(bytes.data(), static_cast<std::size_t>(stream.gcount()));
  } else if (const char* value = std::getenv(variable)) {  // NOLINT(concurrency-mt-unsafe)
    key = value;
  }
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!key.empty() && blank(key.back())) key.pop_back();
  key.erase(key.begin(), std::find_if_not(key.begin(), key.end(), blank));
  if (key.empty()) {
    return base::FailedPrecondition(fmt::format(
        "there is no key: put it into a file and name that in {}, or set {}", setting, variable));
  }
  if (std::any_of(key.begin(), key.end(), [](char c) { return c <= ' ' || c > '~'; })) {
    return base::InvalidArgument(fmt::format("{}: the file holds more than a key", setting));
  }
  return key;
}

}  // namespace geoclimate::app
