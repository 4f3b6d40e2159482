#include "geoclimate/load/process_usage.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace geoclimate::load {
namespace {

TEST(ProcessUsage, CpuGrowsWithWork) {
  const auto before = ReadProcessUsage(::getpid());
  ASSERT_TRUE(before.ok());
  EXPECT_GT(before->resident_bytes, 100'000U);
  double seconds = 0;
  while (seconds < 0.05) {
    const auto now = ReadProcessUsage(::getpid());
    ASSERT_TRUE(now.ok());
    seconds = now->cpu_seconds - before->cpu_seconds;
  }
  EXPECT_LT(seconds, 10);
}

TEST(ProcessUsage, NoProcessIsNotFound) {
  EXPECT_EQ(ReadProcessUsage(-7).error().code(), base::ErrorCode::kNotFound);
}

}  // namespace
}  // namespace geoclimate::load
