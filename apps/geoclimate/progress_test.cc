#include "apps/geoclimate/progress.h"

#include <gtest/gtest.h>

#include <atomic>

namespace geoclimate::app {
namespace {

TEST(Progress, DrawsTheShareThatIsDone) {
  EXPECT_EQ(RenderProgress("ingest", {0.5, "7 rows"}, 80),
            "ingest [############------------]  50 %  7 rows");
  EXPECT_EQ(RenderProgress("ingest", {1.0, ""}, 80), "ingest [########################] 100 %  ");
  EXPECT_EQ(RenderProgress("ingest", {0.999, ""}, 80), "ingest [#######################-]  99 %  ");
}

TEST(Progress, DrawsNoBarWhereTheEndIsNotKnown) {
  EXPECT_EQ(RenderProgress("fetch", {std::nullopt, "7 rows"}, 80), "fetch  7 rows");
}

TEST(Progress, KeepsToTheWidthOfTheTerminal) {
  EXPECT_EQ(RenderProgress("fetch", {std::nullopt, "123456789"}, 10), "fetch  123");
}

TEST(Progress, GroupsThousands) {
  EXPECT_EQ(WithThousands(0), "0");
  EXPECT_EQ(WithThousands(999), "999");
  EXPECT_EQ(WithThousands(1000), "1,000");
  EXPECT_EQ(WithThousands(1234567), "1,234,567");
}

TEST(Progress, ShowsTheLastStateOnceAtTheEnd) {
  std::atomic<int> samples = 0;
  testing::internal::CaptureStderr();
  {
    const Progress progress("work", ProgressStyle::kLines, [&samples] {
      ++samples;
      return ProgressSample{1.0, "done"};
    });
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "work [########################] 100 %  done\n");
  EXPECT_EQ(samples, 1);
}

TEST(Progress, IsSilentWhenAskedToBe) {
  testing::internal::CaptureStderr();
  {
    const Progress progress("work", ProgressStyle::kNone, [] { return ProgressSample{}; });
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace geoclimate::app
