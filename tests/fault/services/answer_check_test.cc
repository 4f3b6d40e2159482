#include "tests/fault/services/answer_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace geoclimate::fault {
namespace {

using testing::HasSubstr;

TEST(CheckedRequest, OnlyTheVeryNumbersAreRight) {
  const CheckedRequest request{
      .kind = 0, .request = "", .body = "", .predictions = {1.5, -200}, .tolerance = 1e-3};
  EXPECT_TRUE(request.IsRight(R"({"predictions":[1.5,-200],"cached":true})"));
  EXPECT_TRUE(request.IsRight(R"({"predictions":[1.5005,-200.1]})"));
  EXPECT_FALSE(request.IsRight(R"({"predictions":[1.5,-201]})"));
  EXPECT_FALSE(request.IsRight(R"({"predictions":[1.5]})"));
  EXPECT_FALSE(request.IsRight(R"({"predictions":[1.5,-200,3]})"));
  EXPECT_FALSE(request.IsRight(R"({"predictions":[1.5,null]})"));
  EXPECT_FALSE(request.IsRight(R"({"predictions":[1.5,nan]})"));
  EXPECT_FALSE(request.IsRight(R"({"predictions":[1.5,-200)"));
  EXPECT_FALSE(request.IsRight(R"({"prediction":1.5})"));
  EXPECT_FALSE(request.IsRight(""));
}

TEST(CheckedRequest, ABodyIsComparedByteByByte) {
  const CheckedRequest request{.kind = 0, .request = "", .body = "{}", .predictions = {}};
  EXPECT_TRUE(request.IsRight("{}"));
  EXPECT_FALSE(request.IsRight("{ }"));
  EXPECT_FALSE(request.IsRight(""));
}

TEST(ParseCheckedRequests, KindsAreCountedOnce) {
  const auto parsed = ParseCheckedRequests(
      R"({"kind":"cheap","request":"A","predictions":[1,2.5],"tolerance":0.001})"
      "\n"
      R"({"kind":"forecast","request":"B","body":"{}"})"
      "\n"
      R"({"kind":"cheap","request":"C","predictions":[3],"tolerance":0})"
      "\n");
  ASSERT_TRUE(parsed.ok()) << parsed.error().message();
  EXPECT_THAT(parsed->kinds, testing::ElementsAre("cheap", "forecast"));
  ASSERT_EQ(parsed->requests.size(), 3U);
  EXPECT_EQ(parsed->requests[2].kind, 0U);
  EXPECT_THAT(parsed->requests[0].predictions, testing::ElementsAre(1, 2.5));
  EXPECT_EQ(parsed->requests[1].body, "{}");
}

TEST(ParseCheckedRequests, AWrongLineIsNamed) {
  const auto parsed = ParseCheckedRequests("{\"kind\":\"a\",\"request\":\"b\",\"body\":\"c\"}\n{}");
  ASSERT_FALSE(parsed.ok());
  EXPECT_THAT(parsed.error().message(), HasSubstr("line 2"));
}

}  // namespace
}  // namespace geoclimate::fault
