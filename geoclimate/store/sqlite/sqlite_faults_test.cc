// Every write of the database to the disk fails once, one after another, in every way that a disk
// fails: the transaction is then whole or absent, the error says what happened, and the store goes
// on when the disk does.

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "geoclimate/store/sqlite/connection.h"
#include "geoclimate/store/sqlite/sqlite_store.h"
#include "geoclimate/store/sqlite/temporary_folder.h"
#include "geoclimate/store/store_dump.h"

namespace geoclimate::store::sqlite {
namespace {

enum class Outage { kOnce, kLasting };

struct Fault {
  int writes_left = -1;  // until one fails; negative: never
  int reads_left = -1;
  int error = 0;
  Outage outage = Outage::kOnce;
  bool happened = false;
};

// The disk below SQLite: its unix VFS lets a program replace the system calls that it makes
// (sqlite.org/c3ref/vfs.html, xSetSystemCall). One at a time, and one thread.
class FailingDisk {
 public:
  FailingDisk() {
    Replace("pwrite", reinterpret_cast<sqlite3_syscall_ptr>(&Write));
    Replace("pwrite64", reinterpret_cast<sqlite3_syscall_ptr>(&Write));
    Replace("pread", reinterpret_cast<sqlite3_syscall_ptr>(&Read));
    Replace("pread64", reinterpret_cast<sqlite3_syscall_ptr>(&Read));
  }
  ~FailingDisk() {
    for (const char* name : {"pwrite", "pwrite64", "pread", "pread64"}) Replace(name, nullptr);
    fault = {};
  }
  FailingDisk(const FailingDisk&) = delete;
  FailingDisk& operator=(const FailingDisk&) = delete;

  void FailWrite(int number, int error, Outage outage) {
    fault = {number, -1, error, outage, false};
  }
  void FailReads(int error) { fault = {-1, 0, error, Outage::kLasting, false}; }
  void Repair() { fault = {}; }
  // Since FailWrite() or FailReads().
  bool Failed() const { return fault.happened; }

 private:
  static void Replace(const char* name, sqlite3_syscall_ptr call) {
    sqlite3_vfs* vfs = sqlite3_vfs_find("unix");
    vfs->xSetSystemCall(vfs, name, call);
  }
  // Whether this call fails.
  static bool Count(int& left) {
    if (left < 0) return false;
    if (left > 0) {
      --left;
      return false;
    }
    if (fault.outage == Outage::kOnce) left = -1;
    fault.happened = true;
    errno = fault.error;
    return true;
  }
  static ssize_t Write(int file, const void* bytes, std::size_t count, off_t offset) {
    return Count(fault.writes_left) ? -1 : ::pwrite(file, bytes, count, offset);
  }
  static ssize_t Read(int file, void* bytes, std::size_t count, off_t offset) {
    return Count(fault.reads_left) ? -1 : ::pread(file, bytes, count, offset);
  }

  static inline Fault fault;
};

class SqliteFaultsTest : public ::testing::Test {
 protected:
  SqliteFaultsTest() {
    // Small, so that a transaction spills into the log, flushes and checkpoints.
    options_.write_cache_bytes = 65'536;
    options_.checkpoint_bytes = 65'536;
    options_.write_buffer_rows = 1500;
    options_.write_wait = std::chrono::milliseconds(50);
  }

  std::filesystem::path file() const { return folder_ / "geoclimate.db"; }

  // Transaction 2 adds to, and changes, what transaction 1 has put.
  static base::Result<WriteCounts> WriteTransaction(ObservationStore& store, int number) {
    GC_ASSIGN_OR_RETURN(const std::unique_ptr<ObservationWriter> writer,
                        store.BeginWrite("file " + std::to_string(number)));
    std::vector<airquality::Site> sites;
    std::vector<airquality::Observation> rows;
    for (std::uint32_t site = 1; site <= 4; ++site) {
      sites.emplace_back();
      sites.back().id = airquality::SiteId::FromParts(1, 1, site);
      sites.back().name = "as of " + std::to_string(number);
      for (int day = 0; day < 500 * number; ++day) {
        airquality::Observation& row = rows.emplace_back();
        row.key.site = sites.back().id;
        row.key.parameter = 44201;
        row.key.statistic = airquality::Statistic::kMax8Hour;
        row.key.start = base::Timestamp(std::chrono::days(day));
        row.value = airquality::Concentration::FromMicro(day % 3 == 0 ? day * number : day);
      }
    }
    GC_RETURN_IF_ERROR(writer->PutSites(sites));
    GC_RETURN_IF_ERROR(writer->Append(rows, std::nullopt));
    return writer->Commit();
  }

