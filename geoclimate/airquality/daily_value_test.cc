#include "geoclimate/airquality/daily_value.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace geoclimate::airquality {
namespace {

DailyCandidate Pm(std::string_view value, std::uint16_t poc = 1) {
  DailyCandidate row;
  row.parameter = 88101;
  row.poc = poc;
  row.value = *Concentration::Parse(value);
  row.completeness = 100;
  row.origin = "a.csv";
  return row;
}

// The value, checked to be the same for every order of the rows.
std::optional<double> ValueOf(Pollutant pollutant, std::vector<DailyCandidate> rows) {
  const std::optional<double> value = DailyValue(pollutant, rows);
  std::vector<std::size_t> order(rows.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  while (std::next_permutation(order.begin(), order.end())) {
    std::vector<DailyCandidate> permuted;
    for (const std::size_t i : order) permuted.push_back(rows[i]);
    EXPECT_EQ(DailyValue(pollutant, permuted), value);
  }
  return value;
}

TEST(DailyValue, IsNothingWithoutARow) {
  EXPECT_EQ(DailyValue(Pollutant::kPm25, {}), std::nullopt);
  EXPECT_EQ(HighestDailyRow(Pollutant::kPm25, {}), nullptr);
}

TEST(DailyValue, IsTheMeanOverMonitorsAndKeepsNegatives) {
  EXPECT_EQ(ValueOf(Pollutant::kPm25, {Pm("10"), Pm("12.5", 2), Pm("-1.5", 3)}), 7.0);
  EXPECT_EQ(ValueOf(Pollutant::kPm25, {Pm("-1.5")}), -1.5);
  EXPECT_EQ(ValueOf(Pollutant::kPm25, {Pm("0.035")}), 0.035) << "the double nearest to the text";
}

TEST(DailyValue, LeavesOutWhatIsIncompleteExcludedOrNotTheDailyStatistic) {
  DailyCandidate incomplete = Pm("90", 2);
  incomplete.completeness = 74;
  DailyCandidate excluded = Pm("90", 3);
  excluded.event = EventStatus::kExcluded;
  DailyCandidate hour = Pm("90", 4);
  hour.statistic = Statistic::kMax1Hour;
  DailyCandidate other = Pm("90", 5);
  other.parameter = 81102;
  EXPECT_EQ(ValueOf(Pollutant::kPm25, {Pm("8"), incomplete, excluded, hour, other}), 8.0);
  EXPECT_EQ(ValueOf(Pollutant::kPm25, {incomplete, excluded, hour, other}), std::nullopt);
}

TEST(DailyValue, CountsRowsOf75PercentAndOfUnknownCompleteness) {
  DailyCandidate enough = Pm("10");
  enough.completeness = 75;
  DailyCandidate unknown = Pm("20", 2);
  unknown.completeness = kCompletenessUnknown;
  EXPECT_EQ(ValueOf(Pollutant::kPm25, {enough, unknown}), 15.0);
}

TEST(DailyValue, PrefersFinalToProvisionalAndThenTheReferenceMethod) {
  DailyCandidate provisional = Pm("10");
  provisional.source = Source::kProvisional;
  DailyCandidate other_method = Pm("20", 3);
  other_method.parameter = 88502;
  DailyCandidate provisional_other = other_method;
  provisional_other.source = Source::kProvisional;
  EXPECT_EQ(ValueOf(Pollutant::kPm25, {provisional, other_method}), 20.0);
  EXPECT_EQ(ValueOf(Pollutant::kPm25, {provisional, provisional_other}), 10.0);
  EXPECT_EQ(ValueOf(Pollutant::kPm25, {provisional, other_method, Pm("7", 9)}), 7.0);
}

TEST(DailyValue, OfAMonitorsVersionsTakesTheOneWhoseOriginSortsLast) {
  DailyCandidate late = Pm("20");
  late.origin = "b.csv";
  EXPECT_EQ(ValueOf(Pollutant::kPm25, {Pm("10"), late, Pm("30", 2)}), 25.0);
  EXPECT_EQ(ValueOf(Pollutant::kPm25, {Pm("10"), Pm("12")}), 12.0) << "two values of one origin";
}

TEST(DailyValue, TakesThe8HourMaximumOfOzone) {
  DailyCandidate ozone;
  ozone.parameter = 44201;
  ozone.statistic = Statistic::kMax8Hour;
  ozone.value = *Concentration::Parse("0.061");
  DailyCandidate hour = ozone;
  hour.statistic = Statistic::kMax1Hour;
  hour.value = *Concentration::Parse("0.07");
  EXPECT_EQ(ValueOf(Pollutant::kO3, {ozone, hour}), 0.061);
}

TEST(HighestDailyRow, IsThatOfTheWorstMonitorAmongTheSameRows) {
  DailyCandidate provisional = Pm("90", 4);
  provisional.source = Source::kProvisional;
  const std::vector<DailyCandidate> rows = {Pm("10"), Pm("12.5", 2), Pm("-3", 3), provisional};
  EXPECT_EQ(HighestDailyRow(Pollutant::kPm25, rows), &rows[1]);
  const std::vector<DailyCandidate> negative = {Pm("-3"), Pm("-2", 2)};
  EXPECT_EQ(HighestDailyRow(Pollutant::kPm25, negative), &negative[1]);
  const std::vector<DailyCandidate> equal = {Pm("3", 2), Pm("3")};
  EXPECT_EQ(HighestDailyRow(Pollutant::kPm25, equal), &equal[1]);
}

}  // namespace
}  // namespace geoclimate::airquality
