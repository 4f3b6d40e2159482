#include "geoclimate/blob/blob_store_conformance.h"
#include "geoclimate/blob/local/crash_fixture.h"
#include "geoclimate/blob/s3/testing/s3_rig.h"

namespace geoclimate::blob {
namespace {

using testing::S3Rig;

StoreUnderTest InAFolder() {
  auto folder = std::make_shared<TemporaryFolder>();
  std::unique_ptr<BlobStore> store = OpenLocalStore(folder->path() / "not/yet/there");
  return {std::move(folder), std::move(store)};
}

INSTANTIATE_TEST_SUITE_P(Local, BlobStoreConformance, ::testing::Values(&InAFolder));

StoreUnderTest Under(std::unique_ptr<S3Rig> rig) {
  rig->MakeBucket();
  struct Forwarding final : BlobStore {
    explicit Forwarding(BlobStore& to) : to_(to) {}
    base::Result<Blob> Get(std::string_view key) const override { return to_.Get(key); }
    base::Result<bool> Exists(std::string_view key) const override { return to_.Exists(key); }
    base::Result<std::string> Put(std::string_view key, std::string_view bytes) override {
      return to_.Put(key, bytes);
    }
    base::Result<std::string> PutIfAbsent(std::string_view key, std::string_view bytes) override {
      return to_.PutIfAbsent(key, bytes);
    }
    base::Result<std::string> PutIfMatch(std::string_view key, std::string_view bytes,
                                         std::string_view version) override {
      return to_.PutIfMatch(key, bytes, version);
    }
    base::Result<std::vector<BlobEntry>> List(std::string_view prefix) const override {
      return to_.List(prefix);
    }
    base::Result<void> Delete(std::string_view key) override { return to_.Delete(key); }
    base::Result<void> Sync(std::string_view key) override { return to_.Sync(key); }
    BlobStore& to_;
  };
  StoreUnderTest under_test;
  under_test.store = std::make_unique<Forwarding>(rig->store);
  under_test.foundation = std::shared_ptr<S3Rig>(std::move(rig));
  return under_test;
}

StoreUnderTest WithPathStyle() {
  return Under(S3Rig::Make());
}

StoreUnderTest WithVirtualHosts() {
  return Under(S3Rig::Make([](S3Options& options) {
    options.addressing = Addressing::kVirtualHost;
    options.endpoint = testing::SharedS3Server().virtual_endpoint();
  }));
}

INSTANTIATE_TEST_SUITE_P(S3, BlobStoreConformance,
                         ::testing::Values(&WithPathStyle, &WithVirtualHosts));

}  // namespace
}  // namespace geoclimate::blob
