#include "geoclimate/cache/tier_value.h"

#include <gtest/gtest.h>

#include <string>

namespace geoclimate::cache {
namespace {

using Decoded = std::variant<TierValue, TierValueFault>;

TierValueFault FaultOf(const Decoded& decoded) {
  EXPECT_TRUE(std::holds_alternative<TierValueFault>(decoded));
  return std::get<TierValueFault>(decoded);
}

TEST(TierValue, WhatWasEncodedIsDecoded) {
  for (const std::string& bytes : {std::string(), std::string("abc"), std::string(70'000, '\0')}) {
    const std::string encoded = EncodeTierValue("key", {.bytes = bytes});
    EXPECT_EQ(encoded.size(), kTierValueHead + bytes.size());
    const Decoded decoded = DecodeTierValue("key", encoded);
    ASSERT_TRUE(std::holds_alternative<TierValue>(decoded));
    EXPECT_EQ(std::get<TierValue>(decoded).kind, TierValueKind::kBytes);
    EXPECT_EQ(std::get<TierValue>(decoded).bytes, bytes);
  }
}

TEST(TierValue, ThatThereIsNothingIsAValueToo) {
  const std::string encoded = EncodeTierValue("key", {.kind = TierValueKind::kAbsent, .bytes = {}});
  const Decoded decoded = DecodeTierValue("key", encoded);
  ASSERT_TRUE(std::holds_alternative<TierValue>(decoded));
  EXPECT_EQ(std::get<TierValue>(decoded).kind, TierValueKind::kAbsent);
}

// A server that mixes answers up must not give one key the value of another.
TEST(TierValue, AValueIsOfItsKeyOnly) {
  const std::string encoded = EncodeTierValue("key", {.bytes = "abc"});
  EXPECT_EQ(FaultOf(DecodeTierValue("kez", encoded)), TierValueFault::kChecksum);
  EXPECT_EQ(FaultOf(DecodeTierValue("", encoded)), TierValueFault::kChecksum);
}

TEST(TierValue, EveryCutAndEveryChangedBitIsNoticed) {
  const std::string encoded = EncodeTierValue("key", {.bytes = "the answer"});
  for (std::size_t size = 0; size < encoded.size(); ++size) {
    EXPECT_EQ(FaultOf(DecodeTierValue("key", encoded.substr(0, size))), TierValueFault::kLength);
  }
  EXPECT_EQ(FaultOf(DecodeTierValue("key", encoded + "x")), TierValueFault::kLength);
  for (std::size_t bit = 0; bit < encoded.size() * 8; ++bit) {
    std::string changed = encoded;
    changed[bit / 8] =
        static_cast<char>(static_cast<unsigned char>(changed[bit / 8]) ^ (1U << bit % 8));
    EXPECT_TRUE(std::holds_alternative<TierValueFault>(DecodeTierValue("key", changed))) << bit;
  }
}

TEST(TierValue, AnotherVersionOfTheFormatIsNotRead) {
  std::string encoded = EncodeTierValue("key", {.bytes = "abc"});
  ++encoded[10];
  EXPECT_EQ(FaultOf(DecodeTierValue("key", encoded)), TierValueFault::kFormat);
  EXPECT_EQ(FaultOf(DecodeTierValue("key", std::string(64, 'x'))), TierValueFault::kFormat);
}

}  // namespace
}  // namespace geoclimate::cache
