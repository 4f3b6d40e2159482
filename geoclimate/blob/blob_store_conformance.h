#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "geoclimate/blob/blob_store.h"

// What every BlobStore passes. A test program instantiates it with a maker of empty stores:
//
//   INSTANTIATE_TEST_SUITE_P(Local, BlobStoreConformance, testing::Values(&MakeLocalStore));
namespace geoclimate::blob {

// A store and what it stands on; fresh for each test.
struct StoreUnderTest {
  std::shared_ptr<void> foundation;
  std::unique_ptr<BlobStore> store;
};
using MakeStore = StoreUnderTest (*)();

class BlobStoreConformance : public testing::TestWithParam<MakeStore> {
 protected:
  BlobStore& store() { return *under_test_.store; }

  std::string Content(std::string_view key) {
    const base::Result<Blob> blob = store().Get(key);
    return blob.ok() ? blob->bytes : std::string(base::ErrorCodeName(blob.error().code()));
  }
  std::string Keys(std::string_view prefix) {
    std::string keys;
    const base::Result<std::vector<BlobEntry>> entries = store().List(prefix);
    EXPECT_TRUE(entries.ok());
    for (const BlobEntry& entry : *entries) keys += entry.key + " ";
    return keys;
  }

 private:
  StoreUnderTest under_test_ = GetParam()();
};

TEST_P(BlobStoreConformance, ABlobReadsBackAsItWasWritten) {
  const std::string bytes("a\0b\n\xff", 5);
  const base::Result<std::string> version = store().Put("x/y/z", bytes);
  ASSERT_TRUE(version.ok()) << version.error().message();
  EXPECT_EQ(Content("x/y/z"), bytes);
  EXPECT_EQ(store().Get("x/y/z")->version, *version);
  ASSERT_TRUE(store().Put("empty", "").ok());
  EXPECT_EQ(Content("empty"), "");
  ASSERT_TRUE(store().Put("x/y/z", "other").ok());
  EXPECT_EQ(Content("x/y/z"), "other");
}

TEST_P(BlobStoreConformance, WhatIsNotThereIsNotFound) {
  EXPECT_EQ(Content("x"), "NOT_FOUND");
  ASSERT_TRUE(store().Put("x/y", "1").ok());
  EXPECT_EQ(Content("x"), "NOT_FOUND");
  EXPECT_EQ(Content("x/y/z"), "NOT_FOUND");
  EXPECT_FALSE(*store().Exists("x"));
  EXPECT_TRUE(*store().Exists("x/y"));
}

TEST_P(BlobStoreConformance, PutIfAbsentWritesOnce) {
  ASSERT_TRUE(store().PutIfAbsent("x", "1").ok());
  const base::Result<std::string> second = store().PutIfAbsent("x", "2");
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code(), base::ErrorCode::kAlreadyExists);
  EXPECT_EQ(Content("x"), "1");
}

TEST_P(BlobStoreConformance, PutIfMatchReplacesOnlyTheVersionThatWasRead) {
  const std::string first = *store().Put("x", "1");
  const base::Result<std::string> second = store().PutIfMatch("x", "2", first);
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(Content("x"), "2");
  const base::Result<std::string> stale = store().PutIfMatch("x", "3", first);
  ASSERT_FALSE(stale.ok());
  EXPECT_EQ(stale.error().code(), base::ErrorCode::kAborted);
  EXPECT_EQ(Content("x"), "2");
  ASSERT_TRUE(store().Delete("x").ok());
  EXPECT_EQ(store().PutIfMatch("x", "4", *second).error().code(), base::ErrorCode::kAborted);
  EXPECT_EQ(Content("x"), "NOT_FOUND");
}

