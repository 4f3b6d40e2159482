#include "geoclimate/telemetry/trace_context.h"

#include <gtest/gtest.h>

#include <string>

namespace geoclimate::telemetry {
namespace {

constexpr std::string_view kExample = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

TEST(Traceparent, RoundTrips) {
  const auto context = ParseTraceparent(kExample);
  ASSERT_TRUE(context.has_value());
  EXPECT_EQ(context->trace_id_high, 0x4bf92f3577b34da6U);
  EXPECT_EQ(context->parent_id, 0x00f067aa0ba902b7U);
  EXPECT_TRUE(context->sampled());
  const auto text = FormatTraceparent(*context);
  EXPECT_EQ(std::string_view(text.data(), text.size()), kExample);
}

TEST(Traceparent, WhatTheRecommendationCallsInvalidIsNothing) {
  std::string text(kExample);
  EXPECT_FALSE(ParseTraceparent("").has_value());
  EXPECT_FALSE(ParseTraceparent(text.substr(0, 54)).has_value());
  EXPECT_FALSE(ParseTraceparent(text + "-ab").has_value());
  EXPECT_FALSE(ParseTraceparent("ff" + text.substr(2)).has_value());
  EXPECT_FALSE(ParseTraceparent("00-4BF92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
  EXPECT_FALSE(ParseTraceparent("00-00000000000000000000000000000000-00f067aa0ba902b7-01"));
  EXPECT_FALSE(ParseTraceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01"));
  EXPECT_FALSE(ParseTraceparent("00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
}

TEST(Traceparent, AHigherVersionIsReadAsFarAsThisOneGoes) {
  const std::string rest(kExample.substr(2));
  EXPECT_TRUE(ParseTraceparent("01" + rest).has_value());
  EXPECT_TRUE(ParseTraceparent("01" + rest + "-what-comes").has_value());
  EXPECT_FALSE(ParseTraceparent("01" + rest + "what-comes").has_value());
}

TEST(RandomId, GivesAnotherOneEachTime) {
  EXPECT_NE(RandomId(), RandomId());
}

}  // namespace
}  // namespace geoclimate::telemetry
