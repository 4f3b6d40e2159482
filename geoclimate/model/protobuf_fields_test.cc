#include "geoclimate/model/protobuf_fields.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace geoclimate::model {
namespace {

using ::testing::HasSubstr;

base::Result<std::vector<ProtobufField>> ReadAll(std::string_view message) {
  ProtobufFields fields(message);
  std::vector<ProtobufField> all;
  while (true) {
    GC_ASSIGN_OR_RETURN(const std::optional<ProtobufField> field, fields.Next());
    if (!field.has_value()) return all;
    all.push_back(*field);
  }
}

TEST(ProtobufFields, EveryWireTypeIsRead) {
  using std::string_literals::operator""s;
  const std::string message =
      "\x08\x96\x01"s + "\x12\x05hello"s + "\x1d\x01\x00\x00\x00"s + "\x21\x02\0\0\0\0\0\0\0"s;
  const auto fields = ReadAll(message);
  ASSERT_TRUE(fields.ok()) << fields.error().message();
  ASSERT_EQ(fields->size(), 4U);
  EXPECT_EQ((*fields)[0].number, 1U);
  EXPECT_EQ((*fields)[0].value, 150U);
  EXPECT_EQ((*fields)[1].kind, ProtobufField::Kind::kBytes);
  EXPECT_EQ((*fields)[1].bytes, "hello");
  EXPECT_EQ((*fields)[2].value, 1U);
  EXPECT_EQ((*fields)[3].number, 4U);
  EXPECT_EQ((*fields)[3].value, 2U);
}

TEST(ProtobufFields, TheLargestNumberIsReadAndALongerOneRefused) {
  const std::string most = "\x08" + std::string(9, '\xff') + "\x01";
  const auto fields = ReadAll(most);
  ASSERT_TRUE(fields.ok());
  EXPECT_EQ(fields->at(0).value, ~std::uint64_t{0});
  EXPECT_FALSE(ReadAll("\x08" + std::string(10, '\xff') + "\x01").ok());
}

TEST(ProtobufFields, WhatIsNoFieldIsRefusedWithItsOffset) {
  using std::string_literals::operator""s;
  const std::vector<std::string> broken = {
      "\x08"s,                                     // a number that is not there
      "\x12\x06hello"s,                            // a length past the end
      "\x12"s + std::string(9, '\xff') + "\x01"s,  // one that would overflow an offset
      "\x00\x01"s,                                 // field 0
      "\x0b\x0c"s,                                 // a group
      "\x0f"s,                                     // no wire type
      "\x1d\x01\x00"s,
      "\x21\x01\x00\x00\x00\x00"s,  // fixed numbers cut short
  };
  for (const std::string& message : broken) {
    const auto fields = ReadAll("\x08\x01" + message);
    ASSERT_FALSE(fields.ok()) << testing::PrintToString(message);
    EXPECT_EQ(fields.error().code(), base::ErrorCode::kInvalidArgument);
    EXPECT_THAT(fields.error().message(), HasSubstr("byte 2 of"));
  }
}

}  // namespace
}  // namespace geoclimate::model
