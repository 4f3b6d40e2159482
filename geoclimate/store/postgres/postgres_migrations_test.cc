#include "geoclimate/store/postgres/migrations.h"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "geoclimate/store/postgres/embedded_sql.h"
#include "geoclimate/store/postgres/testing/postgres_server.h"

namespace geoclimate::store::postgres {
namespace {

class PostgresMigrations : public ::testing::Test {
 protected:
  base::Result<std::shared_ptr<Database>> Open() {
    PostgresOptions options;
    options.url = database_.url();
    options.pool.min_size = 0;
    return Database::Open(options, clock_, {});
  }
  // The program's own migrations, and more.
  static std::vector<SqlFile> With(std::vector<SqlFile> more) {
    std::vector<SqlFile> all(Migrations().begin(), Migrations().end());
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  std::string Applied() {
    return database_.Execute("SELECT count(*) FROM schema_migrations").at(0);
  }

  TestDatabase database_;
  base::FakeClock clock_{base::Timestamp(std::chrono::seconds(1'600'000'000))};
};

TEST_F(PostgresMigrations, AreNumberedWithoutGaps) {
  int number = 1;
  for (const SqlFile& migration : Migrations()) {
    EXPECT_EQ(std::stoi(std::string(migration.name.substr(0, 4))), number++) << migration.name;
    EXPECT_EQ(migration.name[4], '_');
  }
}

TEST_F(PostgresMigrations, OfManyThatStartAtOnceOneApplies) {
  std::vector<std::thread> threads;
  threads.reserve(8);
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([this] {
      const auto opened = Open();
      EXPECT_TRUE(opened.ok()) << opened.error().ToString();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Applied(), std::to_string(Migrations().size()));
}

TEST_F(PostgresMigrations, BringAnOlderDatabaseUpToDateAndKeepWhatItHas) {
  const auto database = Open();
  ASSERT_TRUE(database.ok()) << database.error().ToString();
  database_.Execute("INSERT INTO origins VALUES (1, 'kept')");
  const std::vector<SqlFile> more =
      With({{"0098_a", "ALTER TABLE origins ADD COLUMN note text DEFAULT 'x'; SELECT 1"},
            {"0099_b", "UPDATE origins SET note = 'y'"}});
  ASSERT_TRUE(Migrate(**database, more).ok());
  EXPECT_EQ(database_.Execute("SELECT name || note FROM origins").at(0), "kepty");
  ASSERT_TRUE(Migrate(**database, more).ok());
  EXPECT_EQ(Applied(), std::to_string(more.size()));
}

TEST_F(PostgresMigrations, AFailedOneLeavesNothing) {
  const auto database = Open();
  ASSERT_TRUE(database.ok());
  const auto failed = Migrate(
      **database, With({{"0098_a", "CREATE TABLE half (a int)"}, {"0099_b", "SELECT nonsense"}}));
  ASSERT_FALSE(failed.ok());
  EXPECT_NE(failed.error().message().find("0099_b"), std::string::npos);
  EXPECT_EQ(database_.Execute("SELECT to_regclass('half') IS NULL").at(0), "t");
  EXPECT_EQ(Applied(), std::to_string(Migrations().size()));
}

TEST_F(PostgresMigrations, ANewerSchemaIsRefusedByName) {
  {
    const auto database = Open();
    ASSERT_TRUE(database.ok());
    ASSERT_TRUE(Migrate(**database, With({{"0099_of_tomorrow", "SELECT 1"}})).ok());
  }
  const auto old_program = Open();
  ASSERT_FALSE(old_program.ok());
  EXPECT_EQ(old_program.error().code(), base::ErrorCode::kFailedPrecondition);
  EXPECT_NE(old_program.error().message().find("0099_of_tomorrow"), std::string::npos);
}

TEST_F(PostgresMigrations, AnotherProgramsTablesAreLeftAlone) {
  database_.Execute("CREATE TABLE schema_migrations (number integer, name text)");
  database_.Execute("INSERT INTO schema_migrations VALUES (1, 'users')");
  const auto opened = Open();
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code(), base::ErrorCode::kFailedPrecondition);
}

}  // namespace
}  // namespace geoclimate::store::postgres
