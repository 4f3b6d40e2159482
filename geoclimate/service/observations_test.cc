#include "geoclimate/service/observations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "geoclimate/forecast/history_loader.h"
#include "geoclimate/service/testing/platform.h"
#include "geoclimate/service/testing/troubled_store.h"

namespace geoclimate::service {
namespace {

using Field = ObservationField;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class ObservationsTest : public testing::Test {
 protected:
  ObservationsTest() {
    platform_.AddPm25(ExampleSite(1), base::MakeDay(2020, 12, 30), 5);
    sites_ = *Sites::Start(*platform_.stores.observations, std::chrono::hours(1));
    observations_ = *Observations::Open(*platform_.stores.observations, *sites_, platform_.clock,
                                        [this] { ++stored_; });
  }

  static SubmittedRow Row(std::initializer_list<std::pair<Field, std::string_view>> fields) {
    SubmittedRow row;
    row[Field::kSiteId] = "36-001-0001";
    row[Field::kDate] = "2020-12-31";
    row[Field::kPollutant] = "PM2.5";
    row[Field::kValue] = "12.5";
    for (const auto& [field, text] : fields) row[field] = text;
    return row;
  }
  SubmissionReceipt Submit(const std::vector<SubmittedRow>& rows) {
    auto receipt = observations_->Submit(rows);
    EXPECT_TRUE(receipt.ok()) << receipt.error().ToString();
    return *std::move(receipt);
  }
  // Of one row: "field: reason", or "accepted".
  std::string Verdict(const SubmittedRow& row) {
    const SubmissionReceipt receipt = Submit({row});
    if (receipt.refused.empty()) return "accepted";
    return receipt.refused[0].field + ": " + receipt.refused[0].reason;
  }
  double DailyValue(base::LocalDay day) {
    const auto history = forecast::LoadSiteHistory(*platform_.stores.observations,
                                                   {.as_of = day, .from = {}, .pollutants = {}});
    const auto site = history->FindSite(ExampleSite(1).id);
    return static_cast<double>(history->Get(airquality::Pollutant::kPm25, *site).At(day));
  }

  TestPlatform platform_;
  std::unique_ptr<Sites> sites_;
  std::unique_ptr<Observations> observations_;
  int stored_ = 0;
};

TEST_F(ObservationsTest, AFullDiskIsNoFaultOfTheCaller) {
  base::ErrorCode code = base::ErrorCode::kResourceExhausted;
  TroubledStore store(*platform_.stores.observations, [&code] {
    return base::Result<void>(base::Error(code, "the disk is full"));
  });
  const auto observations = *Observations::Open(store, *sites_, platform_.clock, [] {});
  const std::vector<SubmittedRow> rows = {Row({})};
  EXPECT_EQ(observations->Submit(rows).error().code(), base::ErrorCode::kUnavailable);
  EXPECT_EQ(observations->Submit(rows).error().message(), "the disk is full");
  code = base::ErrorCode::kPermissionDenied;
  EXPECT_EQ(observations->Submit(rows).error().code(), base::ErrorCode::kUnavailable);
  code = base::ErrorCode::kDataLoss;
  EXPECT_EQ(observations->Submit(rows).error().code(), base::ErrorCode::kDataLoss);
}

TEST_F(ObservationsTest, ARowIsKeptWhenTheCallReturns) {
  const SubmissionReceipt receipt = Submit({Row({})});
  EXPECT_EQ(receipt.accepted, 1U);
  EXPECT_EQ(receipt.stored.observations_new, 1U);
  EXPECT_EQ(stored_, 1);
  EXPECT_EQ(DailyValue(base::MakeDay(2020, 12, 31)), 12.5);
}

TEST_F(ObservationsTest, TheSameValueAgainChangesNothing) {
  Submit({Row({})});
  platform_.clock.Advance(std::chrono::hours(1));
  const SubmissionReceipt again = Submit({Row({})});
  EXPECT_EQ(again.accepted, 1U);
  EXPECT_EQ(again.stored.observations_unchanged, 1U);
  EXPECT_EQ(again.stored.observations_new + again.stored.observations_replaced, 0U);
  EXPECT_EQ(stored_, 1);
}

TEST_F(ObservationsTest, AnotherValueIsANewVersionThatCounts) {
  platform_.AddPm25(ExampleSite(1), base::MakeDay(2020, 12, 31), 99, 0, airquality::Source::kFinal,
                    "zzz.csv");
  EXPECT_EQ(Submit({Row({})}).stored.observations_replaced, 1U);
  EXPECT_EQ(DailyValue(base::MakeDay(2020, 12, 31)), 12.5);
  platform_.clock.Advance(std::chrono::seconds(1));
  EXPECT_EQ(Submit({Row({{Field::kValue, "3"}})}).stored.observations_replaced, 1U);
  EXPECT_EQ(DailyValue(base::MakeDay(2020, 12, 31)), 3);
}

TEST_F(ObservationsTest, BadRowsAreNamedAndTheOthersKept) {
  const SubmissionReceipt receipt =
      Submit({Row({}), Row({{Field::kDate, "2020-02-30"}}), Row({{Field::kValue, "x"}})});
  EXPECT_EQ(receipt.accepted, 1U);
  EXPECT_EQ(receipt.rejected, 2U);
  ASSERT_THAT(receipt.refused, SizeIs(2));
  EXPECT_EQ(receipt.refused[0].row, 1U);
  EXPECT_EQ(receipt.refused[0].field, "date");
  EXPECT_EQ(receipt.refused[0].reason, "impossible_date");
  EXPECT_EQ(receipt.refused[1].row, 2U);
  EXPECT_EQ(receipt.refused[1].field, "value");
  EXPECT_EQ(receipt.rejected_by_reason.at("bad_value"), 1U);
}

TEST_F(ObservationsTest, EachFieldIsCheckedByTheRulesOfFiles) {
  EXPECT_EQ(Verdict(Row({{Field::kSiteId, "nowhere"}})), "site_id: bad_site_id");
  EXPECT_EQ(Verdict(Row({{Field::kSiteId, ""}})), "site_id: missing_field");
  EXPECT_EQ(Verdict(Row({{Field::kDate, ""}})), "date: missing_field");
  EXPECT_EQ(Verdict(Row({{Field::kDate, "tomorrow"}})), "date: bad_date");
  EXPECT_EQ(Verdict(Row({{Field::kPollutant, "lead"}})), "pollutant: unknown_parameter");
  EXPECT_EQ(Verdict(Row({{Field::kPollutant, ""}})), "pollutant: missing_field");
  EXPECT_EQ(Verdict(Row({{Field::kParameterCode, "44201"}})), "parameter_code: parameter_mismatch");
  EXPECT_EQ(Verdict(Row({{Field::kValue, ""}})), "value: missing_value");
  EXPECT_EQ(Verdict(Row({{Field::kValue, "1e9"}})), "value: implausible_value");
  EXPECT_EQ(Verdict(Row({{Field::kUnit, "ppm"}})), "unit: wrong_unit");
  EXPECT_EQ(Verdict(Row({{Field::kUnit, "stones"}})), "unit: unknown_unit");
  EXPECT_EQ(Verdict(Row({{Field::kPoc, "-1"}})), "poc: bad_poc");
  EXPECT_EQ(Verdict(Row({{Field::kSource, "hearsay"}})), "source: unknown_source");
  EXPECT_EQ(Verdict(Row({{Field::kPercentComplete, "most"}})),
            "percent_complete: bad_completeness");
}

TEST_F(ObservationsTest, OptionalFieldsAreTaken) {
  EXPECT_EQ(Verdict(Row({{Field::kUnit, "ug/m3"},
                         {Field::kPoc, "3"},
                         {Field::kSource, "provisional"},
                         {Field::kPercentComplete, "100"},
                         {Field::kParameterCode, "88502"}})),
            "accepted");
  EXPECT_EQ(Verdict(Row({{Field::kPollutant, ""}, {Field::kParameterCode, "88101"}})), "accepted");
  EXPECT_EQ(Verdict(Row({{Field::kValue, "-0.5"}})), "accepted");
}

TEST_F(ObservationsTest, AFieldThatIsNotKnownIsNotGuessed) {
  SubmittedRow row = Row({});
  row.unknown_field = "valeu";
  EXPECT_EQ(Verdict(row), "valeu: unknown_field");
}

TEST_F(ObservationsTest, AnUnknownSiteIsTakenOnlyWithItsPlace) {
  EXPECT_EQ(Verdict(Row({{Field::kSiteId, "36-001-0099"}})), "site_id: unknown_site");
  EXPECT_EQ(Verdict(Row({{Field::kSiteId, "36-001-0099"},
                         {Field::kLatitude, "41.5"},
                         {Field::kLongitude, "-73.5"},
                         {Field::kSiteName, "New"}})),
            "accepted");
  ASSERT_TRUE(sites_->Refresh().ok());
  const auto directory = sites_->Directory();
  const ListedSite* site = directory->Find(ExampleSite(99).id);
  ASSERT_NE(site, nullptr);
  EXPECT_EQ(site->site.name, "New");
  EXPECT_EQ(site->site.utc_offset, std::chrono::hours(-5));
}

TEST_F(ObservationsTest, ATableIsReadAsAFileIs) {
  const auto receipt = observations_->SubmitTable(
      "Date,Source,Site ID,POC,Daily Mean PM2.5 Concentration,Units,Daily AQI Value\n"
      "12/31/2020,AQS,360010001,1,12.5,ug/m3 LC,57\n"
      "13/31/2020,AQS,360010001,1,12.5,ug/m3 LC,57\n"
      "12/31/2020,AQS,360010077,1,12.5,ug/m3 LC,57\n");
  ASSERT_TRUE(receipt.ok()) << receipt.error().ToString();
  EXPECT_EQ(receipt->accepted, 1U);
  ASSERT_THAT(receipt->refused, SizeIs(2));
  EXPECT_EQ(receipt->refused[0].row, 3U);
  EXPECT_EQ(receipt->refused[1].row, 4U);
  EXPECT_EQ(receipt->refused[1].reason, "unknown_site");
}

TEST_F(ObservationsTest, WhatIsNoTableIsRefusedAsAWhole) {
  const auto receipt = observations_->SubmitTable("a,b\n1,2\n");
  ASSERT_FALSE(receipt.ok());
  EXPECT_EQ(receipt.error().code(), base::ErrorCode::kInvalidArgument);
}

TEST_F(ObservationsTest, ManyRefusalsAreCountedAndTheFirstListed) {
  const std::vector<SubmittedRow> rows(2500, Row({{Field::kValue, "x"}}));
  const SubmissionReceipt receipt = Submit(rows);
  EXPECT_EQ(receipt.rejected, 2500U);
  EXPECT_THAT(receipt.refused, SizeIs(SubmissionReceipt::kMostRefusals));
  EXPECT_EQ(stored_, 0);
}

}  // namespace
}  // namespace geoclimate::service
