#include "geoclimate/formats/digest.h"

#include <gtest/gtest.h>

namespace geoclimate::formats {
namespace {

// FIPS 180-4 examples (NIST CSRC, "SHA256.pdf").
TEST(Digest, Sha256AgreesWithThePublishedExamples) {
  EXPECT_EQ(Sha256("").Hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha256("abc").Hex(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq").Hex(),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST(Digest, BytesInPiecesGiveTheDigestOfTheWhole) {
  Sha256Stream stream;
  stream.Update("a");
  stream.Update("");
  stream.Update("bc");
  EXPECT_EQ(stream.Finish(), Sha256("abc"));
}

TEST(Digest, HexReadsBackInEitherCase) {
  const Sha256Digest digest = Sha256("abc");
  std::string upper = digest.Hex();
  for (char& c : upper) c = static_cast<char>(std::toupper(c));
  ASSERT_TRUE(Sha256Digest::ParseHex(digest.Hex()).ok());
  EXPECT_EQ(*Sha256Digest::ParseHex(digest.Hex()), digest);
  EXPECT_EQ(*Sha256Digest::ParseHex(upper), digest);
}

TEST(Digest, RefusesTextThatIsNoSha256) {
  const std::string hex = Sha256("abc").Hex();
  for (const std::string& text : {std::string(), hex.substr(1), hex + "0", 'g' + hex.substr(1)}) {
    ASSERT_FALSE(Sha256Digest::ParseHex(text).ok()) << text;
    EXPECT_EQ(Sha256Digest::ParseHex(text).error().code(), base::ErrorCode::kInvalidArgument);
  }
}

// The value of the empty input in xxHash's documentation of XXH3.
TEST(Digest, Xxh3AgreesWithTheReference) {
  EXPECT_EQ(Xxh3(""), 0x2D06800538D394C2ULL);
  EXPECT_EQ(Xxh3Of128("", 0), (Xxh3Digest128{0x6001C324468D497FULL, 0x99AA06D3014798D8ULL}));
}

TEST(Digest, Xxh3Of128DependsOnTheSeed) {
  EXPECT_EQ(Xxh3Of128("row", 1), Xxh3Of128("row", 1));
  EXPECT_NE(Xxh3Of128("row", 1), Xxh3Of128("row", 2));
}

}  // namespace
}  // namespace geoclimate::formats
