#include "geoclimate/formats/base64.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace geoclimate::formats {
namespace {

// RFC 4648, 10, without the padding.
TEST(Base64Url, TheVectorsOfTheStandardHold) {
  const std::pair<std::string_view, std::string_view> vectors[] = {
      {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
      {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xfb\xff", "-_8"}};
  for (const auto& [bytes, text] : vectors) {
    EXPECT_EQ(EncodeBase64Url(bytes), text);
    EXPECT_EQ(DecodeBase64Url(text), bytes);
  }
}

TEST(Base64, HasPaddingAndTheOtherTwoCharacters) {
  const std::pair<std::string_view, std::string_view> vectors[] = {
      {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"\xfb\xff", "+/8="}};
  for (const auto& [bytes, text] : vectors) EXPECT_EQ(EncodeBase64(bytes), text);
}

TEST(Base64Url, EveryByteComesBack) {
  std::mt19937 random(7);
  for (std::size_t length = 0; length < 100; ++length) {
    std::string bytes;
    for (std::size_t i = 0; i < length; ++i) bytes += static_cast<char>(random() & 255U);
    EXPECT_EQ(DecodeBase64Url(EncodeBase64Url(bytes)), bytes);
  }
}

TEST(Base64Url, WhatIsNotCanonicalIsRefused) {
  for (const std::string_view text :
       {"Z", "Zh", "Zm9", "Zg==", "Zm9v\n", "Zm+v", "Zm/v", "Zm 9v"}) {
    EXPECT_EQ(DecodeBase64Url(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace geoclimate::formats
