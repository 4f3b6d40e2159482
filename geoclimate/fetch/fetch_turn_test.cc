#include "geoclimate/fetch/fetch_turn.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "geoclimate/blob/local/crash_fixture.h"
#include "geoclimate/blob/local/local_blob_store.h"
#include "geoclimate/resilience/testing/recorded_sleeper.h"

namespace geoclimate::fetch {
namespace {

using ::testing::HasSubstr;

class FetchTurnTest : public ::testing::Test {
 protected:
  FetchTurnTest() : blobs_(*blob::LocalBlobStore::Open(folder_.path())) {}

  blob::TemporaryFolder folder_;
  base::FakeClock clock_{base::Timestamp(std::chrono::hours(400'000))};
  std::unique_ptr<blob::LocalBlobStore> blobs_;
};

TEST_F(FetchTurnTest, OneProcessFetchesFromASourceAtATime) {
  std::optional<FetchTurn> serve(*FetchTurn::Take(*blobs_, clock_, "airnow", "serve on a"));
  const auto verb = FetchTurn::Take(*blobs_, clock_, "airnow", "fetch on b");
  ASSERT_FALSE(verb.ok());
  EXPECT_EQ(verb.error().code(), base::ErrorCode::kAborted);
  EXPECT_THAT(verb.error().message(), HasSubstr("another run of airnow is under way: serve on a"));
  EXPECT_TRUE(FetchTurn::Take(*blobs_, clock_, "aqs", "fetch on b").ok()) << "another source";
  serve.reset();
  EXPECT_TRUE(FetchTurn::Take(*blobs_, clock_, "airnow", "fetch on b").ok());
}

TEST_F(FetchTurnTest, TheTurnOfAKilledProcessIsFreeAfterItsTime) {
  // What a process leaves that cannot give it back.
  ASSERT_TRUE(blobs_
                  ->Put("fetch/airnow.lease.json",
                        R"({"holder":"killed","turn":3,"until":"2015-08-19T16:00:30Z"})")
                  .ok());
  EXPECT_FALSE(FetchTurn::Take(*blobs_, clock_, "airnow", "next").ok());
  clock_.Advance(std::chrono::seconds(31));
  EXPECT_TRUE(FetchTurn::Take(*blobs_, clock_, "airnow", "next").ok());
}

TEST_F(FetchTurnTest, WhoeverWaitsTakesTheTurnOfAKilledProcessAndNotOfALivingOne) {
  resilience::testing::RecordedSleeper sleeper(clock_);
  const std::string killed = R"({"holder":"killed","turn":3,"until":"2015-08-19T16:00:10Z"})";
  ASSERT_TRUE(blobs_->Put("fetch/airnow.lease.json", killed).ok());
  {
    const auto turn = FetchTurn::Await(*blobs_, clock_, "airnow", "next", sleeper);
    ASSERT_TRUE(turn.ok()) << turn.error().message();
    EXPECT_EQ(sleeper.sleeps.size(), 20U) << "ten seconds";
  }
  // One that renews it while another waits.
  class Renewing final : public resilience::Sleeper {
   public:
    explicit Renewing(blob::BlobStore& blobs) : blobs_(blobs) {}
    bool Sleep(std::chrono::nanoseconds) override {
      return blobs_
          .Put("fetch/aqs.lease.json",
               R"({"holder":"alive","turn":1,"until":"2999-01-01T00:00:01Z"})")
          .ok();
    }

   private:
    blob::BlobStore& blobs_;
  };
  Renewing renewing(*blobs_);
  ASSERT_TRUE(blobs_
                  ->Put("fetch/aqs.lease.json",
                        R"({"holder":"alive","turn":1,"until":"2999-01-01T00:00:00Z"})")
                  .ok());
  const auto refused = FetchTurn::Await(*blobs_, clock_, "aqs", "next", renewing);
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().message(), HasSubstr("alive"));
}

TEST_F(FetchTurnTest, WhenItWasFetchedLastIsKnownToAll) {
  EXPECT_EQ(*LastFetched(*blobs_, "airnow"), std::nullopt);
  const auto turn = FetchTurn::Take(*blobs_, clock_, "airnow", "serve");
  ASSERT_TRUE(turn.ok());
  ASSERT_TRUE(turn->NoteFetched().ok());
  EXPECT_EQ(*LastFetched(*blobs_, "airnow"), clock_.Now());
  EXPECT_EQ(*LastFetched(*blobs_, "aqs"), std::nullopt);
}

}  // namespace
}  // namespace geoclimate::fetch
