#include "geoclimate/prediction_log/spill_file.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "geoclimate/prediction_log/testing/logged_rows.h"

namespace geoclimate::prediction_log {
namespace {

TEST(SpillFile, GivesABatchBackAsItWas) {
  store::PredictionBatch batch = MakeBatch(0xabc, 1, 3);
  store::LoggedPrediction& one = batch.predictions[1];
  one.model_id = "other";
  one.caller = "gsc_AbCd";
  one.arm = store::LoggedArm::kCanary;
  one.route = store::LoggedRoute::kV2;
  one.duration_us = 12.5F;
  one.p10 = 1;
  one.p90 = 2;
  one.row = {std::numeric_limits<float>::quiet_NaN(), 1e30F};
  one.outputs.clear();
  const auto read = ParseSpill(EncodeSpill(batch));
  ASSERT_TRUE(read.ok()) << read.error().ToString();
  EXPECT_EQ(read->id, batch.id);
  ASSERT_EQ(read->predictions.size(), 3U);
  EXPECT_EQ(read->predictions[0].at, batch.predictions[0].at);
  EXPECT_EQ(read->predictions[2].request_id, "r003");
  EXPECT_EQ(read->predictions[2].row, batch.predictions[2].row);
  const store::LoggedPrediction& again = read->predictions[1];
  EXPECT_EQ(again.model_id, "other");
  EXPECT_EQ(again.caller, "gsc_AbCd");
  EXPECT_EQ(again.arm, store::LoggedArm::kCanary);
  EXPECT_EQ(again.route, store::LoggedRoute::kV2);
  EXPECT_EQ(again.duration_us, 12.5F);
  EXPECT_EQ(again.p10, 1);
  EXPECT_EQ(again.p90, 2);
  EXPECT_TRUE(std::isnan(again.row[0]));
  EXPECT_TRUE(again.outputs.empty());
  EXPECT_EQ(EncodeSpill(*read), EncodeSpill(batch));
}

TEST(SpillFile, EveryTornOrChangedFileIsRefused) {
  const std::string bytes = EncodeSpill(MakeBatch(1, 1, 2));
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(ParseSpill(bytes.substr(0, length)).ok()) << length;
  }
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::string changed = bytes;
    changed[at] = static_cast<char>(changed[at] ^ 0x10);
    EXPECT_FALSE(ParseSpill(changed).ok()) << at;
  }
  EXPECT_FALSE(ParseSpill(bytes + '\0').ok());
  // A sector that never came.
  std::string zeros = bytes;
  std::fill(zeros.begin() + 64, zeros.end(), '\0');
  EXPECT_EQ(ParseSpill(zeros).error().code(), base::ErrorCode::kDataLoss);
}

TEST(SpillFile, ALaterVersionIsRefusedByNumber) {
  std::string bytes = EncodeSpill(MakeBatch(1, 1, 1));
  bytes[8] = 2;
  const auto read = ParseSpill(bytes);
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().code(), base::ErrorCode::kUnimplemented);
  EXPECT_NE(read.error().message().find("version 2"), std::string::npos);
}

}  // namespace
}  // namespace geoclimate::prediction_log
