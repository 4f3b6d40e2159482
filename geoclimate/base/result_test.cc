#include "geoclimate/base/result.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <memory>
#include <string>

namespace geoclimate::base {
namespace {

Result<int> Half(int n) {
  if (n % 2 != 0) return InvalidArgument("odd: " + std::to_string(n));
  return n / 2;
}

Result<int> Quarter(int n) {
  GC_ASSIGN_OR_RETURN(const int half, Half(n));
  return Half(half);
}

TEST(Result, HoldsTheValueOrTheError) {
  EXPECT_EQ(*Half(4), 2);
  const Result<int> odd = Half(3);
  ASSERT_FALSE(odd.ok());
  EXPECT_EQ(odd.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(odd.error().message(), "odd: 3");
}

TEST(Result, AssignOrReturnPassesTheFirstErrorOn) {
  EXPECT_EQ(*Quarter(8), 2);
  EXPECT_EQ(Quarter(6).error().message(), "odd: 3");
  EXPECT_EQ(Quarter(5).error().message(), "odd: 5");
}

TEST(Result, MovesAValueThatCannotBeCopied) {
  Result<std::unique_ptr<int>> result(std::make_unique<int>(7));
  const std::unique_ptr<int> value = *std::move(result);
  EXPECT_EQ(*value, 7);
}

TEST(ResultDeathTest, ReadingTheValueOfAnErrorEndsTheProgram) {
  EXPECT_DEATH(static_cast<void>(*Half(3)), "odd: 3");
}

TEST(Error, ToStringNamesEveryCause) {
  const Error error(ErrorCode::kUnavailable, "load model",
                    Error(ErrorCode::kDataLoss, "bad digest"));
  EXPECT_EQ(error.ToString(), "load model: bad digest");
  EXPECT_EQ(error.WithContext("start").ToString(), "start: load model: bad digest");
}

TEST(Error, FromErrnoMapsWhatACallerCanActOn) {
  EXPECT_EQ(FromErrno(ENOENT, "open a").code(), ErrorCode::kNotFound);
  EXPECT_EQ(FromErrno(ENOSPC, "write a").code(), ErrorCode::kResourceExhausted);
  EXPECT_EQ(FromErrno(ENOENT, "open a").message(), "open a: No such file or directory");
}

}  // namespace
}  // namespace geoclimate::base
