#include "geoclimate/blob/copying_blob_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "geoclimate/blob/local/local_blob_store.h"
#include "geoclimate/blob/testing/distant_store.h"

namespace geoclimate::blob {
namespace {

using base::ErrorCode;

class CopyingBlobStoreTest : public testing::Test {
 protected:
  CopyingBlobStoreTest() {
    std::string name = (std::filesystem::temp_directory_path() / "geoclimate-XXXXXX").string();
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    far_ = *LocalBlobStore::Open(folder_ / "far");
    copy_ = *LocalBlobStore::Open(folder_ / "copy");
    distant_ = std::make_unique<DistantStore>(*far_);
  }
  ~CopyingBlobStoreTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  CopyingBlobStore Begin(CopyingOptions options = {}) {
    return CopyingBlobStore(*distant_, *copy_, std::move(options));
  }
  std::string Copied() const {
    std::string keys;
    const auto entries = copy_->List("");
    EXPECT_TRUE(entries.ok());
    for (const BlobEntry& entry : *entries) keys += entry.key + " ";
    return keys;
  }

  std::filesystem::path folder_;
  std::unique_ptr<LocalBlobStore> far_;
  std::unique_ptr<LocalBlobStore> copy_;
  std::unique_ptr<DistantStore> distant_;
};

TEST_F(CopyingBlobStoreTest, AStartGoesOnFromWhatWasReadLast) {
  ASSERT_TRUE(far_->Put("states/a", "1").ok());
  ASSERT_TRUE(far_->Put("states/b", "2").ok());
  {
    CopyingBlobStore blobs = Begin();
    ASSERT_TRUE(blobs.Get("states/a").ok());
    ASSERT_TRUE(blobs.Get("states/b").ok());
    blobs.EndStart();
  }
  distant_->away = true;
  distant_->asked = 0;
  CopyingBlobStore blobs = Begin();
  EXPECT_EQ(blobs.List("states/")->size(), 2U);
  EXPECT_EQ(blobs.Get("states/a")->bytes, "1");
  EXPECT_TRUE(*blobs.Exists("states/b"));
  EXPECT_TRUE(blobs.answers_from_copy());
  EXPECT_EQ(distant_->asked, 1) << "once it has failed it is not asked again";
  // What was never read may be there.
  EXPECT_EQ(blobs.Get("states/c").error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(blobs.Exists("states/c").error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(blobs.List("tables/").error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(blobs.Put("states/a", "3").error().code(), ErrorCode::kUnavailable);
}

TEST_F(CopyingBlobStoreTest, AfterTheStartAnAwayStoreIsAway) {
  ASSERT_TRUE(far_->Put("a", "1").ok());
  CopyingBlobStore blobs = Begin();
  ASSERT_TRUE(blobs.Get("a").ok());
  blobs.EndStart();
  distant_->away = true;
  EXPECT_EQ(blobs.Get("a").error().code(), ErrorCode::kUnavailable);
  EXPECT_FALSE(blobs.answers_from_copy());
  distant_->away = false;
  EXPECT_EQ(blobs.Get("a")->bytes, "1");
}

TEST_F(CopyingBlobStoreTest, OtherErrorsAreTheStoresOwn) {
  ASSERT_TRUE(copy_->Put("a", "old").ok());
  CopyingBlobStore blobs = Begin();
  EXPECT_EQ(blobs.Get("a").error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(Copied(), "") << "what is gone is forgotten";
}

TEST_F(CopyingBlobStoreTest, WhatAStartDidNotReadIsForgotten) {
  ASSERT_TRUE(copy_->Put("artifacts/old", "x").ok());
  ASSERT_TRUE(far_->Put("artifacts/new", "y").ok());
  CopyingBlobStore blobs = Begin();
  ASSERT_TRUE(blobs.Get("artifacts/new").ok());
  blobs.EndStart();
  EXPECT_EQ(Copied(), "artifacts/new ");
}

TEST_F(CopyingBlobStoreTest, AStartWithoutTheStoreForgetsNothing) {
  ASSERT_TRUE(copy_->Put("artifacts/old", "x").ok());
  distant_->away = true;
  CopyingBlobStore blobs = Begin();
  EXPECT_EQ(blobs.Get("artifacts/old")->bytes, "x");
  blobs.EndStart();
  EXPECT_EQ(Copied(), "artifacts/old ");
}

TEST_F(CopyingBlobStoreTest, OfWhatIsWrittenAgainAndAgainTheLastOnesAreKept) {
  CopyingBlobStore blobs = Begin({.limits = {{.prefix = "tables/", .blobs = 2}}});
  ASSERT_TRUE(far_->Put("models/a", "x").ok());
  ASSERT_TRUE(blobs.Get("models/a").ok());
  for (const char* const key : {"tables/1", "tables/2", "tables/3"}) {
    ASSERT_TRUE(far_->Put(key, key).ok());
    ASSERT_TRUE(blobs.Get(key).ok());
  }
  EXPECT_EQ(Copied(), "models/a tables/2 tables/3 ");
  ASSERT_TRUE(far_->Put("tables/2", "again").ok());
  ASSERT_TRUE(blobs.Get("tables/2").ok());
  ASSERT_TRUE(far_->Put("tables/4", "4").ok());
  ASSERT_TRUE(blobs.Get("tables/4").ok());
  EXPECT_EQ(Copied(), "models/a tables/2 tables/4 ");
}

TEST_F(CopyingBlobStoreTest, ACopyThatCannotBeWrittenHurtsNobody) {
  ASSERT_TRUE(far_->Put("a/b", "1").ok());
  ASSERT_TRUE(copy_->Put("a", "in the way").ok());
  CopyingBlobStore blobs = Begin();
  EXPECT_EQ(blobs.Get("a/b")->bytes, "1");
  EXPECT_EQ(blobs.Get("a/b")->bytes, "1");
}

}  // namespace
}  // namespace geoclimate::blob
