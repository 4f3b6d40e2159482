#include "geoclimate/prediction_log/row_sampler.h"

#include <gtest/gtest.h>

#include <vector>

namespace geoclimate::prediction_log {
namespace {

// Which of `total` rows are sampled when they come `at_once` together.
std::vector<std::uint64_t> Sampled(double share, std::uint64_t seed, std::uint64_t total,
                                   std::uint64_t at_once) {
  RowSampler sampler(share, seed);
  std::vector<std::uint64_t> sampled;
  for (std::uint64_t first = 0; first < total; first += at_once) {
    std::uint64_t i = sampler.Next(at_once);
    if (i >= at_once) continue;
    for (; i < at_once; i += sampler.Gap()) sampled.push_back(first + i);
    sampler.Skip(i - at_once);
  }
  return sampled;
}

TEST(RowSampler, TakesTheShareThatItIsGiven) {
  const auto sampled = Sampled(0.01, 1, 1'000'000, 1);
  EXPECT_NEAR(static_cast<double>(sampled.size()), 10'000, 300);
}

TEST(RowSampler, TakesTheSameRowsHoweverTheyCome) {
  const auto one_by_one = Sampled(0.05, 7, 10'000, 1);
  EXPECT_EQ(Sampled(0.05, 7, 10'000, 10), one_by_one);
  EXPECT_EQ(Sampled(0.05, 7, 10'000, 10'000), one_by_one);
  EXPECT_NE(Sampled(0.05, 8, 10'000, 1), one_by_one);
}

TEST(RowSampler, DoesNotFollowAPatternOfTheRows) {
  // Every hundredth row is of another kind: its share is that of all.
  std::size_t of_kind = 0;
  const auto sampled = Sampled(0.01, 3, 10'000'000, 1);
  for (const std::uint64_t row : sampled) of_kind += row % 100 == 0 ? 1U : 0U;
  EXPECT_NEAR(static_cast<double>(of_kind), 1000, 120);
}

TEST(RowSampler, TakesEverythingOrNothingAtTheEnds) {
  EXPECT_EQ(Sampled(1, 1, 1000, 7 * 11 * 13).size(), 1001U);
  EXPECT_EQ(Sampled(1, 1, 1000, 1).size(), 1000U);
  EXPECT_TRUE(Sampled(0, 1, 100'000, 1000).empty());
}

}  // namespace
}  // namespace geoclimate::prediction_log
