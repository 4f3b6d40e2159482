#include "geoclimate/service/follow_log.h"

#include <string>

#include <gtest/gtest.h>

namespace geoclimate::service {
namespace {

std::string LogOf(FollowLog& log, const base::Result<void>& looked) {
  ::testing::internal::CaptureStderr();
  log.Report(looked);
  return ::testing::internal::GetCapturedStderr();
}

TEST(FollowLog, AFailureIsSaidOnceAndItsEndOnce) {
  FollowLog log("the table");
  EXPECT_EQ(LogOf(log, {}), "");
  EXPECT_NE(LogOf(log, base::Unavailable("store down")).find("store down"), std::string::npos);
  EXPECT_EQ(LogOf(log, base::Unavailable("another word for it")), "");
  EXPECT_NE(LogOf(log, {}).find("the table can be followed again"), std::string::npos);
  EXPECT_EQ(LogOf(log, {}), "");
  EXPECT_NE(LogOf(log, base::Unavailable("down again")).find("down again"), std::string::npos);
}

}  // namespace
}  // namespace geoclimate::service
