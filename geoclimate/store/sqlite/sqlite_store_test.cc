#include "geoclimate/store/sqlite/sqlite_store.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <utility>

#include "geoclimate/store/sqlite/connection.h"
#include "geoclimate/store/sqlite/temporary_folder.h"

namespace geoclimate::store {
namespace {

using base::ErrorCode;

airquality::Site TheSite() {
  airquality::Site site;
  site.id = airquality::SiteId::FromParts(6, 37, 1103);
  return site;
}

std::vector<airquality::Observation> Rows(int count) {
  std::vector<airquality::Observation> rows(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    airquality::Observation& row = rows[static_cast<std::size_t>(i)];
    row.key.site = TheSite().id;
    row.key.parameter = 88101;
    row.key.start = base::Timestamp(std::chrono::days(i));
    row.value = airquality::Concentration::FromMicro(i);
  }
  return rows;
}

base::Result<WriteCounts> Write(ObservationStore& store, int rows) {
  GC_ASSIGN_OR_RETURN(const std::unique_ptr<ObservationWriter> writer, store.BeginWrite("file"));
  const airquality::Site site = TheSite();
  GC_RETURN_IF_ERROR(writer->PutSites(std::span(&site, 1)));
  GC_RETURN_IF_ERROR(writer->Append(Rows(rows), std::nullopt));
  return writer->Commit();
}

class SqliteStoreTest : public ::testing::Test {
 protected:
  std::filesystem::path file() const { return folder_ / "geoclimate.db"; }

  // Names the file, and says what to do.
  void ExpectError(const base::Error& error, ErrorCode code, std::string_view advice) {
    EXPECT_EQ(error.code(), code) << error.ToString();
    EXPECT_NE(error.message().find(folder_.path().string()), std::string::npos) << error.message();
    EXPECT_NE(error.message().find(advice), std::string::npos) << error.message();
  }
  void ExpectOpenFails(ErrorCode code, std::string_view advice) {
    const auto store = OpenSqliteStore(file(), {}, clock_);
    ASSERT_FALSE(store.ok());
    ExpectError(store.error(), code, advice);
  }

