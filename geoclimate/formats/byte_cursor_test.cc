#include "geoclimate/formats/byte_cursor.h"

#include <limits>

#include <gtest/gtest.h>

namespace geoclimate::formats {
namespace {

TEST(ByteCursor, ReadsBackWhatTheWriterWrote) {
  std::string bytes;
  ByteWriter out(bytes);
  out.Number(std::uint8_t{200});
  out.Number(std::int64_t{-5});
  out.Number(0.1);
  out.Number(std::numeric_limits<float>::infinity());
  out.String("sm\0g");
  out.String("");
  ByteCursor in(bytes);
  EXPECT_EQ(in.Number<std::uint8_t>(), 200);
  EXPECT_EQ(in.Number<std::int64_t>(), -5);
  EXPECT_EQ(in.Number<double>(), 0.1);
  EXPECT_EQ(in.Number<float>(), std::numeric_limits<float>::infinity());
  EXPECT_EQ(in.String(), "sm");
  EXPECT_EQ(in.String(), "");
  EXPECT_EQ(in.left(), 0U);
  EXPECT_FALSE(in.failed());
}

TEST(ByteCursor, NumbersAreLittleEndian) {
  std::string bytes;
  ByteWriter(bytes).Number(std::uint32_t{0x01020304});
  EXPECT_EQ(bytes, "\x04\x03\x02\x01");
}

TEST(ByteCursor, AFailureSticksAndReadsNothing) {
  std::string bytes;
  ByteWriter out(bytes);
  out.Number(std::uint32_t{1000});  // the length of a string that is not there
  out.Number(std::uint16_t{7});
  ByteCursor in(bytes);
  EXPECT_EQ(in.String(), "");
  EXPECT_TRUE(in.failed());
  EXPECT_EQ(in.Number<std::uint16_t>(), 0);
  EXPECT_EQ(in.left(), 0U);
}

TEST(ByteCursor, ACountIsCheckedAgainstWhatIsLeft) {
  const std::string bytes(10, 'x');
  EXPECT_TRUE(ByteCursor(bytes).Fits(2, 5));
  EXPECT_FALSE(ByteCursor(bytes).Fits(3, 5));
  EXPECT_FALSE(ByteCursor(bytes).Fits(std::numeric_limits<std::uint64_t>::max(), 5));
}

}  // namespace
}  // namespace geoclimate::formats
