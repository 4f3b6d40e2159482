#include "apps/geoclimate/ingest_sinks.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "apps/geoclimate/data_folder.h"
#include "apps/geoclimate/ingest_output.h"
#include "geoclimate/formats/compression.h"
#include "geoclimate/store/sqlite/sqlite_store.h"

namespace geoclimate::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

namespace fs = std::filesystem;

const fs::path kVariants = fs::path(GEOCLIMATE_SOURCE_DIR) / "data/epa/variants";
const fs::path kDaily = fs::path(GEOCLIMATE_SOURCE_DIR) / "data/epa/daily";

class IngestTest : public testing::Test {
 protected:
  IngestTest()
      : folder_(fs::path(testing::TempDir()) /
                fmt::format("ingest_{}",
                            testing::UnitTest::GetInstance()->current_test_info()->name())),
        sources_(*ingest::BuiltInSources()) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~IngestTest() override { fs::remove_all(folder_); }

  fs::path Write(const std::string& name, std::string_view text) {
    std::ofstream(folder_ / name, std::ios::binary) << text;
    return folder_ / name;
  }

  std::unique_ptr<store::ObservationStore> Open(const std::string& name) {
    return *store::OpenSqliteStore(DatabasePath(folder_ / name), {}, clock_);
  }

  // One ingest a path, in the order given.
  ingest::IngestReport Ingest(store::ObservationStore& store, const std::vector<fs::path>& paths,
                              RejectsFile* rejects = nullptr) {
    StoreSink sink(store, rejects);
    std::vector<ingest::FileReport> reports;
    for (const fs::path& path : paths) {
      ingest::IngestOptions options;
      options.threads = 2;
      ingest::IngestProgress progress;
      const auto files = *ingest::FindDataFiles(std::vector<fs::path>{path});
      const auto report = ingest::IngestFiles(files, sources_, sink, options, progress);
      EXPECT_TRUE(report.ok()) << (report.ok() ? "" : report.error().ToString());
      if (report.ok()) {
        reports.insert(reports.end(), report->files.begin(), report->files.end());
      }
    }
    return ingest::Summarize(std::move(reports));
  }

  // Everything but when it was received, which also orders the versions of one measurement.
  static std::vector<std::string> Dump(store::ObservationStore& store) {
    std::vector<std::string> lines;
    const auto sites = store.Sites();
    EXPECT_TRUE(sites.ok());
    for (const airquality::Site& site : *sites) {
      lines.push_back(fmt::format("{} {} {} {} {} {}", site.id.ToString(), site.name, site.county,
                                  site.state, site.cbsa, site.utc_offset.count()));
    }
    store::ObservationQuery everything;
    everything.duration.reset();
    const auto visited = store.Visit(everything, [&lines](const store::StoredObservation& stored) {
      const airquality::Observation& o = stored.observation;
      lines.push_back(fmt::format("{} {} {} {} {} {} {} {} {} {} {}", o.key.site.ToString(),
                                  o.key.parameter, o.key.poc, base::FormatTimestamp(o.key.start),
                                  static_cast<int>(o.key.statistic), static_cast<int>(o.key.event),
                                  o.value.ToString(), static_cast<int>(o.source), o.completeness,
                                  base::FormatTimestamp(stored.available_at),
                                  fs::path(stored.origin).filename().string()));
    });
    EXPECT_TRUE(visited.ok());
    std::sort(lines.begin(), lines.end());
    return lines;
  }

  fs::path folder_;
  base::SystemClock clock_;
  std::vector<ingest::SourceDescription> sources_;
};

constexpr std::string_view kHeader =
    "Date,Source,Site ID,POC,Daily Mean PM2.5 Concentration,UNITS,DAILY_AQI_VALUE\n";

