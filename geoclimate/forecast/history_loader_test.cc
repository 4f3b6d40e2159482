#include "geoclimate/forecast/history_loader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

namespace geoclimate::forecast {
namespace {

using airquality::Concentration;
using airquality::Pollutant;
using airquality::SiteId;
using airquality::Source;
using airquality::Statistic;
using base::MakeDay;

constexpr SiteId kLosAngeles = SiteId::FromParts(6, 37, 1103);
constexpr SiteId kQueens = SiteId::FromParts(36, 81, 124);
constexpr SiteId kUnknown = SiteId::FromParts(99, 1, 1);

// An ObservationStore of what a test puts in: visits in the order that the interface promises, and
// lets every view die with its visit.
class ListedObservations final : public store::ObservationStore {
 public:
  void AddSite(SiteId id, std::chrono::minutes utc_offset) {
    airquality::Site site;
    site.id = id;
    site.utc_offset = utc_offset;
    sites_.push_back(site);
    std::sort(sites_.begin(), sites_.end(),
              [](const auto& a, const auto& b) { return a.id < b.id; });
  }

  struct Row {
    SiteId site;
    airquality::ParameterCode parameter;
    std::uint16_t poc = 1;
    base::LocalDay day;
    double value = 0;
    Source source = Source::kFinal;
    std::string origin = "a.csv";
    std::uint8_t completeness = 100;
  };
  void Add(const Row& row, std::chrono::minutes utc_offset) {
    airquality::Observation observation;
    observation.key.site = row.site;
    observation.key.parameter = row.parameter;
    observation.key.poc = row.poc;
    observation.key.start = base::DayStart(row.day, utc_offset);
    observation.key.statistic = airquality::DailyStatistic(*airquality::PollutantOf(row.parameter));
    observation.value = Concentration::FromDouble(row.value);
    observation.source = row.source;
    observation.completeness = row.completeness;
    rows_.emplace_back(observation, row.origin);
  }

  base::Result<std::unique_ptr<store::ObservationWriter>> BeginWrite(std::string_view) override {
    return base::Unimplemented("a list of rows is not written to");
  }
  base::Result<std::vector<store::WriteCounts>> CommitTogether(
      std::span<const std::unique_ptr<store::ObservationWriter>>) override {
    return base::Unimplemented("a list of rows is not written to");
  }
  base::Result<std::vector<airquality::Site>> Sites() override { return sites_; }
  base::Result<void> Visit(
      const store::ObservationQuery& query,
      const std::function<void(const store::StoredObservation&)>& visit) override {
    std::vector<std::pair<airquality::Observation, std::string>> rows = rows_;
    std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
      const auto order_of = [](const auto& row) {
        const airquality::ObservationKey& key = row.first.key;
        return std::tuple(key.site, airquality::PollutantOf(key.parameter), key.start,
                          key.parameter, key.poc, row.second);
      };
      return order_of(a) < order_of(b);
    });
    for (const auto& [observation, origin] : rows) {
      if (query.pollutant &&
          airquality::PollutantOf(observation.key.parameter) != query.pollutant) {
        continue;
      }
      if (query.from && observation.key.start < *query.from) continue;
      if (query.to && observation.key.start >= *query.to) continue;
      ++visited;
      std::string view = origin;
      visit({observation,
             {},
             airquality::AvailableAt(
                 observation.key,
                 airquality::LikelyMonitorKind(observation.key.parameter, observation.source)),
             view});
      std::fill(view.begin(), view.end(), 'x');
    }
    return {};
  }
  base::Result<std::vector<store::SiteCoverage>> Coverage() override {
    return base::Unimplemented("a list of rows is not summarized");
  }
  base::Result<std::optional<base::LocalDay>> NewestDay() override {
    return base::Unimplemented("a list of rows is not summarized");
  }
  base::Result<std::uint64_t> Generation() override { return std::uint64_t{1}; }

  int visited = 0;

 private:
  std::vector<airquality::Site> sites_;
  std::vector<std::pair<airquality::Observation, std::string>> rows_;
};

class HistoryLoader : public ::testing::Test {
 protected:
  HistoryLoader() {
    store_.AddSite(kQueens, kEastern);
    store_.AddSite(kLosAngeles, kPacific);
  }
  void Add(const ListedObservations::Row& row) {
    store_.Add(row, row.site == kLosAngeles ? kPacific : kEastern);
  }
  features::SiteHistory Load(const HistoryOptions& options) {
    base::Result<features::SiteHistory> history = LoadSiteHistory(store_, options);
    EXPECT_TRUE(history.ok());
    return *std::move(history);
  }

  static constexpr std::chrono::minutes kPacific = std::chrono::hours(-8);
  static constexpr std::chrono::minutes kEastern = std::chrono::hours(-5);
  ListedObservations store_;
};

