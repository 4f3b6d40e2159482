#include "geoclimate/blob/lease.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "geoclimate/blob/kept_lease.h"
#include "geoclimate/blob/local/crash_fixture.h"
#include "geoclimate/blob/local/local_blob_store.h"

namespace geoclimate::blob {
namespace {

using ::testing::HasSubstr;

class LeaseTest : public testing::Test {
 protected:
  LeaseTest() : blobs_(*LocalBlobStore::Open(folder_.path())) {}

  base::Result<Lease> Acquire(std::string_view holder) {
    return Lease::Acquire(*blobs_, clock_, {.key = "x/lease.json", .time = std::chrono::minutes(1)},
                          holder);
  }
  static base::ErrorCode CodeOf(const base::Result<Lease>& result) {
    return result.ok() ? base::ErrorCode::kUnknown : result.error().code();
  }

  TemporaryFolder folder_;
  base::FakeClock clock_{base::Timestamp(std::chrono::hours(400'000))};
  std::unique_ptr<LocalBlobStore> blobs_;
};

TEST_F(LeaseTest, OneHolderAtATimeWhoIsNamedToTheOthers) {
  {
    const auto first = Acquire("the first");
    ASSERT_TRUE(first.ok()) << first.error().ToString();
    const auto second = Acquire("the second");
    ASSERT_EQ(CodeOf(second), base::ErrorCode::kAborted);
    EXPECT_THAT(second.error().message(), HasSubstr("the first holds 'x/lease.json' until 20"));
  }
  EXPECT_TRUE(Acquire("the second").ok()) << "what was given back is free";
}

TEST_F(LeaseTest, ALeaseThatRanOutIsTakenAndNotRenewed) {
  auto slow = Acquire("slow");
  ASSERT_TRUE(slow.ok());
  clock_.Advance(std::chrono::minutes(2));
  EXPECT_TRUE(slow->Renew().ok()) << "nobody wanted it meanwhile";
  clock_.Advance(std::chrono::minutes(2));
  const auto quick = Acquire("quick");
  ASSERT_TRUE(quick.ok());
  const auto renewed = slow->Renew();
  ASSERT_FALSE(renewed.ok());
  EXPECT_EQ(renewed.error().code(), base::ErrorCode::kAborted);
}

TEST_F(LeaseTest, WhatALostLeaseLeavesIsNotItsSuccessors) {
  auto slow = std::make_optional(*Acquire("slow"));
  clock_.Advance(std::chrono::minutes(2));
  const auto quick = Acquire("quick");
  ASSERT_TRUE(quick.ok());
  slow.reset();
  EXPECT_EQ(CodeOf(Acquire("third")), base::ErrorCode::kAborted);
}

TEST_F(LeaseTest, RenewingProlongsIt) {
  auto lease = Acquire("a");
  ASSERT_TRUE(lease.ok());
  for (int i = 0; i < 3; ++i) {
    clock_.Advance(std::chrono::seconds(50));
    ASSERT_TRUE(lease->Renew().ok());
    EXPECT_EQ(CodeOf(Acquire("b")), base::ErrorCode::kAborted);
  }
}

TEST_F(LeaseTest, ABlobThatIsNoLeaseIsSaidToBeNone) {
  ASSERT_TRUE(blobs_->Put("x/lease.json", "{}").ok());
  EXPECT_EQ(CodeOf(Acquire("a")), base::ErrorCode::kDataLoss);
}

TEST_F(LeaseTest, AKeptLeaseIsHeldForItsTimeAndFreeAfterItsEnd) {
  const LeaseOptions options{.key = "y/lease.json", .time = std::chrono::minutes(1)};
  {
    const auto kept = KeptLease::Acquire(*blobs_, clock_, options, "a");
    ASSERT_TRUE(kept.ok());
    EXPECT_TRUE((*kept)->held());
    EXPECT_FALSE(KeptLease::Acquire(*blobs_, clock_, options, "b").ok());
    clock_.Advance(std::chrono::minutes(2));
    EXPECT_FALSE((*kept)->held()) << "nothing has renewed it by this clock";
  }
  EXPECT_TRUE(KeptLease::Acquire(*blobs_, clock_, options, "b").ok());
}

TEST_F(LeaseTest, AKeptLeaseIsRenewedByItsThreadAndLostForGoodToAnother) {
  const base::SystemClock real;
  const LeaseOptions options{.key = "z/lease.json", .time = std::chrono::seconds(1)};
  const auto kept = KeptLease::Acquire(*blobs_, real, options, "a");
  ASSERT_TRUE(kept.ok());
  const std::string first = blobs_->Get("z/lease.json")->version;
  while (blobs_->Get("z/lease.json")->version == first) std::this_thread::yield();
  // Somebody whose clock is ahead takes it.
  ASSERT_TRUE(
      blobs_->Put("z/lease.json", R"({"holder":"b","turn":9,"until":"2999-01-01T00:00:00Z"})")
          .ok());
  while ((*kept)->held()) std::this_thread::yield();
  EXPECT_EQ(KeptLease::Acquire(*blobs_, real, options, "c").error().code(),
            base::ErrorCode::kAborted);
}

}  // namespace
}  // namespace geoclimate::blob
