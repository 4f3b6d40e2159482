// An ingest that is killed at any moment leaves a sound database in which each file is there whole
// or not at all, and a second run makes of it what an undisturbed run would have made.

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "geoclimate/store/sqlite/sqlite_store.h"
#include "geoclimate/store/sqlite/temporary_folder.h"
#include "geoclimate/store/store_dump.h"
#include "tests/fault/ingest_run.h"

namespace geoclimate::fault {
namespace {

using std::filesystem::path;
using Lines = std::vector<std::string>;

path Database(const path& data_dir) {
  return data_dir / "geoclimate.db";
}

Lines DumpOf(const path& data_dir) {
  const base::SystemClock clock;
  const auto opened = store::OpenSqliteStore(Database(data_dir), {}, clock);
  if (!opened.ok()) return {"error: " + opened.error().ToString()};
  Lines lines = store::Dump(**opened, store::ReceivedAt::kLeftOut);
  std::sort(lines.begin(), lines.end());
  return lines;
}

// The first column of what `sql` gives.
Lines Query(const path& data_dir, const char* sql) {
  Lines values;
  sqlite3* db = nullptr;
  EXPECT_EQ(sqlite3_open_v2(Database(data_dir).c_str(), &db, SQLITE_OPEN_READWRITE, nullptr),
            SQLITE_OK);
  const auto collect = [](void* into, int, char** columns, char**) {
    static_cast<Lines*>(into)->push_back(columns[0] == nullptr ? "null" : columns[0]);
    return 0;
  };
  char* error = nullptr;
  EXPECT_EQ(sqlite3_exec(db, sql, collect, &values, &error), SQLITE_OK)
      << sql << ": " << (error == nullptr ? "" : error);
  sqlite3_free(error);
  sqlite3_close(db);
  return values;
}

class StoreKill : public ::testing::Test {
 protected:
  // Sites that share files, years that overlap, and every pollutant: but not so many rows that
  // twenty rounds take long.
  static std::vector<path> SomeFiles(std::size_t count) {
    std::vector<path> files;
    for (const auto& entry :
         std::filesystem::directory_iterator(path(GEOCLIMATE_SOURCE_DIR) / "data/epa/daily")) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    std::mt19937 random(11);
    std::shuffle(files.begin(), files.end(), random);
    files.resize(std::min(files.size(), count));
    return files;
  }

  // Ingests without disturbance into a new folder and gives the state.
  Lines Undisturbed(const std::vector<path>& files) {
    const path folder = folder_ / "undisturbed";
    std::filesystem::remove_all(folder);
    EXPECT_EQ(IngestRun::Start(folder, files).Wait(), 0);
    return DumpOf(folder);
  }

  // How long a whole ingest takes here, under this sanitizer and load.
  std::chrono::microseconds Duration(const std::vector<path>& files) {
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(IngestRun::Start(folder_ / "timed", files).Wait(), 0);
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() -
                                                                 begin);
  }

  void ExpectSound(const path& data_dir) {
    EXPECT_EQ(Query(data_dir, "PRAGMA integrity_check"), Lines{"ok"});
    EXPECT_EQ(Query(data_dir, "PRAGMA foreign_key_check"), Lines{});
  }

  // The state of a killed run is that of an undisturbed run of the files that were committed: none
  // is there in part.
  void ExpectWholeFiles(const path& data_dir, const std::vector<path>& files) {
    Lines names;
    // It may have been killed before the tables were made.
    if (!Query(data_dir, "SELECT 1 FROM sqlite_schema WHERE name = 'receipts'").empty()) {
      names = Query(data_dir,
                    "SELECT DISTINCT name FROM receipts AS r JOIN origins AS o"
                    " ON o.id = r.origin");
    }
    std::vector<path> committed;
    for (const path& file : files) {
      if (std::ranges::find(names, file.string()) != names.end()) committed.push_back(file);
    }
    ASSERT_EQ(committed.size(), names.size()) << "an origin is a file's path";
    if (committed.size() < files.size() && !committed.empty()) ++stopped_between_files_;
    EXPECT_EQ(DumpOf(data_dir), committed.empty() ? Lines{} : Undisturbed(committed));
  }

  void KillAndRunAgain(const std::vector<path>& files, std::chrono::microseconds after) {
    const path folder = folder_ / "killed";
    std::filesystem::remove_all(folder);
    if (!IngestRun::Start(folder, files).KillAfter(after)) return;
    ++kills_;
    if (std::filesystem::exists(Database(folder))) {
      ExpectWholeFiles(folder, files);
      ExpectSound(folder);
    }
    EXPECT_EQ(IngestRun::Start(folder, files).Wait(), 0);
    EXPECT_EQ(DumpOf(folder), expected_) << "killed after " << after.count() << " us";
    ExpectSound(folder);
  }

  void KillUntil(int kills, const std::vector<path>& files) {
    expected_ = Undisturbed(files);
    ASSERT_GT(expected_.size(), 10'000u);
    const auto duration = Duration(files).count();
    std::mt19937_64 random(20'201'231);
    // A run may end before its moment comes, on a machine that is faster now, or be killed before
    // it has begun, on one that is busy.
    const auto enough = [&] { return kills_ >= kills && stopped_between_files_ > kills / 10; };
    for (int round = 0; !enough() && round < 10 * kills && !HasFailure(); ++round) {
      const auto microseconds = random() % static_cast<std::uint64_t>(duration);
      KillAndRunAgain(files, std::chrono::microseconds(microseconds));
    }
    EXPECT_GE(kills_, kills);
    EXPECT_GT(stopped_between_files_, kills / 10) << "most moments fell before or after the work";
  }

  store::sqlite::TemporaryFolder folder_;
  Lines expected_;
  int kills_ = 0;
  int stopped_between_files_ = 0;
};

TEST_F(StoreKill, TwentyKillsLoseAndDoubleNothing) {
  KillUntil(20, SomeFiles(12));
}

TEST_F(StoreKill, TwoHundredKillsLoseAndDoubleNothing) {
  KillUntil(200, SomeFiles(1000));
}

}  // namespace
}  // namespace geoclimate::fault
