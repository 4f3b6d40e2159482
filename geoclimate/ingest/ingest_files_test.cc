#include "geoclimate/ingest/ingest_files.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "geoclimate/base/mutex.h"

namespace geoclimate::ingest {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

namespace fs = std::filesystem;

constexpr std::string_view kHeader =
    "Date,Site ID,POC,Daily Mean PM2.5 Concentration,DAILY_AQI_VALUE\n";

class IngestFilesTest : public testing::Test {
 protected:
  IngestFilesTest()
      : folder_(fs::path(testing::TempDir()) /
                testing::UnitTest::GetInstance()->current_test_info()->name()),
        sources_(*BuiltInSources()) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~IngestFilesTest() override { fs::remove_all(folder_); }

  void Write(const std::string& name, std::string_view text) {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }
  // `rows` days of one site.
  static std::string Table(int rows, int site) {
    std::string text(kHeader);
    for (int i = 0; i < rows; ++i) {
      text += fmt::format("{},06037{:04},1,{}.5,50\n",
                          base::FormatDay(base::MakeDay(2000, 1, 1) + std::chrono::days(i)), site,
                          i % 90);
    }
    return text;
  }
  std::vector<DataFile> Files() { return *FindDataFiles(std::vector<fs::path>{folder_}); }

  fs::path folder_;
  std::vector<SourceDescription> sources_;
  IngestProgress progress_;
};

// Keeps what was committed, by file.
class RecordingSink final : public ObservationSink {
 public:
  base::Result<std::unique_ptr<FileSink>> BeginFile(std::string_view origin) override {
    return std::unique_ptr<FileSink>(
        std::make_unique<File>(*this, fs::path(origin).filename().string()));
  }

  base::Result<std::vector<StoredCounts>> Commit(
      std::span<const std::unique_ptr<FileSink>> files) override EXCLUDES(mutex_) {
    base::MutexLock lock(mutex_);
    if (!files.empty()) largest_group_ = std::max(largest_group_, files.size());
    std::vector<StoredCounts> counts;
    for (const std::unique_ptr<FileSink>& sink : files) {
      File& file = static_cast<File&>(*sink);
      counts.emplace_back().observations_new = file.rows_.size();
      EXPECT_TRUE(committed_.emplace(file.name_, std::move(file.rows_)).second);
    }
    return counts;
  }

  std::size_t LargestGroup() EXCLUDES(mutex_) {
    base::MutexLock lock(mutex_);
    return largest_group_;
  }
  std::map<std::string, std::vector<airquality::Observation>> Committed() EXCLUDES(mutex_) {
    base::MutexLock lock(mutex_);
    return committed_;
  }

  int fail_at_put_ = 0;

 private:
  class File final : public FileSink {
   public:
    File(RecordingSink& sink, std::string name) : sink_(sink), name_(std::move(name)) {}
    base::Result<void> Put(const ObservationBatch& batch) override {
      if (++sink_.puts_ == sink_.fail_at_put_) return base::Unavailable("the disk is full");
      rows_.insert(rows_.end(), batch.observations.begin(), batch.observations.end());
      return {};
    }

    RecordingSink& sink_;
    const std::string name_;
    std::vector<airquality::Observation> rows_;
  };

