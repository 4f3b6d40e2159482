#include "geoclimate/model/linear_score.h"

#include <cmath>
#include <limits>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace geoclimate::model {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// Columns: a concentration, a change, a number.
LinearScore Example() {
  LinearScore score{.intercept = 0.5, .bound = 2, .terms = {}};
  score.terms.push_back({.column = 0, .input = LinearInput::kDeparture, .weight = 1});
  score.terms.push_back({.column = 1, .input = LinearInput::kShare, .scale = 0.5, .weight = 10});
  score.terms.push_back({.column = 2, .input = LinearInput::kPlain, .center = 3, .weight = 100});
  return score;
}

TEST(LinearScore, IsTheWeightedSumOfStandardizedInputs) {
  // (12 - 8) / (8 + 2), 4 / (8 + 2) / 0.5, 4 - 3
  EXPECT_DOUBLE_EQ(Example().At(std::vector<float>{12, 4, 4}, 8, 2), 0.5 + 0.4 + 8 + 100);
}

TEST(LinearScore, SaysTheSameOfAPlaceTenTimesAsDirty) {
  const LinearScore score = Example();
  EXPECT_DOUBLE_EQ(score.At(std::vector<float>{120, 40, 4}, 80, 20),
                   score.At(std::vector<float>{12, 4, 4}, 8, 2));
}

TEST(LinearScore, AMissingInputSaysNothing) {
  EXPECT_DOUBLE_EQ(Example().At(std::vector<float>{kNan, kNan, kNan}, 8, 2), 0.5);
}

// An instrument that reported 3 956 ug/m3 moved the forecast by hundreds of its usual errors.
TEST(LinearScore, AnInputFarOutsideCountsNoMoreThanTheBound) {
  EXPECT_DOUBLE_EQ(Example().At(std::vector<float>{1e9F, 4, 4}, 8, 2), 0.5 + 2 + 8 + 100);
  EXPECT_DOUBLE_EQ(Example().At(std::vector<float>{-1e9F, 4, 4}, 8, 2), 0.5 - 2 + 8 + 100);
}

TEST(LinearScore, WithoutAReferenceItHasNoValue) {
  EXPECT_TRUE(std::isnan(Example().At(std::vector<float>{12, 4, 4}, std::nan(""), 2)));
}

TEST(LinearScore, ANegativeReferenceIsNoScale) {
  EXPECT_DOUBLE_EQ(InputOf(LinearInput::kShare, 3, -5, 2), 1.5);
  EXPECT_DOUBLE_EQ(InputOf(LinearInput::kDeparture, 3, -5, 2), 4);
}

TEST(LinearScore, WhatIsWrongIsNamed) {
  const auto message = [](void (*spoil)(LinearScore&)) {
    LinearScore score = Example();
    spoil(score);
    const base::Result<void> valid = score.Validate(3);
    return valid.ok() ? std::string("accepted") : valid.error().message();
  };
  EXPECT_EQ(message([](LinearScore&) {}), "accepted");
  EXPECT_THAT(message([](LinearScore& score) { score.terms[1].column = 3; }),
              ::testing::HasSubstr("term 1 reads column 3 of 3"));
  EXPECT_THAT(message([](LinearScore& score) { score.terms[2].scale = 0; }),
              ::testing::HasSubstr("term 2 has center 3, scale 0"));
  EXPECT_THAT(message([](LinearScore& score) { score.terms[0].weight = std::nan(""); }),
              ::testing::HasSubstr("term 0"));
  EXPECT_THAT(message([](LinearScore& score) { score.bound = 0; }),
              ::testing::HasSubstr("bound 0"));
  EXPECT_THAT(message([](LinearScore& score) { score.intercept = std::nan(""); }),
              ::testing::HasSubstr("intercept nan"));
}

}  // namespace
}  // namespace geoclimate::model
