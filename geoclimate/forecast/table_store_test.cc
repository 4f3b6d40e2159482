#include "geoclimate/forecast/table_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <optional>

#include "geoclimate/blob/local/local_blob_store.h"

namespace geoclimate::forecast {
namespace {

TableContent ContentOf(int day) {
  TableContent content;
  content.as_of = base::MakeDay(2020, 12, 1) + std::chrono::days(day);
  content.issued_at = base::Timestamp(std::chrono::hours(446'000 + 24 * day));
  content.model_ids = {"pm25_d1_v1_20201201_000000"};
  SiteForecast site;
  site.id = airquality::SiteId::FromParts(36, 61, 135);
  site.name = "CCNY";
  DayForecast forecast;
  forecast.pollutants.emplace_back();
  site.days.push_back(forecast);
  content.sites.push_back(site);
  return content;
}

class TableStoreTest : public testing::Test {
 protected:
  TableStoreTest()
      : folder_(std::filesystem::path(testing::TempDir()) /
                ("tables_" +
                 std::string(testing::UnitTest::GetInstance()->current_test_info()->name()))) {
    std::filesystem::remove_all(folder_);
    auto opened = blob::LocalBlobStore::Open(folder_);
    EXPECT_TRUE(opened.ok());
    blobs_ = *std::move(opened);
  }
  ~TableStoreTest() override { std::filesystem::remove_all(folder_); }

  TableStore Tables() { return TableStore(*blobs_, clock_, {.lease = std::chrono::minutes(10)}); }

  std::filesystem::path folder_;
  std::unique_ptr<blob::BlobStore> blobs_;
  base::FakeClock clock_{base::Timestamp(std::chrono::hours(446'000))};
};

TEST_F(TableStoreTest, BeforeTheFirstTableThereIsNone) {
  const TableStore tables = Tables();
  EXPECT_EQ(tables.Current().error().code(), base::ErrorCode::kNotFound);
  EXPECT_EQ(tables.LoadCurrent().error().code(), base::ErrorCode::kNotFound);
}

TEST_F(TableStoreTest, WhatIsPublishedIsCurrentAndEarlierTablesStay) {
  TableStore tables = Tables();
  auto lease = tables.Acquire("a");
  ASSERT_TRUE(lease.ok());
  const auto first = tables.Publish(*lease, ContentOf(1));
  const auto second = tables.Publish(*lease, ContentOf(2));
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_NE(first->digest, second->digest);
  const auto current = tables.Current();
  ASSERT_TRUE(current.ok());
  EXPECT_EQ(current->digest, second->digest);
  EXPECT_EQ(current->as_of, base::MakeDay(2020, 12, 3));
  const auto table = tables.LoadCurrent();
  ASSERT_TRUE(table.ok());
  EXPECT_EQ((*table)->content(), ContentOf(2));
  const auto earlier = tables.Load(first->digest);
  ASSERT_TRUE(earlier.ok());
  EXPECT_EQ((*earlier)->content(), ContentOf(1));
}

TEST_F(TableStoreTest, TheSameTableAgainChangesNothing) {
  TableStore tables = Tables();
  auto lease = tables.Acquire("a");
  ASSERT_TRUE(lease.ok());
  const auto first = tables.Publish(*lease, ContentOf(1));
  const auto again = tables.Publish(*lease, ContentOf(1));
  ASSERT_TRUE(first.ok() && again.ok());
  EXPECT_EQ(first->digest, again->digest);
}

TEST_F(TableStoreTest, OneWriterAtATime) {
  TableStore tables = Tables();
  {
    const auto lease = tables.Acquire("issue on host a");
    ASSERT_TRUE(lease.ok());
    const auto second = tables.Acquire("issue on host b");
    ASSERT_FALSE(second.ok());
    EXPECT_EQ(second.error().code(), base::ErrorCode::kAborted);
    EXPECT_THAT(second.error().message(), testing::HasSubstr("issue on host a"));
  }
  EXPECT_TRUE(tables.Acquire("issue on host b").ok()) << "a lease that was given back is free";
}

TEST_F(TableStoreTest, AWriterThatSleptThroughItsLeaseReplacesNothing) {
  TableStore tables = Tables();
  auto slow = tables.Acquire("slow");
  ASSERT_TRUE(slow.ok());
  clock_.Advance(std::chrono::minutes(11));
  auto quick = tables.Acquire("quick");
  ASSERT_TRUE(quick.ok()) << quick.error().ToString();
  const auto published = tables.Publish(*quick, ContentOf(2));
  ASSERT_TRUE(published.ok());
  const auto late = tables.Publish(*slow, ContentOf(1));
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error().code(), base::ErrorCode::kAborted);
  EXPECT_EQ(tables.Current()->digest, published->digest);
}

TEST_F(TableStoreTest, TheDestructorOfALostLeaseLeavesTheNewHolderAlone) {
  TableStore tables = Tables();
  auto slow = std::make_optional(*tables.Acquire("slow"));
  clock_.Advance(std::chrono::minutes(11));
  const auto quick = tables.Acquire("quick");
  ASSERT_TRUE(quick.ok());
  slow.reset();
  EXPECT_FALSE(tables.Acquire("third").ok());
}

TEST_F(TableStoreTest, PublishingProlongsTheLease) {
  TableStore tables = Tables();
  auto lease = tables.Acquire("a");
  ASSERT_TRUE(lease.ok());
  clock_.Advance(std::chrono::minutes(9));
  ASSERT_TRUE(tables.Publish(*lease, ContentOf(1)).ok());
  clock_.Advance(std::chrono::minutes(9));
  EXPECT_FALSE(tables.Acquire("b").ok());
}

TEST_F(TableStoreTest, BytesThatAreNotTheirDigestsAreRefused) {
  TableStore tables = Tables();
  auto lease = tables.Acquire("a");
  ASSERT_TRUE(lease.ok());
  const auto first = tables.Publish(*lease, ContentOf(1));
  const auto second = tables.Publish(*lease, ContentOf(2));
  ASSERT_TRUE(first.ok() && second.ok());
  const auto other = blobs_->Get("tables/" + first->digest + ".gcft");
  ASSERT_TRUE(other.ok());
  ASSERT_TRUE(blobs_->Put("tables/" + second->digest + ".gcft", other->bytes).ok());
  const auto exchanged = tables.LoadCurrent();
  ASSERT_FALSE(exchanged.ok());
  EXPECT_EQ(exchanged.error().code(), base::ErrorCode::kDataLoss);
  ASSERT_TRUE(blobs_->Put("tables/" + second->digest + ".gcft", "GCFT").ok());
  EXPECT_EQ(tables.LoadCurrent().error().code(), base::ErrorCode::kDataLoss);
}

TEST_F(TableStoreTest, ABrokenPointerIsNamed) {
  ASSERT_TRUE(blobs_->Put("tables/current.json", R"({"digest":"../../etc"})").ok());
  const auto current = Tables().Current();
  ASSERT_FALSE(current.ok());
  EXPECT_EQ(current.error().code(), base::ErrorCode::kDataLoss);
  EXPECT_THAT(current.error().message(), testing::HasSubstr("tables/current.json"));
}

}  // namespace
}  // namespace geoclimate::forecast
