#include "geoclimate/inference/link.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace geoclimate::inference {
namespace {

template <typename T>
std::vector<T> Linked(model::Link link, double scale, std::vector<T> margins) {
  ApplyLink(link, scale, std::span<T>(margins));
  return margins;
}

TEST(Link, TurnsMarginsIntoAnswers) {
  const std::vector<double> margins = {-2, 0, 3};
  EXPECT_EQ(Linked(model::Link::kIdentity, 1, margins), margins);
  EXPECT_EQ(Linked(model::Link::kExponential, 1, margins),
            (std::vector<double>{std::exp(-2.0), 1, std::exp(3.0)}));
  EXPECT_EQ(Linked(model::Link::kLogistic, 2, margins),
            (std::vector<double>{1 / (1 + std::exp(4.0)), 0.5, 1 / (1 + std::exp(-6.0))}));
  EXPECT_EQ(Linked(model::Link::kStep, 1, margins), (std::vector<double>{0, 0, 1}));
  EXPECT_EQ(Linked(model::Link::kSignedSquare, 1, margins), (std::vector<double>{-4, 0, 9}));
  EXPECT_EQ(Linked(model::Link::kSoftplus, 1, margins)[1], std::log(2.0));
  EXPECT_EQ(Linked(model::Link::kArgmax, 1, margins)[0], 2);
}

TEST(Link, OfEqualClassesTheFirstIsTheAnswer) {
  EXPECT_EQ(Linked(model::Link::kArgmax, 1, std::vector<float>{1, 5, 5})[0], 1);
}

TEST(Link, ProbabilitiesOfASoftmaxSumToOneWhateverTheMargins) {
  for (const float shift : {0.0F, 1e4F, -1e4F}) {
    const std::vector<float> answers =
        Linked(model::Link::kSoftmax, 1, std::vector<float>{shift, shift + 1, shift + 2});
    EXPECT_NEAR(answers[0] + answers[1] + answers[2], 1, 1e-6);
    EXPECT_NEAR(answers[2] / answers[1], std::exp(1.0), 1e-4);
  }
}

TEST(Link, ALogisticAnswerStaysAProbabilityAtTheEnds) {
  const std::vector<float> answers =
      Linked(model::Link::kLogistic, 1, std::vector<float>{-1e30F, -100, 100, 1e30F});
  for (const float answer : answers) {
    EXPECT_GE(answer, 0);
    EXPECT_LE(answer, 1);
  }
  EXPECT_LT(answers[0], 1e-38F);
  EXPECT_EQ(answers[3], 1);
}

}  // namespace
}  // namespace geoclimate::inference