TEST_F(IngestTest, GivesTheSameStoreInEitherOrderOfOverlappingFiles) {
  // Final and early downloads of one year, and a metropolitan area within its state.
  const std::vector<fs::path> paths = {
      kDaily / "epa_daily_losangeles_pm25_2020.csv.gz",
      kDaily / "epa_daily_losangeles_pm25_2020_early-download.csv.gz",
      kDaily / "epa_daily_ny_o3_2020.csv.gz",
      kDaily / "epa_daily_nyc-metro_o3_2020.csv.gz",
      kVariants / "epa_daily_nyc-queens-college_o3_2001-2023.csv.gz",
      kVariants / "trimmed10_losangeles_so2_2020.csv.gz",
  };
  const auto forth = Open("forth");
  const auto back = Open("back");
  const ingest::IngestReport first = Ingest(*forth, paths);
  const ingest::IngestReport second =
      Ingest(*back, std::vector<fs::path>(paths.rbegin(), paths.rend()));
  const std::vector<std::string> lines = Dump(*forth);
  EXPECT_GT(lines.size(), 20'000U);
  EXPECT_TRUE(lines == Dump(*back));
  EXPECT_GT(first.stored.observations_unchanged, 0U);
  EXPECT_EQ(first.stored.observations_new, second.stored.observations_new);
  EXPECT_EQ(first.stored.observations_replaced, second.stored.observations_replaced);
  EXPECT_EQ(first.stored.observations_unchanged, second.stored.observations_unchanged);
}

TEST_F(IngestTest, ChangesNothingWhenItIsRunAgain) {
  const auto store = Open("db");
  const std::vector<fs::path> paths = {kVariants / "epa_daily_il-cook_pm25_1999.csv.gz"};
  EXPECT_EQ(Ingest(*store, paths).stored.observations_new, 565U);
  const auto before = Dump(*store);
  const auto generation = *store->Generation();
  const ingest::IngestReport again = Ingest(*store, paths);
  EXPECT_EQ(again.stored.observations_new, 0U);
  EXPECT_EQ(again.stored.observations_replaced, 0U);
  EXPECT_EQ(again.stored.observations_unchanged, 565U);
  EXPECT_EQ(Dump(*store), before);
  EXPECT_EQ(*store->Generation(), generation);
}

TEST_F(IngestTest, KeepsAnotherValueOfAKnownMeasurementBesideTheFirst) {
  const auto store = Open("db");
  const fs::path path = Write("twice.csv", fmt::format("{}1/1/2020,AirNow,060371103,1,9.1,,38\n"
                                                       "1/1/2020,AQS,060371103,1,9.4,,39\n"
                                                       "1/1/2020,AQS,060371103,1,9.4,,39\n",
                                                       kHeader));
  const ingest::IngestReport report = Ingest(*store, {path});
  EXPECT_EQ(report.stored.observations_new, 1U);
  EXPECT_EQ(report.stored.observations_replaced, 1U);
  EXPECT_EQ(report.stored.observations_unchanged, 1U);
  EXPECT_EQ(Dump(*store).size(), 3U);  // the site and two versions
}

TEST_F(IngestTest, KeepsNothingOfARefusedFile) {
  const auto store = Open("db");
  std::string interpolated(kHeader);
  for (int i = 0; i < 20'000; ++i) {
    interpolated += fmt::format("{},AQS,060371103,{},9.1,,{}\n",
                                base::FormatDay(base::MakeDay(1990, 1, 1) + std::chrono::days(i)),
                                i % 7, i < 19'000 ? "38" : "38.5");
  }
  const std::string truncated =
      formats::DeflateGzip(std::string(kHeader) + "1/1/2020,AQS,060371103,1,9.1,,38\n");
  const ingest::IngestReport report = Ingest(
      *store,
      {Write("a.csv", interpolated), Write("b.csv.gz", truncated.substr(0, truncated.size() - 4)),
       kVariants / "gap-filled_losangeles-compton_pm25_2009.csv.gz",
       kVariants / "no-site-id_ny_pm25_2022.csv.gz", Write("c.csv", "\x7f\x45\x4c\x46")});
  EXPECT_EQ(report.refused_files, 5U);
  EXPECT_EQ(report.rows.rows, 0U);
  EXPECT_THAT(Dump(*store), IsEmpty());
}

TEST_F(IngestTest, ListsTheRowsThatItDidNotTake) {
  const auto store = Open("db");
  const fs::path good = Write("good.csv", fmt::format("{}2/30/2020,AQS,060371103,1,9.1,,38\n"
                                                      "1/1/2020,AQS,060371103,1,\"1,5\",,38\n"
                                                      "1/1/2020,AQS,060371103,1,9.1,,38\n",
                                                      kHeader));
  const fs::path refused =
      Write("refused.csv", fmt::format("{}1/1/2020,AQS,060371103,1,9.1,,38.5\n", kHeader));
  auto rejects = *RejectsFile::Create(folder_ / "rejects.csv");
  const ingest::IngestReport report = Ingest(*store, {refused, good}, rejects.get());
  ASSERT_TRUE(rejects->Close().ok());
  std::ifstream file(folder_ / "rejects.csv");
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0], "file,line,column,reason,text,detail");
  EXPECT_EQ(lines[1], fmt::format("{},2,1,impossible_date,\"2/30/2020,AQS,060371103,1,9.1,,38\","
                                  "there is no day '2/30/2020'",
                                  good.string()));
  EXPECT_THAT(lines[2], HasSubstr(",3,5,bad_value,"));
  EXPECT_EQ(report.rows.rejected, 2U);
  const std::string json = RenderIngestJson(report, std::chrono::seconds(1));
  EXPECT_THAT(json, HasSubstr("\"rejects_by_reason\":{\"impossible_date\":1,\"bad_value\":1}"));
  EXPECT_THAT(json, HasSubstr("\"files\":2,\"refused_files\":1,\"rows_read\":3"));
  EXPECT_THAT(json, HasSubstr("\"observations_new\":1"));
  const std::string text = RenderIngestText(report, std::chrono::seconds(1));
  EXPECT_THAT(text, HasSubstr("1 of 2 files read: 3 rows in 1.0 s (3 rows/s)"));
  EXPECT_THAT(text, HasSubstr("impossible_date"));
}

