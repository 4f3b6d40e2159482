#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "geoclimate/fetch/airnow_fetch.h"
#include "geoclimate/fetch/aqs_fetch.h"
#include "geoclimate/fetch/openaq_fetch.h"
#include "geoclimate/resilience/circuit_breaker.h"
#include "geoclimate/resilience/retry.h"
#include "geoclimate/resilience/retry_budget.h"

namespace geoclimate::app {

// What sources.NAME says, beside the options of the fetch itself.
template <typename Options>
struct SourceSettings {
  Options fetch;  // its key and box are filled in when it is made
  // The file that holds the key, and nothing else. Empty: the environment variable.
  std::string key_file;
  std::string bbox;                // FetchBox::Parse; empty: must be given
  double requests_per_minute = 0;  // 0: no such limit
  double requests_per_hour = 0;
  // Whether `serve` fetches by itself, and how often.
  bool enabled = false;
  std::chrono::minutes every = std::chrono::minutes(60);
};

struct SourcesSettings {
  SourceSettings<fetch::AirNowOptions> airnow = {
      .fetch = {}, .key_file = {}, .bbox = "-125,24,-66,50", .requests_per_hour = 500};
  SourceSettings<fetch::OpenAqOptions> openaq = {.fetch = {},
                                                 .key_file = {},
                                                 .bbox = {},
                                                 .requests_per_minute = 60,
                                                 .requests_per_hour = 2000};
  SourceSettings<fetch::AqsOptions> aqs = {.fetch = {},
                                           .key_file = {},
                                           .bbox = {},
                                           .requests_per_minute = 10,
                                           .every = std::chrono::hours(24)};
  std::chrono::milliseconds request_timeout = std::chrono::minutes(2);
};

// What resilience says: how services that are not ours are protected from this program, and it
// from them.
struct ResilienceSettings {
  // A server is asked a few times a second: the calls of a time say more than the last hundred.
  resilience::CircuitBreakerOptions database = {.window_time = std::chrono::seconds(10),
                                                .min_calls = 5,
                                                .open_time = std::chrono::seconds(5)};
  // Opens after three exchanges that failed among the last ten.
  resilience::CircuitBreakerOptions redis = {.failure_rate = 0.3,
                                             .window_calls = 10,
                                             .min_calls = 3,
                                             .open_time = std::chrono::seconds(5)};
  // A bucket that is down is asked every five seconds.
  resilience::CircuitBreakerOptions storage = {
      .window_calls = 20, .min_calls = 8, .open_time = std::chrono::seconds(5)};
  // For all receivers of alerts together: it says that the outside cannot be reached.
  // Only what gives no answer counts, of one receiver once a round: it opens when hardly anybody
  // can be reached.
  resilience::CircuitBreakerOptions webhook = {.failure_rate = 0.8,
                                               .window_calls = 20,
                                               .min_calls = 10,
                                               .open_time = std::chrono::seconds(30),
                                               .half_open_probes = 2};
  // Each source has a breaker of its own.
  resilience::CircuitBreakerOptions sources = {
      .failure_rate = 0.5,
      .window_calls = 20,
      .min_calls = 10,
      .open_time = std::chrono::seconds(60),
      .half_open_probes = 2,
  };
  resilience::RetryOptions retry = {.max_attempts = 4,
                                    .base = std::chrono::milliseconds(500),
                                    .cap = std::chrono::seconds(30),
                                    .longest_asked_wait = std::chrono::minutes(5)};
  resilience::RetryBudgetOptions budget = {.ratio = 0.5, .reserve = 10};

  // Names the breaker that cannot be.
  base::Result<void> Validate() const;
};

}  // namespace geoclimate::app