TEST_P(BlobStoreConformance, ListsByPrefixInTheOrderOfKeys) {
  for (const std::string_view key : {"b", "a/2", "a/10", "a-1", "ab/c/d"}) {
    ASSERT_TRUE(store().Put(key, key).ok());
  }
  EXPECT_EQ(Keys(""), "a-1 a/10 a/2 ab/c/d b ");
  EXPECT_EQ(Keys("a"), "a-1 a/10 a/2 ab/c/d ");
  EXPECT_EQ(Keys("a/"), "a/10 a/2 ");
  EXPECT_EQ(Keys("a/1"), "a/10 ");
  EXPECT_EQ(Keys("ab/c/"), "ab/c/d ");
  EXPECT_EQ(Keys("c/"), "");
  EXPECT_EQ(Keys("b/"), "");
  EXPECT_EQ(Keys("../"), "");
  EXPECT_EQ(store().List("a/10")->front().size, 4U);
  const auto listed = store().List("a/");
  for (const BlobEntry& entry : *listed) {
    // Which stores need not list, but if they do, rightly.
    if (entry.version.empty()) continue;
    EXPECT_EQ(entry.version, store().Get(entry.key)->version);
  }
}

TEST_P(BlobStoreConformance, DeletingIsIdempotent) {
  ASSERT_TRUE(store().Put("x/y", "1").ok());
  EXPECT_TRUE(store().Delete("x/y").ok());
  EXPECT_EQ(Content("x/y"), "NOT_FOUND");
  EXPECT_TRUE(store().Delete("x/y").ok());
  EXPECT_TRUE(store().PutIfAbsent("x/y", "2").ok());
}

TEST_P(BlobStoreConformance, AnyKeyCanBeSynced) {
  ASSERT_TRUE(store().Put("x/y", "1").ok());
  EXPECT_TRUE(store().Sync("x/y").ok());
  EXPECT_TRUE(store().Sync("x/z").ok());
  EXPECT_TRUE(store().Sync("not/there").ok());
  EXPECT_TRUE(store().Sync("x/y/z").ok());
  EXPECT_EQ(Content("x/y"), "1");
}

TEST_P(BlobStoreConformance, KeysThatCouldLeaveTheStoreAreRefused) {
  for (const std::string& key :
       {std::string(), std::string("/a"), std::string("a/"), std::string("a//b"), std::string(".."),
        std::string("a/../b"), std::string("./a"), std::string("a b"), std::string("~tmp/a"),
        std::string("a\0b", 3), std::string("a\\b"), std::string(201, 'a')}) {
    EXPECT_EQ(store().Put(key, "1").error().code(), base::ErrorCode::kInvalidArgument) << key;
    EXPECT_EQ(store().Get(key).error().code(), base::ErrorCode::kInvalidArgument) << key;
    EXPECT_EQ(store().Exists(key).error().code(), base::ErrorCode::kInvalidArgument) << key;
    EXPECT_EQ(store().Delete(key).error().code(), base::ErrorCode::kInvalidArgument) << key;
    EXPECT_EQ(store().Sync(key).error().code(), base::ErrorCode::kInvalidArgument) << key;
    EXPECT_EQ(store().PutIfAbsent(key, "1").error().code(), base::ErrorCode::kInvalidArgument);
    EXPECT_EQ(store().PutIfMatch(key, "1", "v").error().code(), base::ErrorCode::kInvalidArgument);
  }
  EXPECT_TRUE(store().Put("...", "1").ok());
}

TEST_P(BlobStoreConformance, OfManyWritersOfAVersionOneWins) {
  constexpr int kThreads = 6;
  constexpr int kRounds = 25;
  ASSERT_TRUE(store().Put("counter", "0").ok());
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([this] {
      for (int done = 0; done < kRounds;) {
        const base::Result<Blob> blob = store().Get("counter");
        ASSERT_TRUE(blob.ok());
        const int value = std::stoi(blob->bytes);
        const auto put = store().PutIfMatch("counter", std::to_string(value + 1), blob->version);
        if (put.ok()) ++done;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Content("counter"), std::to_string(kThreads * kRounds));
}

}  // namespace geoclimate::blob
