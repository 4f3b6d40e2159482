#include "geoclimate/http_client/retry_after.h"

#include <gtest/gtest.h>

#include "geoclimate/base/day.h"

namespace geoclimate::http_client {
namespace {

using std::chrono::seconds;

TEST(RetryAfter, IsSecondsOrADate) {
  const base::Timestamp now = *base::ParseTimestamp("1994-11-06T08:49:00Z");
  EXPECT_EQ(ParseRetryAfter("120", now), seconds(120));
  EXPECT_EQ(ParseRetryAfter("Sun, 06 Nov 1994 08:49:37 GMT", now), seconds(37));
  EXPECT_EQ(ParseRetryAfter("Sun, 06 Nov 1994 08:48:37 GMT", now), seconds(0));
  for (const char* text : {"", "-1", "1.5", "soon", "Sun, 06 Nov 1994 08:49:37 CET",
                           "Sun, 31 Feb 1994 08:49:37 GMT", "99999999999999999999"}) {
    EXPECT_FALSE(ParseRetryAfter(text, now)) << text;
  }
}

}  // namespace
}  // namespace geoclimate::http_client