TEST_F(HistoryLoader, ReducesEachSiteDayByTheTruthRule) {
  const base::LocalDay day = MakeDay(2020, 5, 1);
  Add({.site = kQueens, .parameter = 88101, .poc = 1, .day = day, .value = 10});
  Add({.site = kQueens, .parameter = 88101, .poc = 3, .day = day, .value = 14});
  Add({.site = kQueens, .parameter = 88502, .poc = 1, .day = day, .value = 99});
  Add({.site = kQueens,
       .parameter = 88101,
       .poc = 4,
       .day = day,
       .value = 50,
       .source = Source::kProvisional});
  Add({.site = kQueens,
       .parameter = 44201,
       .poc = 1,
       .day = day,
       .value = 0.05,
       .completeness = 74});
  Add({.site = kLosAngeles,
       .parameter = 44201,
       .poc = 1,
       .day = day,
       .value = 0.031,
       .origin = "b.csv"});
  Add({.site = kLosAngeles,
       .parameter = 44201,
       .poc = 1,
       .day = day,
       .value = 0.06,
       .origin = "a.csv"});
  const features::SiteHistory history = Load({.as_of = MakeDay(2020, 12, 31)});
  ASSERT_EQ(history.sites().size(), 2u);
  EXPECT_EQ(history.sites()[0].id, kLosAngeles);
  EXPECT_EQ(history.Get(Pollutant::kPm25, 1).At(day), 12);
  EXPECT_TRUE(history.Get(Pollutant::kO3, 1).empty()) << "under 75 % complete";
  EXPECT_EQ(history.Get(Pollutant::kO3, 0).At(day), 0.031F) << "the origin that sorts last";
}

TEST_F(HistoryLoader, ADayIsTheSitesLocalStandardDay) {
  Add({.site = kQueens, .parameter = 42602, .day = MakeDay(2020, 5, 1), .value = 1});
  Add({.site = kQueens, .parameter = 42602, .day = MakeDay(2020, 5, 2), .value = 2});
  Add({.site = kLosAngeles, .parameter = 42602, .day = MakeDay(2020, 5, 2), .value = 3});
  Add({.site = kLosAngeles, .parameter = 42602, .day = MakeDay(2020, 5, 3), .value = 4});
  const features::SiteHistory history = Load({.as_of = MakeDay(2020, 5, 2)});
  EXPECT_EQ(history.LastDay(), MakeDay(2020, 5, 2));
  EXPECT_EQ(history.Get(Pollutant::kNo2, 0).At(MakeDay(2020, 5, 2)), 3);
  EXPECT_EQ(history.Get(Pollutant::kNo2, 1).At(MakeDay(2020, 5, 2)), 2);
}

TEST_F(HistoryLoader, TheWindowAndThePollutantsLimitWhatIsRead) {
  for (int day = 0; day < 100; ++day) {
    for (const airquality::ParameterCode parameter : {88101U, 44201U, 42101U}) {
      Add({.site = kQueens,
           .parameter = parameter,
           .day = MakeDay(2020, 1, 1) + std::chrono::days(day),
           .value = 1});
    }
  }
  HistoryOptions options{
      .as_of = MakeDay(2020, 3, 20), .from = MakeDay(2020, 3, 14), .pollutants = {Pollutant::kO3}};
  const features::SiteHistory history = Load(options);
  EXPECT_EQ(history.Get(Pollutant::kO3, 1).first_day, MakeDay(2020, 3, 14));
  EXPECT_EQ(history.Get(Pollutant::kO3, 1).last_day(), MakeDay(2020, 3, 20));
  EXPECT_TRUE(history.Get(Pollutant::kPm25, 1).empty());
  EXPECT_LE(store_.visited, 10);

  options.pollutants = {Pollutant::kO3, Pollutant::kCo};
  const features::SiteHistory two = Load(options);
  EXPECT_FALSE(two.Get(Pollutant::kCo, 1).empty());
  EXPECT_TRUE(two.Get(Pollutant::kPm25, 1).empty());
}

TEST_F(HistoryLoader, ASiteThatWasAddedMeanwhileIsLeftOut) {
  const base::LocalDay day = MakeDay(2020, 5, 1);
  Add({.site = kQueens, .parameter = 42602, .day = day, .value = 1});
  Add({.site = kUnknown, .parameter = 42602, .day = day, .value = 7});
  const features::SiteHistory history = Load({.as_of = day});
  EXPECT_EQ(history.sites().size(), 2u);
  EXPECT_EQ(history.Get(Pollutant::kNo2, 1).At(day), 1);
}

TEST_F(HistoryLoader, VintagesSayWhenAValueBecameKnown) {
  const base::LocalDay day = MakeDay(2020, 6, 1);
  Add({.site = kLosAngeles, .parameter = 88101, .day = day, .value = 12});
  Add({.site = kLosAngeles,
       .parameter = 88101,
       .day = day,
       .value = 10,
       .source = Source::kProvisional,
       .origin = "b.csv"});
  Add({.site = kQueens, .parameter = 88502, .day = day, .value = 8});
  const auto vintages = LoadVintageHistory(store_, {.as_of = day});
  ASSERT_TRUE(vintages.ok());
  const std::size_t los_angeles = *vintages->truth().FindSite(kLosAngeles);
  const std::size_t queens = *vintages->truth().FindSite(kQueens);
  const auto known = [&](std::size_t site, int days_later) {
    return vintages->ValueKnownAt(Pollutant::kPm25, site, day, day + std::chrono::days(days_later));
  };
  EXPECT_TRUE(std::isnan(known(los_angeles, 0)));
  EXPECT_EQ(known(los_angeles, 1), 10);
  EXPECT_EQ(known(los_angeles, 30), 10);
  EXPECT_EQ(known(los_angeles, 31), 12);
  EXPECT_TRUE(std::isnan(known(queens, 0)));
  EXPECT_EQ(known(queens, 1), 8);
  const features::SiteHistory truth = Load({.as_of = day});
  EXPECT_EQ(truth.Get(Pollutant::kPm25, los_angeles).At(day), 12);
  EXPECT_EQ(vintages->truth().Get(Pollutant::kPm25, los_angeles).At(day), 12);
}

}  // namespace
}  // namespace geoclimate::forecast
