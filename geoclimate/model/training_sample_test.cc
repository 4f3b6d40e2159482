#include "geoclimate/model/training_sample.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <random>
#include <sstream>
#include <string>
#include <vector>

namespace geoclimate::model {
namespace {

using ::testing::ElementsAre;

constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();

// Live values of one month in the bins of a sample.
BinCounts Count(const SampleColumn& sample, std::span<const float> values, std::size_t month) {
  BinCounts counts(kMonths * sample.bins());
  for (const float value : values) ++counts[month * sample.bins() + sample.BinOf(value)];
  return counts;
}

SampleColumn OfMonth(std::span<const float> values, std::uint8_t month, std::size_t bins) {
  return MakeSampleColumn(values, std::vector<std::uint8_t>(values.size(), month), bins);
}

TEST(TrainingSample, BinsHoldAboutEqualNumbersAndMissingValuesOneOfTheirOwn) {
  const SampleColumn column = OfMonth(
      std::vector<float>{5, 1, 2, kMissing, 3, 4, 6, 7, 8, std::numeric_limits<float>::infinity()},
      2, 4);
  EXPECT_THAT(column.edges, ElementsAre(2, 4, 6));
  EXPECT_EQ(column.bins(), 5U);
  EXPECT_THAT(std::vector(column.counts.begin() + 10, column.counts.begin() + 15),
              ElementsAre(2, 2, 2, 3, 1));
  EXPECT_EQ(column.BinOf(2), 0U);
  EXPECT_EQ(column.BinOf(2.5), 1U);
  EXPECT_EQ(column.BinOf(7), 3U);
  EXPECT_EQ(column.BinOf(kMissing), 4U);
}

TEST(TrainingSample, AConstantColumnHasOneEdgeAndAnEmptyOneNone) {
  const SampleColumn constant = OfMonth(std::vector<float>(100, 3), 0, 10);
  EXPECT_THAT(constant.edges, ElementsAre(3));
  EXPECT_EQ(OfMonth(std::vector<float>(100, kMissing), 0, 10).bins(), 0U);
  EXPECT_EQ(MakeSampleColumn({}, {}, 10).bins(), 0U);
  // Another constant is another population.
  const std::vector<float> other(1000, 4);
  EXPECT_GT(PopulationStability(constant, Count(constant, other, 0)), 5);
}

TEST(TrainingSample, TheIndexIsThatOfItsDefinition) {
  // 20 and 30 of the sample, 6 and 2 live, none missing: the halves make 41 : 61 : 1 of 103 and
  // 13 : 5 : 1 of 19.
  SampleColumn two{.edges = {1}, .counts = BinCounts(kMonths * 3)};
  two.counts[6 * 3] = 20;
  two.counts[6 * 3 + 1] = 30;
  const std::vector<float> live = {1, 1, 1, 1, 1, 1, 2, 2};
  const double t[] = {41.0 / 103, 61.0 / 103, 1.0 / 103};
  const double l[] = {13.0 / 19, 5.0 / 19, 1.0 / 19};
  double expected = 0;
  for (int i = 0; i < 3; ++i) expected += (l[i] - t[i]) * std::log(l[i] / t[i]);
  EXPECT_NEAR(PopulationStability(two, Count(two, live, 6)), expected, 1e-12);
}

TEST(TrainingSample, TheSamePopulationIsNearZeroAndAShiftedOneIsNot) {
  std::mt19937_64 random(1);
  std::normal_distribution<float> normal;
  std::vector<float> values(20'000);
  for (float& value : values) value = normal(random);
  const SampleColumn sample = OfMonth(values, 3, 10);
  std::vector<float> same(2'000);
  std::vector<float> shifted(2'000);
  for (float& value : same) value = normal(random);
  for (float& value : shifted) value = normal(random) + 1;
  EXPECT_LT(PopulationStability(sample, Count(sample, same, 3)), 0.02);
  EXPECT_GT(PopulationStability(sample, Count(sample, shifted, 3)), 0.25);
}

TEST(TrainingSample, ASeasonIsNoDrift) {
  // January is around 0, July around 10.
  std::mt19937_64 random(2);
  std::normal_distribution<float> normal;
  std::vector<float> values;
  std::vector<std::uint8_t> months;
  for (int i = 0; i < 20'000; ++i) {
    const bool july = i % 2 == 0;
    values.push_back(normal(random) + (july ? 10.0F : 0.0F));
    months.push_back(july ? 6 : 0);
  }
  const SampleColumn sample = MakeSampleColumn(values, months);
  std::vector<float> live(2'000);
  for (float& value : live) value = normal(random) + 10;
  EXPECT_LT(PopulationStability(sample, Count(sample, live, 6)), 0.02);
  EXPECT_GT(PopulationStability(sample, Count(sample, live, 0)), 1);
  // Of a month that nobody has seen the year has to do.
  EXPECT_GT(PopulationStability(sample, Count(sample, live, 3)), 0.25);
}

TEST(TrainingSample, NothingLiveSaysNothing) {
  const SampleColumn sample = OfMonth(std::vector<float>{1, 2, 3, 4}, 0, 2);
  EXPECT_TRUE(std::isnan(PopulationStability(sample, Count(sample, {}, 0))));
  EXPECT_TRUE(std::isnan(PopulationStability(SampleColumn(), {})));
}

TEST(TrainingSample, AgreesWithNumpy) {
  // tests/golden/drift/psi.py wrote it: a line a case, "bins; edges; sample by month; live by
  // month; index".
  std::ifstream file(GEOCLIMATE_SOURCE_DIR "/tests/golden/drift/psi.txt");
  ASSERT_TRUE(file);
  int cases = 0;
  const auto numbers = [](const std::string& text) {
    std::istringstream in(text);
    std::vector<double> read;
    for (std::string number; in >> number;) read.push_back(std::stod(number));
    return read;
  };
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line.front() == '#') continue;
    std::istringstream fields(line);
    std::string values;
    std::string months;
    std::string bins;
    std::string edges;
    std::string live;
    std::string live_months;
    std::string index;
    for (std::string* field : {&bins, &values, &months, &edges, &live, &live_months, &index}) {
      std::getline(fields, *field, ';');
    }
    std::vector<float> sample_values;
    for (const double value : numbers(values)) sample_values.push_back(static_cast<float>(value));
    std::vector<std::uint8_t> sample_months;
    for (const double month : numbers(months)) {
      sample_months.push_back(static_cast<std::uint8_t>(month));
    }
    const SampleColumn sample =
        MakeSampleColumn(sample_values, sample_months, static_cast<std::size_t>(std::stoi(bins)));
    std::vector<float> expected_edges;
    for (const double edge : numbers(edges)) expected_edges.push_back(static_cast<float>(edge));
    EXPECT_EQ(sample.edges, expected_edges) << line;
    BinCounts counts(kMonths * sample.bins());
    const std::vector<double> of_live = numbers(live_months);
    std::size_t i = 0;
    for (const double value : numbers(live)) {
      const auto month = static_cast<std::size_t>(of_live.at(i++));
      ++counts[month * sample.bins() + sample.BinOf(static_cast<float>(value))];
    }
    EXPECT_NEAR(PopulationStability(sample, counts), std::stod(index), 1e-9) << line;
    ++cases;
  }
  EXPECT_EQ(cases, 6);
}

TEST(TrainingSample, WhatDoesNotFitIsRefused) {
  TrainingSample sample;
  EXPECT_TRUE(sample.Validate(3).ok());
  sample.features.assign(2, OfMonth(std::vector<float>{1, 2, 3, 4}, 0, 2));
  EXPECT_TRUE(sample.Validate(2).ok());
  EXPECT_FALSE(sample.Validate(3).ok());
  sample.features[1].counts.pop_back();
  EXPECT_FALSE(sample.Validate(2).ok());
  sample.features[1] = {.edges = {2, 1}, .counts = BinCounts(48)};
  EXPECT_FALSE(sample.Validate(2).ok());
  sample.features[1] = {.edges = {1, kMissing}, .counts = BinCounts(48)};
  EXPECT_FALSE(sample.Validate(2).ok());
}

}  // namespace
}  // namespace geoclimate::model