  std::unique_ptr<ObservationStore> Open() {
    auto store = OpenSqliteStore(file(), options_, clock_);
    GC_CHECK(store.ok(), store.error().ToString().c_str());
    return *std::move(store);
  }

  void StartOver() {
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
      std::filesystem::remove(entry);
    }
    ASSERT_TRUE(WriteTransaction(*Open(), 1).ok());
  }

  void ExpectSound() {
    auto connection = Connection::Open(file(), {});
    ASSERT_TRUE(connection.ok());
    EXPECT_EQ(*(*connection)
                   ->ReadNumber("SELECT count(*) FROM pragma_integrity_check"
                                " WHERE integrity_check <> 'ok'",
                                "test"),
              0);
    EXPECT_EQ(*(*connection)->ReadNumber("SELECT count(*) FROM pragma_foreign_key_check", "test"),
              0);
  }

  // Returns false when the transaction made fewer writes than `number`.
  bool FailOneWrite(int number, int error, base::ErrorCode expected, Outage outage) {
    StartOver();
    const std::vector<std::string> before = Dump(*Open(), ReceivedAt::kShown);
    FailingDisk disk;
    bool committed = false;
    bool failed = false;
    {
      const std::unique_ptr<ObservationStore> store = Open();
      disk.FailWrite(number, error, outage);
      const auto counts = WriteTransaction(*store, 2);
      committed = counts.ok();
      if (!counts.ok()) {
        EXPECT_EQ(counts.error().code(), expected) << counts.error().ToString();
        EXPECT_NE(counts.error().message().find(file().string()), std::string::npos);
        EXPECT_EQ(Dump(*store, ReceivedAt::kShown), before) << "write " << number;
      }
      failed = disk.Failed();
      disk.Repair();
    }
    const std::unique_ptr<ObservationStore> store = Open();
    EXPECT_EQ(Dump(*store, ReceivedAt::kShown), committed ? after_ : before) << "write " << number;
    EXPECT_TRUE(WriteTransaction(*store, 2).ok());
    EXPECT_EQ(Dump(*store, ReceivedAt::kShown), after_) << "write " << number;
    ExpectSound();
    return failed;
  }

  void FailEachWrite(int error, base::ErrorCode expected, Outage outage, int step) {
    StartOver();
    {
      const std::unique_ptr<ObservationStore> store = Open();
      ASSERT_TRUE(WriteTransaction(*store, 2).ok());
      after_ = Dump(*store, ReceivedAt::kShown);
    }
    int number = 0;
    while (FailOneWrite(number, error, expected, outage) && !HasFailure()) number += step;
    EXPECT_GT(number, 50) << "a transaction writes more often";
  }

  TemporaryFolder folder_;
  base::FakeClock clock_{base::Timestamp(std::chrono::days(20'000))};
  SqliteOptions options_;
  std::vector<std::string> after_;
};

TEST_F(SqliteFaultsTest, AFullDiskLeavesTheTransactionWholeOrAbsent) {
  FailEachWrite(ENOSPC, base::ErrorCode::kResourceExhausted, Outage::kLasting, 7);
}

TEST_F(SqliteFaultsTest, ADiskThatFailsOnceLeavesTheTransactionWholeOrAbsent) {
  FailEachWrite(EIO, base::ErrorCode::kInternal, Outage::kOnce, 11);
}

TEST_F(SqliteFaultsTest, AReadThatFailsIsReported) {
  StartOver();
  const std::unique_ptr<ObservationStore> store = Open();
  FailingDisk disk;
  disk.FailReads(EIO);
  const auto visited = store->Visit({}, [](const StoredObservation&) {});
  ASSERT_FALSE(visited.ok());
  EXPECT_EQ(visited.error().code(), base::ErrorCode::kInternal);
  EXPECT_NE(visited.error().message().find("the disk failed"), std::string::npos);
  disk.Repair();
  EXPECT_TRUE(store->Visit({}, [](const StoredObservation&) {}).ok());
}

}  // namespace
}  // namespace geoclimate::store::sqlite