  sqlite::TemporaryFolder folder_;
  base::SystemClock clock_;
};

TEST_F(SqliteStoreTest, MakesTheFoldersOfItsPath) {
  EXPECT_TRUE(OpenSqliteStore(folder_ / "a/b/geoclimate.db", {}, clock_).ok());
}

TEST_F(SqliteStoreTest, LeavesOneFileWhenItIsClosed) {
  {
    auto store = OpenSqliteStore(file(), {}, clock_);
    ASSERT_TRUE(store.ok());
    ASSERT_TRUE(Write(**store, 10).ok());
  }
  const auto files = std::filesystem::directory_iterator(folder_.path());
  EXPECT_EQ(std::distance(begin(files), end(files)), 1);
}

TEST_F(SqliteStoreTest, RefusesOptionsOutOfRange) {
  SqliteOptions options;
  options.write_buffer_rows = 0;
  EXPECT_EQ(OpenSqliteStore(file(), options, clock_).error().code(), ErrorCode::kInvalidArgument);
  options = {};
  options.checkpoint_bytes = 10;
  EXPECT_EQ(options.Validate().error().code(), ErrorCode::kInvalidArgument);
  options = {};
  options.write_wait = std::chrono::milliseconds(-1);
  EXPECT_EQ(options.Validate().error().code(), ErrorCode::kInvalidArgument);
}

TEST_F(SqliteStoreTest, SaysThatAFileOfSomethingElseIsNoDatabase) {
  std::ofstream(file()) << std::string(10'000, 'x');
  ExpectOpenFails(ErrorCode::kDataLoss, "restore a backup");
}

TEST_F(SqliteStoreTest, SaysThatADamagedFileIsDamaged) {
  {
    auto store = OpenSqliteStore(file(), {}, clock_);
    ASSERT_TRUE(store.ok());
    ASSERT_TRUE(Write(**store, 20'000).ok());
  }
  {
    // Everything but the first page, which holds the header and the schema.
    std::fstream damaged(file(), std::ios::in | std::ios::out | std::ios::binary);
    damaged.seekp(8192);
    const auto size = std::filesystem::file_size(file());
    damaged << std::string(static_cast<std::size_t>(size) - 8192, '\x5a');
  }
  auto store = OpenSqliteStore(file(), {}, clock_);
  const base::Result<void> visited =
      store.ok() ? (*store)->Visit({}, [](const StoredObservation&) {}) : store.error();
  ASSERT_FALSE(visited.ok());
  ExpectError(visited.error(), ErrorCode::kDataLoss, "restore a backup");
}

TEST_F(SqliteStoreTest, SaysWhichObservationsAreDamaged) {
  auto store = OpenSqliteStore(file(), {}, clock_);
  ASSERT_TRUE(store.ok());
  ASSERT_TRUE(Write(**store, 10).ok());
  auto connection = sqlite::Connection::Open(file(), {});
  ASSERT_TRUE(connection.ok());
  ASSERT_TRUE(
      (*connection)
          ->Execute("UPDATE observation_chunks SET versions = '[[1,2],[1,nonsense]]'", "test")
          .ok());
  const auto visited = (*store)->Visit({}, [](const StoredObservation&) {});
  ASSERT_FALSE(visited.ok());
  ExpectError(visited.error(), ErrorCode::kDataLoss, "series 1 in 1970");
  ExpectError(Write(**store, 10).error(), ErrorCode::kDataLoss, "series 1 in 1970");
}

TEST_F(SqliteStoreTest, SaysThatAPathBelowAFileIsNoFolder) {
  std::ofstream(folder_ / "file") << "x";
  const auto store = OpenSqliteStore(folder_ / "file/geoclimate.db", {}, clock_);
  ASSERT_FALSE(store.ok());
  EXPECT_NE(store.error().message().find("choose another data directory"), std::string::npos);
}

// Root may write anywhere, so a child that is nobody opens it there.
int OpenAsNobody(const std::filesystem::path& file) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (::geteuid() == 0 && ::setuid(65'534) != 0) ::_exit(100);
    base::SystemClock clock;
    const auto store = OpenSqliteStore(file, {}, clock);
    if (store.ok()) ::_exit(101);
    const bool says_what_to_do =
        store.error().message().find("choose another data directory") != std::string::npos &&
        store.error().message().find(file.string()) != std::string::npos;
    ::_exit(says_what_to_do ? static_cast<int>(store.error().code()) : 102);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 103;
}

TEST_F(SqliteStoreTest, SaysThatAFolderIsNotWritable) {
  ::chmod(folder_.path().c_str(), 0555);
  EXPECT_EQ(OpenAsNobody(file()), static_cast<int>(ErrorCode::kPermissionDenied));
  ::chmod(folder_.path().c_str(), 0755);
  ASSERT_TRUE(OpenSqliteStore(file(), {}, clock_).ok());
  // The file is there and may be read, but neither it nor its folder may be written.
  ::chmod(file().c_str(), 0444);
  ::chmod(folder_.path().c_str(), 0555);
  EXPECT_EQ(OpenAsNobody(file()), static_cast<int>(ErrorCode::kPermissionDenied));
  ::chmod(folder_.path().c_str(), 0755);
}

TEST_F(SqliteStoreTest, SaysThatAnotherProcessHoldsTheLock) {
  SqliteOptions options;
  options.write_wait = std::chrono::milliseconds(20);
  auto store = OpenSqliteStore(file(), options, clock_);
  ASSERT_TRUE(store.ok());
  auto other = sqlite::Connection::Open(file(), {});
  ASSERT_TRUE(other.ok());
  ASSERT_TRUE((*other)->Execute("BEGIN IMMEDIATE", "test").ok());

  const auto counts = Write(**store, 1);
  ASSERT_FALSE(counts.ok());
  ExpectError(counts.error(), ErrorCode::kUnavailable, "wait until that process has ended");
  // Reading goes on, and so does writing when the lock is free.
  EXPECT_TRUE((*store)->Coverage().ok());
  ASSERT_TRUE((*other)->Execute("ROLLBACK", "test").ok());
  EXPECT_TRUE(Write(**store, 1).ok());
}

TEST_F(SqliteStoreTest, AWriterThatFlushedKeepsTheNextOneWaiting) {
  SqliteOptions options;
  options.write_buffer_rows = 4;
  options.write_wait = std::chrono::milliseconds(20);
  auto store = OpenSqliteStore(file(), options, clock_);
  ASSERT_TRUE(store.ok());
  ASSERT_TRUE(Write(**store, 1).ok());

  auto first = (*store)->BeginWrite("first");
  ASSERT_TRUE(first.ok());
  ASSERT_TRUE((*first)->Append(Rows(10), std::nullopt).ok());
  const auto counts = Write(**store, 1);
  ASSERT_FALSE(counts.ok());
  ExpectError(counts.error(), ErrorCode::kUnavailable, "try again");
  EXPECT_TRUE((*first)->Commit().ok());
  EXPECT_TRUE(Write(**store, 1).ok());
}

TEST_F(SqliteStoreTest, WritersGatherSideBySideAndCommitInAnyOrder) {
  auto store = OpenSqliteStore(file(), {}, clock_);
  ASSERT_TRUE(store.ok());
  ASSERT_TRUE(Write(**store, 1).ok());
  auto first = (*store)->BeginWrite("first");
  auto second = (*store)->BeginWrite("second");
  ASSERT_TRUE((*first)->Append(Rows(10), std::nullopt).ok());
  ASSERT_TRUE((*second)->Append(Rows(20), std::nullopt).ok());
  EXPECT_EQ(*(*second)->Commit(), (WriteCounts{19, 0, 1}));
  EXPECT_EQ(*(*first)->Commit(), (WriteCounts{0, 0, 10}));
}

TEST_F(SqliteStoreTest, TheViewForPeopleShowsObservationsWithAllTheirFields) {
  {
    auto store = OpenSqliteStore(file(), {}, clock_);
    ASSERT_TRUE(store.ok());
    ASSERT_TRUE(Write(**store, 3).ok());
    airquality::Observation unusual = Rows(1)[0];
    unusual.source = airquality::Source::kProvisional;
    unusual.completeness = 74;
    unusual.monitor = airquality::MonitorKind::kFilter;
    unusual.value = airquality::Concentration::FromMicro(-12'500'000);
    auto writer = (*store)->BeginWrite("other");
    ASSERT_TRUE(
        (*writer)->Append(std::span(&unusual, 1), base::Timestamp(std::chrono::days(9))).ok());
    ASSERT_TRUE((*writer)->Commit().ok());
  }
  auto connection = sqlite::Connection::Open(file(), {});
  ASSERT_TRUE(connection.ok());
  ASSERT_TRUE((*connection)->Execute("PRAGMA trusted_schema = ON", "test").ok());
  const auto count = [&](const std::string& condition) {
    const std::string sql = "SELECT count(*) FROM observations WHERE " + condition;
    const auto number = (*connection)->ReadNumber(sql.c_str(), "test");
    EXPECT_TRUE(number.ok()) << number.error().ToString();
    return number.ok() ? *number : -1;
  };
  EXPECT_EQ(count("site = '06-037-1103' AND parameter = 88101 AND duration = 'day'"), 4);
  EXPECT_EQ(count("local_day = '1970-01-03' AND value = 2e-6 AND source = 'final'"
                  " AND completeness IS NULL AND monitor = 'continuous' AND origin = 'file'"
                  " AND available_at_floor IS NULL"),
            1);
  EXPECT_EQ(count("local_day = '1970-01-01' AND value = -12.5 AND source = 'provisional'"
                  " AND completeness = 74 AND monitor = 'filter' AND origin = 'other'"
                  " AND available_at_floor = '1970-01-10 00:00:00'"
                  " AND received_at > '2020-01-01'"),
            1);
}

TEST_F(SqliteStoreTest, BothStoresKeepTheDatabaseOpen) {
  auto stores = OpenSqliteStores(file(), {}, clock_);
  ASSERT_TRUE(stores.ok());
  stores->observations.reset();
  EXPECT_TRUE(stores->issued_forecasts->Put({}).ok());
}

}  // namespace
}  // namespace geoclimate::store
