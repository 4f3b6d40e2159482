#include "geoclimate/forecast/publish_issue.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "geoclimate/blob/local/local_blob_store.h"
#include "geoclimate/forecast/history_loader.h"
#include "geoclimate/forecast/issued_calibration.h"
#include "geoclimate/forecast/testing/damped_persistence.h"
#include "geoclimate/store/sqlite/sqlite_store.h"

namespace geoclimate::forecast {
namespace {

using airquality::Pollutant;
using std::chrono::days;

const base::LocalDay kFirst = base::MakeDay(2020, 3, 1);
constexpr int kDays = 40;

class PublishIssueTest : public ::testing::Test {
 protected:
  PublishIssueTest()
      : folder_(std::filesystem::path(testing::TempDir()) /
                ("publish_" +
                 std::string(testing::UnitTest::GetInstance()->current_test_info()->name()))) {
    std::filesystem::remove_all(folder_);
    stores_ = *store::OpenSqliteStores(folder_ / "db", {}, clock_);
    blobs_ = *blob::LocalBlobStore::Open(folder_ / "blobs");
    tables_ = std::make_unique<TableStore>(*blobs_, clock_);
    for (int horizon = 1; horizon <= kMaxHorizonDays; ++horizon) {
      // An interval of +-1 % of the mean: too sure.
      models_.At(Pollutant::kPm25, horizon).fallback = DampedPersistence(horizon, 0.025);
    }
    PutObservations();
  }
  ~PublishIssueTest() override {
    stores_ = {};
    std::filesystem::remove_all(folder_);
  }

  // Three sites whose values go up and down.
  void PutObservations() {
    auto writer = *stores_.observations->BeginWrite("made.csv");
    for (int number = 0; number < 3; ++number) {
      airquality::Site site;
      site.id = airquality::SiteId::FromParts(6, 37, static_cast<std::uint32_t>(1000 + number));
      site.utc_offset = std::chrono::hours(-8);
      ASSERT_TRUE(writer->PutSites({&site, 1}).ok());
      for (int day = 0; day < kDays; ++day) {
        airquality::Observation observation;
        observation.key = {.site = site.id,
                           .parameter = 88101,
                           .poc = 1,
                           .start = base::DayStart(kFirst + days(day), site.utc_offset)};
        observation.value = airquality::Concentration::FromDouble(10 + (day + number) % 5);
        ASSERT_TRUE(writer->Append({&observation, 1}, {}).ok());
      }
    }
    ASSERT_TRUE(writer->Commit().ok());
  }

  TableContent Publish(int as_of) {
    clock_.Advance(std::chrono::hours(1));
    const auto published = PublishIssue(
        {*stores_.observations, *stores_.issued_forecasts, *tables_}, models_, At(as_of), "test");
    EXPECT_TRUE(published.ok()) << published.error().ToString();
    const auto table = tables_->LoadCurrent();
    EXPECT_TRUE(table.ok()) << table.error().ToString();
    return (*table)->content();
  }

  IssueOptions At(int as_of) const {
    return {.as_of = kFirst + days(as_of), .issued_at = clock_.Now()};
  }

  features::SiteHistory HistoryAt(int as_of) {
    return *LoadSiteHistory(*stores_.observations,
                            {.as_of = kFirst + days(as_of), .from = {}, .pollutants = {}});
  }

  std::filesystem::path folder_;
  base::FakeClock clock_{base::Timestamp(std::chrono::hours(450'000))};
  store::Stores stores_;
  std::unique_ptr<blob::BlobStore> blobs_;
  std::unique_ptr<TableStore> tables_;
  IssueModels models_;
};

TEST_F(PublishIssueTest, WhatCameOfTheForecastsGivenOutCorrectsTheNext) {
  for (int as_of = 5; as_of < 35; ++as_of) Publish(as_of);
  const TableContent published = Publish(35);

  const features::SiteHistory history = HistoryAt(35);
  const auto learnt = LearnFromIssued(*stores_.issued_forecasts, history, kFirst + days(35));
  ASSERT_TRUE(learnt.ok());
  IssueModels calibrated = models_;
  for (int horizon = 1; horizon <= kMaxHorizonDays; ++horizon) {
    OnlineCalibration& calibration = calibrated.At(Pollutant::kPm25, horizon).calibration;
    calibration = (*learnt)[static_cast<std::size_t>(airquality::Index(Pollutant::kPm25))]
                           [static_cast<std::size_t>(horizon - 1)];
    EXPECT_NE(calibration, OnlineCalibration(Pollutant::kPm25)) << horizon;
  }
  const auto expected = Issue(history, calibrated, At(35));
  ASSERT_TRUE(expected.ok());
  EXPECT_EQ(published, *expected);

  const auto plain = Issue(history, models_, At(35));
  ASSERT_TRUE(plain.ok());
  const auto width = [](const TableContent& content) {
    const auto& quantiles = content.sites[0].days[0].pollutants[0].concentration.quantiles;
    return quantiles[model::kP90] - quantiles[model::kP10];
  };
  EXPECT_GT(width(published), 1.2F * width(*plain));
}

TEST_F(PublishIssueTest, AnIssueOfAPastDayLearnsNothingFromWhatCameLater) {
  TableContent first;
  for (int as_of = 5; as_of < 15; ++as_of) {
    const TableContent content = Publish(as_of);
    if (as_of == 10) first = content;
  }
  TableContent again = Publish(10);
  EXPECT_GT(again.issued_at, first.issued_at);
  again.issued_at = first.issued_at;
  EXPECT_EQ(again, first);
}

}  // namespace
}  // namespace geoclimate::forecast
