#include "geoclimate/store/sqlite/database.h"

#include <fmt/format.h>

#include <utility>

#include "geoclimate/store/sqlite/migrations.h"

namespace geoclimate::store::sqlite {
using base::Result;

namespace {

// A process that died between writing a commit into the log and syncing it leaves one that
// everybody sees and a loss of power takes away. Whoever writes the same again would be told that
// all is there already, for which nothing is written. So it is made durable before anything is
// read: a checkpoint syncs the log first, and then copies it.
Result<void> SyncLog(Connection& connection) {
  const auto busy = connection.ReadNumber("PRAGMA wal_checkpoint(PASSIVE)", "open");
  // No room for the copy: the log is synced, and stays.
  if (busy.ok() || busy.error().code() == base::ErrorCode::kResourceExhausted) return {};
  return busy.error();
}

}  // namespace

Result<std::shared_ptr<Database>> Database::Open(const std::filesystem::path& path,
                                                 const SqliteOptions& options,
                                                 const base::Clock& clock,
                                                 base::FileSystem& files) {
  GC_RETURN_IF_ERROR(options.Validate());
  if (const Result<void> made = base::MakeFolders(files, path.parent_path()); !made.ok()) {
    return made.error().WithContext(
        "cannot make the folder for the database; choose another data directory");
  }
  std::shared_ptr<Database> database(new Database(path, options, clock));
  GC_RETURN_IF_ERROR(database->OpenWriter());
  return database;
}

Result<void> Database::OpenWriter() {
  ConnectionOptions options;
  options.cache_bytes = options_.write_cache_bytes;
  options.busy_timeout = options_.write_wait;
  GC_ASSIGN_OR_RETURN(writer_.session, Session::Open(path_, options));
  Connection& connection = writer_.session->connection();
  GC_RETURN_IF_ERROR(Migrate(connection, Migrations(), clock_, options_.write_wait));
  GC_ASSIGN_OR_RETURN(const std::int64_t page_bytes,
                      connection.ReadNumber("PRAGMA page_size", "open"));
  const std::string settings = fmt::format(
      "PRAGMA foreign_keys = ON; PRAGMA wal_autocheckpoint = {}; PRAGMA journal_size_limit = {};",
      static_cast<std::int64_t>(options_.checkpoint_bytes) / page_bytes,
      2 * options_.checkpoint_bytes);
  GC_RETURN_IF_ERROR(connection.Execute(settings.c_str(), "open"));
  return SyncLog(connection);
}

Result<Database::Reader> Database::OpenReader() const {
  ConnectionOptions options;
  options.busy_timeout = options_.write_wait;
  Reader reader;
  GC_ASSIGN_OR_RETURN(reader.session, Session::Open(path_, options));
  GC_RETURN_IF_ERROR(reader.session->connection().Execute("PRAGMA query_only = ON", "open"));
  return reader;
}

Result<ReadTransaction> Database::BeginRead() {
  Reader reader;
  {
    const base::MutexLock lock(mutex_);
    if (!idle_.empty()) {
      reader = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  if (reader.session == nullptr) {
    GC_ASSIGN_OR_RETURN(reader, OpenReader());
  }
  GC_RETURN_IF_ERROR(reader.session->connection().Execute("BEGIN", "read"));
  return ReadTransaction(this, std::move(reader));
}

void Database::GiveBack(Reader reader) {
  const base::MutexLock lock(mutex_);
  if (idle_.size() < options_.idle_readers) idle_.push_back(std::move(reader));
}

Result<void> Database::LockWriter() {
  // Real time, not the store's clock: SQLite waits for other processes in real time too.
  const base::Deadline deadline =
      base::Deadline::At(base::Instant::clock::now() + options_.write_wait);
  const base::MutexLock lock(mutex_);
  while (writing_) {
    if (!writer_free_.WaitUntil(mutex_, deadline) && writing_) {
      return base::Unavailable(
          fmt::format("{}: another write of this process has held it for {} ms; try again",
                      path_.string(), options_.write_wait.count()));
    }
  }
  writing_ = true;
  return {};
}

void Database::UnlockWriter() {
  {
    const base::MutexLock lock(mutex_);
    writing_ = false;
  }
  writer_free_.NotifyOne();
}

// Another process's commits make the remembered ids incomplete, and a restored file makes them
// wrong.
Result<void> Database::ForgetOthersIds() {
  GC_ASSIGN_OR_RETURN(const std::int64_t data_version,
                      writer_.session->connection().ReadNumber("PRAGMA data_version", "write"));
  if (data_version != writer_.seen_data_version) writer_.ids.Clear();
  writer_.seen_data_version = data_version;
  return {};
}

Result<WriteTransaction> Database::BeginWrite() {
  GC_RETURN_IF_ERROR(LockWriter());
  WriteTransaction transaction(this);
  GC_RETURN_IF_ERROR(writer_.session->connection().Execute("BEGIN IMMEDIATE", "write"));
  GC_RETURN_IF_ERROR(ForgetOthersIds());
  return transaction;
}

ReadTransaction::ReadTransaction(ReadTransaction&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)), reader_(std::move(other.reader_)) {}

ReadTransaction::~ReadTransaction() {
  if (database_ == nullptr) return;
  // A connection that cannot end its transaction is not given to the next reader.
  if (session().connection().Execute("COMMIT", "read").ok()) {
    database_->GiveBack(std::move(reader_));
  }
}

WriteTransaction::WriteTransaction(WriteTransaction&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)) {}

WriteTransaction::~WriteTransaction() {
  if (database_ != nullptr) End();
}

// After some failures SQLite has rolled back by itself, and ROLLBACK says so: nothing to report.
void WriteTransaction::End() {
  static_cast<void>(session().connection().Execute("ROLLBACK", "write"));
  database_->writer_.ids.Clear();
  std::exchange(database_, nullptr)->UnlockWriter();
}

Result<void> WriteTransaction::Commit() {
  Result<void> result = session().connection().Execute("COMMIT", "commit");
  if (!result.ok()) {
    End();
    return result;
  }
  std::exchange(database_, nullptr)->UnlockWriter();
  return result;
}

}  // namespace geoclimate::store::sqlite