// Ends the process, as kill -9 does, at its n-th call.
class DyingSink final : public ingest::ObservationSink {
 public:
  DyingSink(StoreSink& sink, int calls) : sink_(sink), calls_(calls) {}
  base::Result<std::unique_ptr<ingest::FileSink>> BeginFile(std::string_view origin) override {
    Count();
    return sink_.BeginFile(origin);
  }
  base::Result<std::vector<ingest::StoredCounts>> Commit(
      std::span<const std::unique_ptr<ingest::FileSink>> files) override {
    Count();
    auto counts = sink_.Commit(files);
    Count();
    return counts;
  }

 private:
  void Count() {
    if (--calls_ == 0) ::kill(::getpid(), SIGKILL);
  }
  StoreSink& sink_;
  int calls_;
};

TEST_F(IngestTest, GivesTheSameStoreAfterItWasKilledAnywhere) {
  fs::create_directory(folder_ / "files");
  for (const char* name : {"epa_daily_il-cook_pm25_1999", "epa_daily_hi-oahu_o3_1988",
                           "trimmed10_losangeles_so2_2020", "airdata_daily_42101_2020_ohio"}) {
    fs::copy_file(kVariants / (std::string(name) + ".csv.gz"),
                  folder_ / "files" / (std::string(name) + ".csv.gz"));
  }
  const auto clean = Open("clean");
  const ingest::IngestReport report = Ingest(*clean, {folder_ / "files"});
  const std::vector<std::string> expected = Dump(*clean);
  ASSERT_EQ(report.rows.observations, 565U + 347U + 694U + 5261U);

  // One file alone and the others together: four begins, two commits with a call before and after.
  for (int calls = 1; calls <= 8; ++calls) {
    const std::string name = fmt::format("killed{}", calls);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      const auto store = Open(name);
      StoreSink sink(*store, nullptr);
      DyingSink dying(sink, calls);
      ingest::IngestOptions options;
      options.group_observations = 2000;
      options.largest_in_group = 2000;
      ingest::IngestProgress progress;
      const auto files = *ingest::FindDataFiles(std::vector<fs::path>{folder_ / "files"});
      (void)ingest::IngestFiles(files, sources_, dying, options, progress);
      ::_exit(0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << calls;
    const auto store = Open(name);
    const ingest::IngestReport second = Ingest(*store, {folder_ / "files"});
    EXPECT_EQ(second.refused_files, 0U);
    EXPECT_EQ(second.stored.observations_replaced, report.stored.observations_replaced);
    EXPECT_TRUE(Dump(*store) == expected) << calls;
  }
}

TEST_F(IngestTest, ReadsEveryFileOfTheDemo) {
  ingest::IngestOptions options;
  options.threads = 2;
  ingest::IngestProgress progress;
  DrySink sink(nullptr);
  const auto files = *ingest::FindDataFiles(std::vector<fs::path>{kDaily});
  const auto report = ingest::IngestFiles(files, sources_, sink, options, progress);
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->files.size(), 38U);
  EXPECT_EQ(report->refused_files, 0U);
  EXPECT_EQ(report->rows.rows, 219'824U);
  EXPECT_EQ(report->rows.observations, 219'824U);
}

TEST(RejectsFile, NamesAPathThatItCannotMake) {
  const auto rejects = RejectsFile::Create("/nowhere/rejects.csv");
  ASSERT_FALSE(rejects.ok());
  EXPECT_THAT(rejects.error().message(), HasSubstr("/nowhere/rejects.csv"));
}

}  // namespace
}  // namespace geoclimate::app
