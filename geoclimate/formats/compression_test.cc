#include "geoclimate/formats/compression.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>

namespace geoclimate::formats {
namespace {

using ::testing::HasSubstr;

std::string ReadAll(ByteSource& source) {
  std::string all;
  std::vector<char> chunk(1000);
  while (true) {
    const base::Result<std::size_t> count = source.Read(chunk);
    if (!count.ok()) return "error: " + count.error().message();
    if (*count == 0) return all;
    all.append(chunk.data(), *count);
  }
}

std::string Noise(std::size_t size) {
  std::mt19937 random(7);
  std::string bytes(size, ' ');
  for (char& c : bytes) c = static_cast<char>(random());
  return bytes;
}

TEST(Gzip, GivesBackWhatWasDeflated) {
  for (const std::string& text :
       {std::string(), std::string("a"), std::string(3'000'000, 'x'), Noise(300'000)}) {
    for (const int level : {1, 6, 9}) {
      const auto back = InflateGzip(DeflateGzip(text, level), "body", {});
      ASSERT_TRUE(back.ok()) << back.error().ToString();
      EXPECT_EQ(*back, text);
    }
  }
}

TEST(GzipDeflater, TakesPiecesOfAnySize) {
  const std::string text = Noise(200'000) + std::string(1'000'000, 'x');
  for (const std::size_t piece : {std::size_t{1'000}, std::size_t{70'000}, text.size()}) {
    GzipDeflater deflater(6);
    std::string gzip;
    for (std::size_t at = 0; at < text.size(); at += piece) {
      deflater.Append(std::string_view(text).substr(at, piece), gzip);
      deflater.Append("", gzip);
    }
    deflater.Finish(gzip);
    const auto back = InflateGzip(gzip, "pieces", {});
    ASSERT_TRUE(back.ok()) << back.error().ToString();
    EXPECT_EQ(*back, text);
  }
}

TEST(Gzip, ReadsMembersThatFollowEachOtherAsOne) {
  const auto back =
      InflateGzip(DeflateGzip("one ") + DeflateGzip("") + DeflateGzip("two"), "m", {});
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(*back, "one two");
}

TEST(Gzip, TakesZerosAfterTheLastMemberAsPadding) {
  const auto back = InflateGzip(DeflateGzip("text") + std::string(512, '\0'), "tape", {});
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(*back, "text");
}

TEST(Gzip, RefusesOtherBytesAfterTheLastMember) {
  const auto back = InflateGzip(DeflateGzip("text") + "rubbish", "f.gz", {});
  ASSERT_FALSE(back.ok());
  EXPECT_EQ(back.error().code(), base::ErrorCode::kDataLoss);
  EXPECT_THAT(back.error().message(), HasSubstr("f.gz: bytes that are no gzip at byte 24"));
}

TEST(Gzip, NamesFileAndOffsetOfEveryTruncation) {
  const std::string gzip = DeflateGzip(Noise(2'000));
  for (std::size_t size = 0; size < gzip.size(); ++size) {
    const auto back = InflateGzip(gzip.substr(0, size), "cut.gz", {});
    if (size == 0) {
      EXPECT_TRUE(back.ok());
      continue;
    }
    ASSERT_FALSE(back.ok()) << size;
    EXPECT_EQ(back.error().code(), base::ErrorCode::kDataLoss);
    EXPECT_EQ(back.error().message(),
              "cut.gz: ends in the middle at byte " + std::to_string(size) + " of the gzip data");
  }
}

TEST(Gzip, NeverGivesOtherBytesForADamagedMember) {
  const std::string text = Noise(500);
  const std::string gzip = DeflateGzip(text);
  for (std::size_t at = 0; at < gzip.size(); ++at) {
    std::string damaged = gzip;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    const auto back = InflateGzip(damaged, "d.gz", {.max_inflated_bytes = 10'000});
    // Name, time and such in the header are not covered by the checksum.
    if (back.ok()) {
      EXPECT_EQ(*back, text) << at;
    }
  }
}

TEST(Gzip, StopsAtTheLimitOfInflatedBytes) {
  const std::string bomb = DeflateGzip(std::string(5'000'000, '\0'), 9);
  ASSERT_LT(bomb.size(), 10'000U);
  const auto back = InflateGzip(bomb, "bomb", {.max_inflated_bytes = 4'999'999});
  ASSERT_FALSE(back.ok());
  EXPECT_EQ(back.error().code(), base::ErrorCode::kResourceExhausted);
  EXPECT_TRUE(InflateGzip(bomb, "bomb", {.max_inflated_bytes = 5'000'000}).ok());
}

TEST(InflateIfGzip, GoesByTheFirstBytesAndNotByTheName) {
  for (const std::string_view text : {"", "x", "\x1f", "plain text"}) {
    auto source = InflateIfGzip(std::make_unique<MemorySource>(text), "name.gz");
    ASSERT_TRUE(source.ok());
    EXPECT_EQ(ReadAll(**source), text);
  }
  const std::string gzip = DeflateGzip("packed");
  auto source = InflateIfGzip(std::make_unique<MemorySource>(gzip), "name.csv");
  ASSERT_TRUE(source.ok());
  EXPECT_EQ(ReadAll(**source), "packed");
}

TEST(OpenPlainOrGzip, ReadsFilesAndNamesThoseThatItCannotOpen) {
  const std::filesystem::path folder = testing::TempDir();
  const std::filesystem::path path = folder / "compression_test.csv";
  std::ofstream(path, std::ios::binary) << DeflateGzip("a,b\n");
  auto source = OpenPlainOrGzip(path);
  ASSERT_TRUE(source.ok());
  EXPECT_EQ(ReadAll(**source), "a,b\n");
  std::filesystem::remove(path);

  const auto missing = OpenPlainOrGzip(path);
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code(), base::ErrorCode::kNotFound);
  EXPECT_THAT(missing.error().message(), HasSubstr("compression_test.csv"));
  const auto is_folder = OpenPlainOrGzip(folder);
  ASSERT_FALSE(is_folder.ok());
  EXPECT_EQ(is_folder.error().code(), base::ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace geoclimate::formats
