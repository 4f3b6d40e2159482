#include "geoclimate/redis/reply_parser.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace geoclimate::redis {
namespace {

using Type = Reply::Type;

base::Result<std::vector<Reply>> ParseAll(std::string_view bytes, const ReplyLimits& limits = {}) {
  ReplyParser parser(limits);
  GC_RETURN_IF_ERROR(parser.Feed(bytes));
  std::vector<Reply> replies;
  while (true) {
    GC_ASSIGN_OR_RETURN(std::optional<Reply> reply, parser.Next());
    if (!reply) return replies;
    replies.push_back(*std::move(reply));
  }
}

TEST(ReplyParser, EveryTypeIsRead) {
  const auto replies = ParseAll(
      "+OK\r\n-OOM command not "
      "allowed\r\n:-42\r\n$3\r\na\r\n\r\n$-1\r\n*2\r\n$0\r\n\r\n*1\r\n:7\r\n");
  ASSERT_TRUE(replies.ok()) << replies.error().ToString();
  ASSERT_EQ(replies->size(), 6U);
  EXPECT_TRUE((*replies)[0].IsStatus("OK"));
  EXPECT_EQ((*replies)[1].ErrorKind(), "OOM");
  EXPECT_EQ((*replies)[2].integer, -42);
  EXPECT_EQ((*replies)[3].text, "a\r\n");
  EXPECT_TRUE((*replies)[4].is_nil());
  ASSERT_EQ((*replies)[5].type, Type::kArray);
  ASSERT_EQ((*replies)[5].elements.size(), 2U);
  EXPECT_TRUE((*replies)[5].elements[0].is_string());
  EXPECT_EQ((*replies)[5].elements[1].elements.at(0).integer, 7);
}

TEST(ReplyParser, AReplyMayComeByteByByte) {
  const std::string_view bytes = "*2\r\n$5\r\nhello\r\n:1\r\n+next\r\n";
  ReplyParser parser({});
  std::vector<Reply> replies;
  for (const char& byte : bytes) {
    ASSERT_TRUE(parser.Feed({&byte, 1}).ok());
    auto reply = parser.Next();
    ASSERT_TRUE(reply.ok());
    if (*reply) replies.push_back(**reply);
  }
  ASSERT_EQ(replies.size(), 2U);
  EXPECT_EQ(replies[0].elements[0].text, "hello");
  EXPECT_TRUE(replies[1].IsStatus("next"));
  EXPECT_FALSE(parser.has_rest());
}

TEST(ReplyParser, WhatBreaksTheProtocolIsAnError) {
  for (const char* bytes : {"HTTP/1.1 400 Bad Request\r\n", "$-2\r\n", "*-2\r\n", "$abc\r\n",
                            "*99999999999\r\n", ":1x\r\n", "*1\r\n!\r\n"}) {
    const auto replies = ParseAll(bytes);
    ASSERT_FALSE(replies.ok()) << bytes;
    EXPECT_EQ(replies.error().code(), base::ErrorCode::kDataLoss);
  }
}

TEST(ReplyParser, AnAnnouncedLengthTakesNoMemory) {
  // An array of two thousand million, one of a million within one of a million, and a string of
  // nine exabytes: each is refused or waited for, never made room for.
  EXPECT_FALSE(ParseAll("*2000000000\r\n").ok());
  EXPECT_FALSE(ParseAll("*60000\r\n*60000\r\n").ok());
  const auto waiting = ParseAll("$9000000000000000000\r\nabc");
  EXPECT_TRUE(!waiting.ok() || waiting->empty());
}

TEST(ReplyParser, AReplyAboveTheLimitOfBytesIsRefused) {
  const ReplyLimits limits = {.bytes = 100, .elements = 10};
  EXPECT_TRUE(ParseAll("$90\r\n" + std::string(90, 'x') + "\r\n", limits).ok());
  EXPECT_FALSE(ParseAll("$200\r\n" + std::string(120, 'x'), limits).ok());
  EXPECT_FALSE(ParseAll("+" + std::string(120, 'x'), limits).ok());
  EXPECT_TRUE(
      ParseAll("*9\r\n" + std::string("*0\r\n").append(8 * 4, ' '), limits).error().code() ==
      base::ErrorCode::kDataLoss);
}

TEST(ReplyParser, TheLimitsAreOfEachReplyAnew) {
  const ReplyLimits limits = {.bytes = 1000, .elements = 3};
  const auto replies = ParseAll("*2\r\n:1\r\n:2\r\n*2\r\n:3\r\n:4\r\n", limits);
  ASSERT_TRUE(replies.ok());
  EXPECT_EQ(replies->size(), 2U);
  EXPECT_FALSE(ParseAll("*3\r\n:1\r\n:2\r\n:3\r\n", limits).ok());
}

}  // namespace
}  // namespace geoclimate::redis
