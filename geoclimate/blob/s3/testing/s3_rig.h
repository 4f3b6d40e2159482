#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "geoclimate/base/clock.h"
#include "geoclimate/blob/s3/s3_blob_store.h"
#include "geoclimate/blob/s3/testing/s3_server.h"
#include "geoclimate/resilience/sleeper.h"

namespace geoclimate::blob::testing {

// Does not wait.
class NoSleep final : public resilience::Sleeper {
 public:
  bool Sleep(std::chrono::nanoseconds) override { return true; }
};

// A store with all that it stands on, by default a prefix of its own on the shared server.
struct S3Rig {
  // What `change` makes of the defaults.
  static std::unique_ptr<S3Rig> Make(const std::function<void(S3Options&)>& change) {
    static std::atomic<int> number{0};
    const int own = ++number;
    S3Options options{.bucket = "test-bucket",
                      .prefix = fmt::format("p{}", own),
                      .endpoint = SharedS3Server().endpoint(),
                      .addressing = Addressing::kPathStyle,
                      .multipart_bytes = std::size_t{5} << 20};
    change(options);
    EXPECT_TRUE(options.Validate().ok());
    return std::make_unique<S3Rig>(options, static_cast<std::uint64_t>(own),
                                   S3Server::credentials());
  }
  static std::unique_ptr<S3Rig> Make() {
    return Make([](S3Options&) {});
  }

  S3Rig(const S3Options& options, std::uint64_t writer, const Credentials& root)
      : credentials(root),
        client(options, {http, credentials, breaker, retry, clock}),
        store(client, writer) {}

  // Makes the bucket, or finds it made.
  void MakeBucket() {
    const auto answer = client.Send({.operation = S3Operation::kPut, .method = "PUT"}).answer;
    EXPECT_TRUE(answer.ok() || answer.error().message().find("BucketAlready") != std::string::npos)
        << answer.error().message();
  }

  base::SystemClock clock;
  http_client::HttpClient http{clock};
  FixedCredentials credentials;
  NoSleep sleeper;
  resilience::CircuitBreaker breaker{"storage", {.window_calls = 1000, .min_calls = 1000}, clock};
  resilience::RetryBudget budget{{.ratio = 1, .reserve = 1e6}};
  resilience::Retry retry{{.max_attempts = 4}, budget, clock, sleeper, 1, {}, &IsS3Retriable};
  S3Client client;
  S3BlobStore store;
};

}  // namespace geoclimate::blob::testing
