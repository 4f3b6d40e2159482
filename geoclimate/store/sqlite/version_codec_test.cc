#include "geoclimate/store/sqlite/version_codec.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

namespace geoclimate::store::sqlite {
namespace {

Version MakeVersion(std::int32_t start, std::int64_t value) {
  Version version;
  version.start = start;
  version.value = value;
  version.completeness = 100;
  version.origin = 3;
  version.receipt = 7;
  return version;
}

auto Fields(const Version& v) {
  return std::tuple(v.Identity(), v.monitor, v.available_at_floor, v.origin, v.receipt);
}

void ExpectRoundTrip(const std::vector<Version>& versions) {
  const EncodedVersions encoded = EncodeVersions(versions);
  const auto decoded = DecodeVersions(encoded.json, encoded.origin, encoded.receipt);
  ASSERT_TRUE(decoded.ok()) << decoded.error().ToString() << " of " << encoded.json;
  ASSERT_EQ(decoded->size(), versions.size());
  for (std::size_t i = 0; i < versions.size(); ++i) {
    EXPECT_EQ(Fields((*decoded)[i]), Fields(versions[i])) << encoded.json;
  }
}

TEST(VersionCodec, LeavesOutWhatIsUsual) {
  const EncodedVersions encoded =
      EncodeVersions(std::vector{MakeVersion(26'297'280, 12'500'000), MakeVersion(26'298'720, 0)});
  EXPECT_EQ(encoded.json, "[[26297280,12.5],[26298720,0]]");
  EXPECT_EQ(encoded.origin, 3);
  EXPECT_EQ(encoded.receipt, 7);
}

TEST(VersionCodec, WritesUpToTheLastFieldThatIsUnusual) {
  std::vector<Version> versions(5);
  for (std::int32_t i = 0; i < 5; ++i)
    versions[static_cast<std::size_t>(i)] = MakeVersion(i, 7'000'000);
  versions[0].source = 1;
  versions[1].completeness = 74;
  versions[2].monitor = 1;
  versions[3].available_at_floor = -5;
  versions[4].receipt = 9;
  EXPECT_EQ(EncodeVersions(versions).json,
            "[[0,7,1],[1,7,0,74],[2,7,0,100,1],[3,7,0,100,0,-5],[4,7,0,100,0,null,3,9]]");
  ExpectRoundTrip(versions);
}

TEST(VersionCodec, WritesValuesAsTheShortestDecimalThatIsExact) {
  std::vector<Version> versions;
  std::string expected;
  const std::pair<std::int64_t, const char*> values[] = {
      {-2'118, "-0.002118"},      {1, "0.000001"},
      {-1, "-0.000001"},          {100'000, "0.1"},
      {-48'000'000, "-48"},       {1'000'001, "1.000001"},
      {3'852'010'000, "3852.01"}, {8'999'999'999'999, "8999999.999999"}};
  for (const auto& [micro, text] : values) {
    const auto start = static_cast<std::int32_t>(versions.size());
    versions.push_back(MakeVersion(start, micro));
    expected += "[" + std::to_string(start) + "," + text + "],";
  }
  expected.back() = ']';
  EXPECT_EQ(EncodeVersions(versions).json, "[" + expected);
  ExpectRoundTrip(versions);
}

TEST(VersionCodec, DecodeIsTheInverseOfEncode) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 200; ++round) {
    std::vector<Version> versions(1 + random() % 60);
    for (Version& version : versions) {
      version = MakeVersion(static_cast<std::int32_t>(random() % 30) - 10, 0);
      // All sizes of numbers.
      version.value = static_cast<std::int64_t>(random() % 9'000'000'000'000) >> random() % 43;
      if (random() % 2 == 0) version.value = -version.value;
      if (random() % 4 == 0) version.source = static_cast<std::uint8_t>(random() % 2);
      if (random() % 4 == 0) version.completeness = static_cast<std::uint8_t>(random() % 256);
      if (random() % 4 == 0) version.monitor = 1;
      if (random() % 4 == 0) version.available_at_floor = static_cast<std::int64_t>(random() >> 1);
      if (random() % 4 == 0) version.origin = 1 + static_cast<std::int32_t>(random() % 5);
      if (random() % 4 == 0) version.receipt = 1 + static_cast<std::int32_t>(random() >> 34);
    }
    std::ranges::sort(versions, {}, &Version::Identity);
    const auto same = std::ranges::unique(versions, {}, &Version::Identity);
    versions.erase(same.begin(), same.end());
    ExpectRoundTrip(versions);
  }
}

TEST(VersionCodec, RefusesEveryTextThatIsNotItsOwn) {
  const auto refused = [](std::string_view json) {
    const auto decoded = DecodeVersions(json, 1, 1);
    return !decoded.ok() && decoded.error().code() == base::ErrorCode::kDataLoss;
  };
  EXPECT_FALSE(refused("[[1,2],[1,3]]"));
  for (const std::string_view json : {"",
                                      "[]",
                                      "[",
                                      "[[1,2]",
                                      "[[1,2]]]",
                                      "[[1,2]] ",
                                      "[[1,2],]",
                                      "[1,2]",
                                      "[[1]]",
                                      "[[1,]]",
                                      "[[,2]]",
                                      "[[1,2,0,100,0,null,1,1,1]]",
                                      "[[1,2,256]]",
                                      "[[1,2,-1]]",
                                      "[[1,2,0,100,0,nul]]",
                                      "[[1,2,0,100,0,null,0]]",
                                      "[[1,2,0,100,0,null,1,2147483648]]",
                                      "[[2147483648,1]]",
                                      "[[1,99999999999999999999]]",
                                      "[[1,9223372036854]]",
                                      "[[1,1.]]",
                                      "[[1,.5]]",
                                      "[[1,-]]",
                                      "[[1,--2]]",
                                      "[[1,1.0000001]]",
                                      "[[1,1e5]]",
                                      "[[1, 2]]",
                                      "[[2,1],[1,1]]",
                                      "[[1,1],[1,1]]",
                                      "[[1,2],[1,1]]",
                                      "[[1,null]]"}) {
    EXPECT_TRUE(refused(json)) << json;
  }
}

}  // namespace
}  // namespace geoclimate::store::sqlite
