#include "geoclimate/prediction_log/batch_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "geoclimate/base/temporary_file.h"
#include "geoclimate/prediction_log/spill_file.h"
#include "geoclimate/prediction_log/testing/failing_store.h"
#include "geoclimate/prediction_log/testing/logged_rows.h"

namespace geoclimate::prediction_log {
namespace {

using Fails = FailingStore::Fails;
using Replay = BatchWriter::Replay;
using ::testing::ElementsAre;

class BatchWriterTest : public ::testing::Test {
 protected:
  BatchWriterTest() { Restart(); }

  // As a new process on the same folder and store.
  void Restart(std::uint64_t spill_bytes = 1 << 20) {
    writer_.reset();
    auto opened = SpillFolder::Open(spill_path(), spill_bytes);
    GC_CHECK(opened.ok(), "a folder can be made");
    spill_ = *std::move(opened);
    writer_ = std::make_unique<BatchWriter>(store_, spill_.get(), bounds_, place_.clock,
                                            LogMetrics::Of(place_.metrics));
  }
  std::filesystem::path spill_path() const { return place_.folder / "spill"; }
  // Names of files with this ending, sorted.
  std::vector<std::string> Files(std::string_view ending) const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(spill_path())) {
      const std::string name = entry.path().filename().string();
      if (name.ends_with(ending)) names.push_back(name);
    }
    std::ranges::sort(names);
    return names;
  }
  double Entries(std::string_view outcome) const {
    return place_.Metric(fmt::format("prediction_log_entries_total{{outcome=\"{}\"}}", outcome));
  }

  LogPlace place_;
  FailingStore store_{*place_.stores.prediction_log};
  store::PredictionLogBounds bounds_;
  std::unique_ptr<SpillFolder> spill_;
  std::unique_ptr<BatchWriter> writer_;
};

TEST_F(BatchWriterTest, WritesToTheStoreWhileItAnswers) {
  writer_->Write(MakeBatch(1, 1, 2));
  EXPECT_THAT(place_.RequestIds(), ElementsAre("r001", "r002"));
  EXPECT_TRUE(spill_->empty());
  EXPECT_EQ(Entries("stored"), 2);
}

TEST_F(BatchWriterTest, KeepsBatchesOnDiskWhileTheStoreIsAwayAndReplaysThemAllWhenItIsBack) {
  store_.Fail(Fails::kBefore);
  writer_->Write(MakeBatch(1, 1, 2));
  writer_->Write(MakeBatch(2, 3, 2));
  EXPECT_EQ(store_.inserts(), 1);  // the second did not wait for it
  EXPECT_TRUE(writer_->away());
  EXPECT_EQ(Files(".spill").size(), 2U);
  EXPECT_EQ(writer_->ReplayOldest(), Replay::kAway);
  store_.Fail(Fails::kNot);
  place_.clock.Advance(std::chrono::seconds(2));
  EXPECT_EQ(writer_->ReplayOldest(), Replay::kDone);
  EXPECT_THAT(place_.RequestIds(), ElementsAre("r001", "r002"));
  EXPECT_EQ(writer_->ReplayOldest(), Replay::kDone);
  EXPECT_EQ(writer_->ReplayOldest(), Replay::kNothing);
  EXPECT_THAT(place_.RequestIds(), ElementsAre("r001", "r002", "r003", "r004"));
  EXPECT_TRUE(Files("").empty());
  EXPECT_EQ(spill_->bytes(), 0U);
  EXPECT_EQ(Entries("replayed"), 4);
}

TEST_F(BatchWriterTest, TheNextProcessReplaysWhatOneLeft) {
  store_.Fail(Fails::kBefore);
  writer_->Write(MakeBatch(1, 1, 2));
  store_.Fail(Fails::kNot);
  Restart();
  EXPECT_GT(spill_->bytes(), 0U);
  EXPECT_EQ(writer_->ReplayOldest(), Replay::kDone);
  EXPECT_THAT(place_.RequestIds(), ElementsAre("r001", "r002"));
}

TEST_F(BatchWriterTest, ACommitWhoseAnswerWasLostIsThereOnce) {
  store_.Fail(Fails::kAfter);
  writer_->Write(MakeBatch(1, 1, 2));
  EXPECT_EQ(Files(".spill").size(), 1U);
  store_.Fail(Fails::kNot);
  place_.clock.Advance(std::chrono::minutes(1));
  EXPECT_EQ(writer_->ReplayOldest(), Replay::kDone);
  EXPECT_THAT(place_.RequestIds(), ElementsAre("r001", "r002"));
  EXPECT_EQ(Entries("replayed_again"), 2);
}

TEST_F(BatchWriterTest, AStoreThatFailsAgainIsLeftAloneLonger) {
  store_.Fail(Fails::kBefore);
  writer_->Write(MakeBatch(1, 1, 1));
  for (const int seconds : {1, 2, 4, 8, 16, 30, 30}) {
    place_.clock.Advance(std::chrono::milliseconds(1000 * seconds - 1));
    EXPECT_TRUE(writer_->away()) << seconds;
    place_.clock.Advance(std::chrono::milliseconds(1));
    EXPECT_FALSE(writer_->away()) << seconds;
    EXPECT_EQ(writer_->ReplayOldest(), Replay::kAway);
  }
}

