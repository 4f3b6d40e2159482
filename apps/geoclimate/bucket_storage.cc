#include "apps/geoclimate/bucket_storage.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <stop_token>
#include <utility>

#include "geoclimate/base/log.h"
#include "geoclimate/blob/copying_blob_store.h"
#include "geoclimate/blob/local/local_blob_store.h"
#include "geoclimate/blob/s3/s3_blob_store.h"
#include "geoclimate/http_client/http_client.h"
#include "geoclimate/resilience/retry.h"
#include "geoclimate/resilience/sleeper.h"

namespace geoclimate::app {
namespace {

// In the order of construction: each uses only what stands above it.
class BucketStorage final : public Storage {
 public:
  BucketStorage(const blob::S3Options& options, std::unique_ptr<http_client::HttpClient> http,
                std::unique_ptr<http_client::HttpClient> identity_http,
                std::unique_ptr<blob::CredentialSource> credentials,
                const resilience::CircuitBreakerOptions& breaker, const StorageWatch& watch,
                std::unique_ptr<blob::LocalBlobStore> copy)
      : http_(std::move(http)),
        identity_http_(std::move(identity_http)),
        credentials_(std::move(credentials)),
        budget_(resilience::RetryBudgetOptions()),
        retry_(resilience::RetryOptions{.max_attempts = 4, .base = std::chrono::milliseconds(100)},
               budget_, watch.clock, sleeper_, Random(),
               resilience::RetryMetrics::Add(watch.metrics, "storage"), &blob::IsS3Retriable),
        client_(options,
                {*http_, *credentials_, watch.breakers.Add("storage", breaker), retry_, watch.clock,
                 stop_.get_token()},
                blob::S3Metrics(watch.metrics)),
        blobs_(client_, Random()),
        copy_(std::move(copy)) {
    // Tables follow one another, each under a key of its own, beside the pointer and the lease.
    constexpr std::size_t kTables = 4;
    if (copy_ != nullptr) {
      copying_.emplace(blobs_, *copy_,
                       blob::CopyingOptions{.limits = {{.prefix = "tables/", .blobs = kTables}}});
    }
  }

  blob::BlobStore& blobs() override {
    if (copying_) return *copying_;
    return blobs_;
  }
  void EndStart() override {
    if (copying_) copying_->EndStart();
  }
  void Stop() override {
    stop_.request_stop();
    sleeper_.Stop();
  }

 private:
  static std::uint64_t Random() {
    std::random_device device;
    constexpr int kHalf = 32;
    return (std::uint64_t{device()} << kHalf) | device();
  }

  std::stop_source stop_;
  std::unique_ptr<http_client::HttpClient> http_;
  std::unique_ptr<http_client::HttpClient> identity_http_;
  std::unique_ptr<blob::CredentialSource> credentials_;
  resilience::ThreadSleeper sleeper_;
  resilience::RetryBudget budget_;
  resilience::Retry retry_;
  blob::S3Client client_;
  blob::S3BlobStore blobs_;
  std::unique_ptr<blob::LocalBlobStore> copy_;  // null: none is kept
  std::optional<blob::CopyingBlobStore> copying_;
};

std::unique_ptr<http_client::HttpClient> Client(const base::Clock& clock,
                                                std::filesystem::path ca_file) {
  http_client::HttpClientOptions options;
  options.user_agent = "geoclimate/" GEOCLIMATE_VERSION;
  // A store that hangs is left before an operation's time is over, so that another may answer.
  options.stall_timeout = std::chrono::seconds(10);
  options.ca_file = std::move(ca_file);
  return std::make_unique<http_client::HttpClient>(clock, std::move(options));
}

// A folder that cannot be written is no reason not to serve.
std::unique_ptr<blob::LocalBlobStore> OpenCopy(const std::filesystem::path& folder) {
  if (folder.empty()) return nullptr;
  auto copy = blob::LocalBlobStore::Open(folder);
  if (copy.ok()) return *std::move(copy);
  base::Log(base::LogLevel::kWarning, "serve",
            "no copy of models and tables can be kept: without the bucket no start is possible",
            {{"error", copy.error().ToString()}});
  return nullptr;
}

}  // namespace

base::Result<std::unique_ptr<Storage>> OpenBucketStorage(const Settings& settings,
                                                         const AwsEnvironment& environment,
                                                         const StorageWatch& watch) {
  GC_ASSIGN_OR_RETURN(const blob::S3Options options, settings.Bucket());
  auto http = Client(watch.clock, settings.s3_ca_file);
  // Identities are proven to Amazon, whoever signed the store's certificate.
  auto identity_http = Client(watch.clock, {});
  GC_ASSIGN_OR_RETURN(auto credentials,
                      ChooseCredentials(environment, settings.s3_credentials_file, options.region,
                                        *identity_http, watch.clock));
  return std::unique_ptr<Storage>(std::make_unique<BucketStorage>(
      options, std::move(http), std::move(identity_http), std::move(credentials),
      settings.resilience.storage, watch, OpenCopy(watch.copy)));
}

}  // namespace geoclimate::app