  std::atomic<int> puts_ = 0;
  base::Mutex mutex_;
  std::size_t largest_group_ GUARDED_BY(mutex_) = 0;
  std::map<std::string, std::vector<airquality::Observation>> committed_ GUARDED_BY(mutex_);
};

TEST_F(IngestFilesTest, KeepsTheRowsOfEveryFileInOrderWhateverTheThreads) {
  for (int i = 0; i < 12; ++i) Write(fmt::format("{:02}.csv", i), Table(100 + 37 * i, i));
  for (const int threads : {1, 2, 5, 20}) {
    RecordingSink sink;
    IngestOptions options;
    options.threads = threads;
    options.reader.batch_rows = 7;
    options.group_observations = 400;
    options.largest_in_group = 450;
    IngestProgress progress;
    const auto report = IngestFiles(Files(), sources_, sink, options, progress);
    ASSERT_TRUE(report.ok()) << report.error().ToString();
    const auto committed = sink.Committed();
    ASSERT_EQ(committed.size(), 12U);
    EXPECT_GE(sink.LargestGroup(), 2U);
    std::uint64_t rows = 0;
    for (int i = 0; i < 12; ++i) {
      const auto& observations = committed.at(fmt::format("{:02}.csv", i));
      ASSERT_EQ(observations.size(), static_cast<std::size_t>(100 + 37 * i));
      for (std::size_t j = 1; j < observations.size(); ++j) {
        ASSERT_EQ(observations[j].key.start - observations[j - 1].key.start, std::chrono::days(1));
      }
      rows += observations.size();
    }
    EXPECT_EQ(report->rows.rows, rows);
    EXPECT_EQ(report->stored.observations_new, rows);
    EXPECT_EQ(progress.rows, rows);
    EXPECT_EQ(progress.files_done, 12U);
  }
}

TEST_F(IngestFilesTest, AbandonsARefusedFileAndGoesOnWithTheOthers) {
  std::string interpolated = Table(5000, 1);
  for (int i = 0; i < 200; ++i) interpolated += fmt::format("2019-01-01,060370001,1,5,{}.5\n", i);
  Write("a.csv", interpolated);
  Write("b.csv", Table(10, 2));
  Write("c.csv", "id,price\n1,2\n");
  RecordingSink sink;
  IngestOptions options;
  options.threads = 2;
  const auto report = IngestFiles(Files(), sources_, sink, options, progress_);
  ASSERT_TRUE(report.ok());
  const auto committed = sink.Committed();
  EXPECT_EQ(committed.size(), 1U);
  EXPECT_TRUE(committed.contains("b.csv"));
  EXPECT_EQ(report->refused_files, 2U);
  EXPECT_EQ(report->rows.rows, 10U);
  ASSERT_EQ(report->files.size(), 3U);
  EXPECT_THAT(report->files[0].refused->message(), HasSubstr("AQI values have a fraction"));
  EXPECT_FALSE(report->files[1].refused.has_value());
  EXPECT_THAT(report->files[2].refused->message(), HasSubstr("not a table"));
}

TEST_F(IngestFilesTest, RefusesATruncatedGzipNamingFileAndOffset) {
  const std::string gzip = formats::DeflateGzip(Table(3000, 1));
  Write("cut.csv.gz", gzip.substr(0, gzip.size() - 100));
  RecordingSink sink;
  const auto report = IngestFiles(Files(), sources_, sink, {}, progress_);
  ASSERT_TRUE(report.ok());
  EXPECT_TRUE(sink.Committed().empty());
  EXPECT_THAT(
      report->files[0].refused->message(),
      HasSubstr(fmt::format("cut.csv.gz: ends in the middle at byte {}", gzip.size() - 100)));
}

TEST_F(IngestFilesTest, RefusesAFileThatVanished) {
  Write("a.csv", Table(10, 1));
  const std::vector<DataFile> files = Files();
  fs::remove(folder_ / "a.csv");
  RecordingSink sink;
  const auto report = IngestFiles(files, sources_, sink, {}, progress_);
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->refused_files, 1U);
  EXPECT_EQ(report->files[0].refused->code(), base::ErrorCode::kNotFound);
}

TEST_F(IngestFilesTest, EndsWithTheErrorOfTheSink) {
  for (int i = 0; i < 8; ++i) Write(fmt::format("{}.csv", i), Table(2000, i));
  RecordingSink sink;
  sink.fail_at_put_ = 25;
  IngestOptions options;
  options.threads = 3;
  options.reader.batch_rows = 100;
  options.group_observations = 2500;
  options.largest_in_group = 3000;
  const auto report = IngestFiles(Files(), sources_, sink, options, progress_);
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().message(), "the disk is full");
  EXPECT_LT(sink.Committed().size(), 8U);
}

TEST_F(IngestFilesTest, IngestsNothingFromNoFiles) {
  RecordingSink sink;
  const auto report = IngestFiles({}, sources_, sink, {}, progress_);
  ASSERT_TRUE(report.ok());
  EXPECT_TRUE(report->files.empty());
}

TEST_F(IngestFilesTest, ChecksItsOptions) {
  RecordingSink sink;
  IngestOptions options;
  options.threads = 0;
  EXPECT_FALSE(IngestFiles({}, sources_, sink, options, progress_).ok());
}

TEST_F(IngestFilesTest, FindsDataFilesBelowAFolderOnceAndInOrder) {
  Write("b/two.csv.gz", "x");
  Write("a.csv", "x");
  Write("b/notes.txt", "x");
  Write("c/deep/er.csv", "x");
  const auto files =
      FindDataFiles(std::vector<fs::path>{folder_ / "b", folder_, folder_ / "b/../a.csv"});
  ASSERT_TRUE(files.ok()) << files.error().ToString();
  std::vector<std::string> names;
  for (const DataFile& file : *files) names.push_back(fs::relative(file.path, folder_).string());
  EXPECT_THAT(names, ElementsAre("a.csv", "b/two.csv.gz", "c/deep/er.csv"));
  EXPECT_EQ((*files)[0].bytes, 1U);

  const auto named = FindDataFiles(std::vector<fs::path>{folder_ / "b/notes.txt"});
  ASSERT_TRUE(named.ok());
  EXPECT_EQ(named->size(), 1U);
}

TEST_F(IngestFilesTest, NamesAPathThatStandsForNothing) {
  fs::create_directory(folder_ / "empty");
  EXPECT_THAT(FindDataFiles(std::vector<fs::path>{folder_ / "absent"}).error().message(),
              HasSubstr("absent does not exist"));
  EXPECT_THAT(FindDataFiles(std::vector<fs::path>{folder_ / "empty"}).error().message(),
              HasSubstr("no *.csv or *.csv.gz below"));
}

}  // namespace
}  // namespace geoclimate::ingest
