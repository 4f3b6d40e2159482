#include "geoclimate/forecast/bootstrap.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "geoclimate/forecast/calendar.h"

namespace geoclimate::forecast {
namespace {

struct Sums {
  double rows = 0;
  double total = 0;
  double other = 0;
};
struct Figures {
  double mean = 0;
  double difference = 0;
  double events = 0;  // NaN without any
};

Figures Summarize(const Sums& sums) {
  return {sums.total / sums.rows, (sums.total - sums.other) / sums.rows,
          sums.other > 0 ? 1 : std::nan("")};
}

// Standard normal from the sum of twelve uniforms, the same everywhere.
double Normal(std::mt19937_64& random) {
  double sum = -6;
  for (int i = 0; i < 12; ++i) sum += static_cast<double>(random() >> 11) * 0x1p-53;
  return sum;
}

std::vector<Sums> Blocks(std::size_t count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<Sums> blocks;
  for (std::size_t i = 0; i < count; ++i) {
    const double value = Normal(random);
    blocks.push_back({1, value, value - 2});
  }
  return blocks;
}

Interval<Figures> Of(std::span<const Sums> blocks, const BootstrapOptions& options = {}) {
  return Bootstrap(blocks, options, Summarize);
}

TEST(Bootstrap, TheIntervalOfAMeanIsAboutTwoStandardErrorsEitherSide) {
  const std::vector<Sums> blocks = Blocks(400, 1);
  double mean = 0;
  double square = 0;
  for (const Sums& block : blocks) mean += block.total / 400;
  for (const Sums& block : blocks) square += (block.total - mean) * (block.total - mean) / 399;
  const double half = 1.96 * std::sqrt(square / 400);
  const Interval<Figures> interval = Of(blocks);
  EXPECT_NEAR(interval.low.mean, mean - half, half / 8);
  EXPECT_NEAR(interval.high.mean, mean + half, half / 8);
}

TEST(Bootstrap, NinetyFiveInAHundredIntervalsHoldTheTruth) {
  int held = 0;
  for (std::uint64_t seed = 100; seed < 400; ++seed) {
    const Interval<Figures> interval = Of(Blocks(60, seed), {.replicates = 400});
    held += interval.low.mean <= 0 && 0 <= interval.high.mean ? 1 : 0;
  }
  EXPECT_GE(held, 272);
  EXPECT_LE(held, 297);
}

TEST(Bootstrap, ADifferenceOfWhatMovesTogetherHasNoSpread) {
  const Interval<Figures> interval = Of(Blocks(50, 2));
  EXPECT_LT(interval.low.mean, interval.high.mean);
  EXPECT_NEAR(interval.low.difference, 2, 1e-12);
  EXPECT_NEAR(interval.high.difference, 2, 1e-12);
}

TEST(Bootstrap, TheSameSeedGivesTheSameBits) {
  const std::vector<Sums> blocks = Blocks(50, 3);
  EXPECT_EQ(Of(blocks).low.mean, Of(blocks).low.mean);
  EXPECT_NE(Of(blocks).low.mean, Of(blocks, {.seed = 7}).low.mean);
}

TEST(Bootstrap, AHandfulOfBlocksAndNoReplicatesGiveNoInterval) {
  EXPECT_TRUE(std::isnan(Of(Blocks(7, 4)).low.mean));
  EXPECT_FALSE(std::isnan(Of(Blocks(8, 4)).low.mean));
  EXPECT_TRUE(std::isnan(Of(Blocks(50, 4), {.replicates = 0}).high.mean));
}

TEST(Bootstrap, ReplicatesWithoutTheFigureAreLeftOutUnlessTheyAreMost) {
  std::vector<Sums> blocks(10, Sums{1, 1, 0});
  blocks[0].other = 1;
  // A draw of ten holds a given block with probability 0.65.
  EXPECT_EQ(Of(blocks).low.events, 1);
  EXPECT_EQ(Of(blocks).high.events, 1);
  blocks[0].other = 0;
  EXPECT_TRUE(std::isnan(Of(blocks).low.events));
}

TEST(Bootstrap, PercentilesLieBetweenOrderStatistics) {
  std::vector<double> column;
  for (int i = 0; i <= 40; ++i) column.push_back(40 - i);
  const Limits limits = PercentileLimits(column, 1);
  EXPECT_DOUBLE_EQ(limits.low[0], 1);
  EXPECT_DOUBLE_EQ(limits.high[0], 39);
}

TEST(Calendar, AnIsoWeekIsMondayToSundayWhateverTheYear) {
  using base::MakeDay;
  // 2020-W53 is 28 December to 3 January.
  EXPECT_EQ(IsoWeekNumber(MakeDay(2020, 12, 28)), IsoWeekNumber(MakeDay(2021, 1, 3)));
  EXPECT_EQ(IsoWeekNumber(MakeDay(2021, 1, 3)) + 1, IsoWeekNumber(MakeDay(2021, 1, 4)));
  EXPECT_EQ(IsoWeekNumber(MakeDay(2020, 12, 27)) + 1, IsoWeekNumber(MakeDay(2020, 12, 28)));
  EXPECT_EQ(IsoWeekNumber(MakeDay(1969, 12, 28)) + 1, IsoWeekNumber(MakeDay(1969, 12, 29)));
}

TEST(Calendar, DecemberOpensWinter) {
  EXPECT_EQ(kSeasonNames[SeasonOf(base::MakeDay(2020, 12, 1))], "DJF");
  EXPECT_EQ(kSeasonNames[SeasonOf(base::MakeDay(2021, 2, 28))], "DJF");
  EXPECT_EQ(kSeasonNames[SeasonOf(base::MakeDay(2021, 3, 1))], "MAM");
  EXPECT_EQ(kSeasonNames[SeasonOf(base::MakeDay(2021, 8, 31))], "JJA");
  EXPECT_EQ(kSeasonNames[SeasonOf(base::MakeDay(2021, 11, 30))], "SON");
}

}  // namespace
}  // namespace geoclimate::forecast
