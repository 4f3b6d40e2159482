#include "geoclimate/formats/binary.h"

#include <gtest/gtest.h>

namespace geoclimate::formats {
namespace {

TEST(Binary, WhatWasWrittenIsRead) {
  std::string bytes;
  BinaryWriter writer(bytes);
  writer.Write(std::uint32_t{7});
  writer.Write(-1.5f);
  writer.WriteText("ozone");
  writer.Write(std::int64_t{-3});
  BinaryReader reader(bytes);
  EXPECT_EQ(reader.Read<std::uint32_t>(), 7u);
  EXPECT_EQ(reader.Read<float>(), -1.5f);
  EXPECT_EQ(reader.ReadText(), "ozone");
  EXPECT_EQ(reader.Read<std::int64_t>(), -3);
  EXPECT_TRUE(reader.Finish().ok());
}

TEST(Binary, NumbersAreLittleEndian) {
  std::string bytes;
  BinaryWriter(bytes).Write(std::uint32_t{0x04030201});
  EXPECT_EQ(bytes, std::string("\x01\x02\x03\x04"));
}

TEST(Binary, BytesThatEndEarlyFailAndStayFailed) {
  BinaryReader reader("abc");
  EXPECT_EQ(reader.Read<std::uint32_t>(), 0u);
  EXPECT_EQ(reader.Read<std::uint8_t>(), 0u);
  const auto done = reader.Finish();
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().code(), base::ErrorCode::kDataLoss);
  EXPECT_EQ(done.error().message(), "byte 0: the end of the bytes");
}

TEST(Binary, TextLongerThanTheBytesFails) {
  std::string bytes;
  BinaryWriter(bytes).Write(std::uint32_t{1000});
  BinaryReader reader(bytes);
  EXPECT_EQ(reader.ReadText(), "");
  EXPECT_TRUE(reader.failed());
}

TEST(Binary, ACountThatCannotFollowFails) {
  std::string bytes;
  BinaryWriter writer(bytes);
  writer.Write(std::uint32_t{3});
  writer.Write(std::uint32_t{1});
  writer.Write(std::uint32_t{2});
  BinaryReader reader(bytes);
  EXPECT_EQ(reader.ReadCount<std::uint32_t>(4), 0u);
  EXPECT_TRUE(reader.failed());
}

TEST(Binary, BytesLeftOverFail) {
  BinaryReader reader("ab");
  reader.Read<std::uint8_t>();
  ASSERT_FALSE(reader.Finish().ok());
  EXPECT_EQ(reader.Finish().error().message(), "byte 1: 1 bytes too many");
}

}  // namespace
}  // namespace geoclimate::formats