TEST_F(BatchWriterTest, AFullSpillDropsTheNewestAndCountsThem) {
  Restart(EncodeSpill(MakeBatch(1, 1, 3)).size() + 10);
  store_.Fail(Fails::kBefore);
  writer_->Write(MakeBatch(1, 1, 3));
  writer_->Write(MakeBatch(2, 4, 3));
  EXPECT_EQ(place_.Dropped("spill_full"), 3);
  store_.Fail(Fails::kNot);
  place_.clock.Advance(std::chrono::minutes(1));
  EXPECT_EQ(writer_->ReplayOldest(), Replay::kDone);
  EXPECT_THAT(place_.RequestIds(), ElementsAre("r001", "r002", "r003"));
  // There is room again.
  store_.Fail(Fails::kBefore);
  writer_->Write(MakeBatch(3, 7, 3));
  EXPECT_EQ(place_.Dropped("spill_full"), 3);
}

TEST_F(BatchWriterTest, ATornFileIsSetAsideByNameAndTheOthersAreReplayed) {
  store_.Fail(Fails::kBefore);
  writer_->Write(MakeBatch(1, 1, 2));
  writer_->Write(MakeBatch(2, 3, 2));
  const std::string torn = Files(".spill").front();
  std::filesystem::resize_file(spill_path() / torn, 100);
  store_.Fail(Fails::kNot);
  Restart();
  EXPECT_EQ(writer_->ReplayOldest(), Replay::kDone);
  EXPECT_EQ(writer_->ReplayOldest(), Replay::kDone);
  EXPECT_EQ(writer_->ReplayOldest(), Replay::kNothing);
  EXPECT_THAT(place_.RequestIds(), ElementsAre("r003", "r004"));
  EXPECT_THAT(Files(".damaged"), ElementsAre(torn + ".damaged"));
  EXPECT_EQ(place_.Dropped("spill_damaged"), 2);
  EXPECT_EQ(place_.Metric("prediction_log_damaged_files_total"), 1);
  Restart();
  EXPECT_EQ(writer_->ReplayOldest(), Replay::kNothing);
}

TEST_F(BatchWriterTest, WhatTheStoreNeverTakesDoesNotBlockTheRest) {
  store_.Fail(Fails::kBefore);
  writer_->Write(MakeBatch(1, 1, 2));
  writer_->Write(MakeBatch(2, 3, 2));
  Restart();
  store_.Fail(Fails::kBefore, base::ErrorCode::kInvalidArgument);
  EXPECT_EQ(writer_->ReplayOldest(), Replay::kDone);
  EXPECT_EQ(place_.Dropped("refused"), 2);
  store_.Fail(Fails::kNot);
  EXPECT_EQ(writer_->ReplayOldest(), Replay::kDone);
  EXPECT_THAT(place_.RequestIds(), ElementsAre("r003", "r004"));
  store_.Fail(Fails::kBefore, base::ErrorCode::kInvalidArgument);
  writer_->Write(MakeBatch(3, 5, 1));
  EXPECT_EQ(place_.Dropped("refused"), 3);
}

TEST_F(BatchWriterTest, WhatWaitedLongerThanPredictionsAreKeptIsNotStored) {
  store_.Fail(Fails::kBefore);
  writer_->Write(MakeBatch(1, 1, 2));
  store_.Fail(Fails::kNot);
  place_.clock.Advance(std::chrono::days(30));
  EXPECT_EQ(writer_->ReplayOldest(), Replay::kDone);
  EXPECT_TRUE(place_.RequestIds().empty());
  EXPECT_EQ(place_.Dropped("expired"), 2);
  EXPECT_TRUE(Files("").empty());
}

TEST_F(BatchWriterTest, ADayThatFillsTheStoreTakesNoMore) {
  bounds_.max_bytes = 100;
  Restart();
  writer_->Write(MakeBatch(1, 1, 2));
  writer_->Maintain();
  writer_->Write(MakeBatch(2, 3, 2));
  EXPECT_THAT(place_.RequestIds(), ElementsAre("r001", "r002"));
  EXPECT_EQ(place_.Dropped("store_full"), 2);
}

TEST_F(BatchWriterTest, WithoutAFolderWhatTheStoreDoesNotTakeIsDroppedAndCounted) {
  BatchWriter writer(store_, nullptr, bounds_, place_.clock, LogMetrics::Of(place_.metrics));
  store_.Fail(Fails::kBefore);
  writer.Write(MakeBatch(1, 1, 2));
  EXPECT_EQ(place_.Dropped("spill_full"), 2);
  EXPECT_EQ(writer.ReplayOldest(), Replay::kNothing);
}

TEST_F(BatchWriterTest, AFileThatIsBeingWrittenIsLeftAlone) {
  const auto writing = base::TemporaryFile::Make(
      base::HostFileSystem(), spill_path() / "00000000000000000001-x-1.spill.writing");
  ASSERT_TRUE(writing.ok()) << writing.error().ToString();
  ASSERT_TRUE((*writing)->file().Write("half").ok());
  Restart();
  EXPECT_EQ(writer_->ReplayOldest(), Replay::kNothing);
  EXPECT_EQ(Files(".writing").size(), 1U);
}

TEST_F(BatchWriterTest, AFileThatAProcessLeftHalfWrittenIsRemoved) {
  std::ofstream(spill_path() / "00000000000000000001-x-1.spill.writing") << "half";
  Restart();
  EXPECT_EQ(writer_->ReplayOldest(), Replay::kNothing);
  EXPECT_EQ(Files(".writing").size(), 0U);
}

}  // namespace
}  // namespace geoclimate::prediction_log
