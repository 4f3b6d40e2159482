#include "geoclimate/store/sqlite/migrations.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "geoclimate/store/sqlite/sqlite_store.h"
#include "geoclimate/store/sqlite/temporary_folder.h"

namespace geoclimate::store::sqlite {
namespace {

using std::chrono::milliseconds;

class MigrationsTest : public ::testing::Test {
 protected:
  std::filesystem::path file() const { return folder_ / "geoclimate.db"; }

  std::unique_ptr<Connection> Connect() {
    ConnectionOptions options;
    options.busy_timeout = milliseconds(60'000);
    auto connection = Connection::Open(file(), options);
    GC_CHECK(connection.ok(), "a new file in a new folder opens");
    return *std::move(connection);
  }
  base::Result<void> MigrateTo(std::span<const SqlFile> migrations) {
    return Migrate(*Connect(), migrations, clock_, milliseconds(60'000));
  }
  std::int64_t Number(const char* sql) {
    const std::unique_ptr<Connection> connection = Connect();
    TrustSchema(*connection);
    const auto number = connection->ReadNumber(sql, "test");
    EXPECT_TRUE(number.ok()) << number.error().ToString();
    return number.ok() ? *number : -1;
  }
  // The view for people uses JSON functions, which SQLite trusts in a schema only when it is told
  // to.
  static void TrustSchema(Connection& connection) {
    ASSERT_TRUE(connection.Execute("PRAGMA trusted_schema = ON", "test").ok());
  }
  // The program's own migrations, and more.
  static std::vector<SqlFile> With(std::vector<SqlFile> more) {
    std::vector<SqlFile> all(Migrations().begin(), Migrations().end());
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  TemporaryFolder folder_;
  base::FakeClock clock_{base::Timestamp(std::chrono::seconds(1'600'000'000))};
};

TEST_F(MigrationsTest, AreNumberedWithoutGaps) {
  int number = 1;
  for (const SqlFile& migration : Migrations()) {
    EXPECT_EQ(std::stoi(std::string(migration.name.substr(0, 4))), number++) << migration.name;
    EXPECT_EQ(migration.name[4], '_');
  }
}

TEST_F(MigrationsTest, MakeANewDatabaseAndRecordEach) {
  ASSERT_TRUE(MigrateTo(Migrations()).ok());
  EXPECT_EQ(Number("PRAGMA user_version"), static_cast<std::int64_t>(Migrations().size()));
  EXPECT_EQ(Number("SELECT count(*) FROM schema_migrations"),
            static_cast<std::int64_t>(Migrations().size()));
  EXPECT_EQ(Number("SELECT min(applied_at) FROM schema_migrations"), 1'600'000'000'000'000);
  EXPECT_EQ(Number("SELECT count(*) FROM observations"), 0);
}

TEST_F(MigrationsTest, AnOldDatabaseGetsOnlyWhatItLacks) {
  ASSERT_TRUE(MigrateTo(Migrations()).ok());
  ASSERT_TRUE(
      MigrateTo(With({{"9002_more", "CREATE TABLE more (x); INSERT INTO more VALUES (7)"}})).ok());
  EXPECT_EQ(Number("SELECT x FROM more"), 7);
  EXPECT_EQ(Number("PRAGMA user_version"), static_cast<std::int64_t>(Migrations().size()) + 1);
}

TEST_F(MigrationsTest, AFailingMigrationLeavesTheDatabaseAsItWas) {
  ASSERT_TRUE(MigrateTo(Migrations()).ok());
  const auto result = MigrateTo(With({{"9002_good", "CREATE TABLE good (x)"},
                                      {"9003_bad", "CREATE TABLE half (x); SELECT nonsense"}}));
  ASSERT_FALSE(result.ok());
  EXPECT_NE(result.error().message().find("9003_bad"), std::string::npos);
  EXPECT_EQ(Number("PRAGMA user_version"), static_cast<std::int64_t>(Migrations().size()));
  EXPECT_EQ(Number("SELECT count(*) FROM sqlite_schema WHERE name IN ('good', 'half')"), 0);
}

TEST_F(MigrationsTest, ANewerDatabaseIsRefusedByTheNameOfItsNewestMigration) {
  ASSERT_TRUE(MigrateTo(With({{"9002_from_the_future", "CREATE TABLE future (x)"}})).ok());
  const auto store = OpenSqliteStore(file(), {}, clock_);
  ASSERT_FALSE(store.ok());
  EXPECT_EQ(store.error().code(), base::ErrorCode::kFailedPrecondition);
  EXPECT_NE(store.error().message().find("9002_from_the_future"), std::string::npos);
  EXPECT_NE(store.error().message().find(file().string()), std::string::npos);
}

TEST_F(MigrationsTest, AnotherProgramsDatabaseIsRefusedAndNotTouched) {
  ASSERT_TRUE(Connect()->Execute("CREATE TABLE recipes (x)", "test").ok());
  const auto store = OpenSqliteStore(file(), {}, clock_);
  ASSERT_FALSE(store.ok());
  EXPECT_EQ(store.error().code(), base::ErrorCode::kFailedPrecondition);
  EXPECT_NE(store.error().message().find("another program"), std::string::npos);
  EXPECT_EQ(Number("SELECT count(*) FROM sqlite_schema"), 1);
}

TEST_F(MigrationsTest, ManyThatOpenANewDatabaseAtOnceAllSucceed) {
  // Each new file is another chance to meet a migration halfway.
  for (int round = 0; round < 20; ++round) {
    std::vector<std::thread> threads;
    threads.reserve(8);
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        const auto store = OpenSqliteStore(file(), {}, clock_);
        EXPECT_TRUE(store.ok()) << store.error().ToString();
      });
    }
    for (std::thread& thread : threads) thread.join();
    ASSERT_EQ(Number("SELECT count(*) FROM schema_migrations"),
              static_cast<std::int64_t>(Migrations().size()));
    for (const char* const suffix : {"", "-wal", "-shm"}) {
      std::filesystem::remove(file().string() + suffix);
    }
  }
}

}  // namespace
}  // namespace geoclimate::store::sqlite
