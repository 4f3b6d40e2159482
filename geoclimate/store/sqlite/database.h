#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/file_system.h"
#include "geoclimate/base/mutex.h"
#include "geoclimate/base/result.h"
#include "geoclimate/store/sqlite/dictionary.h"
#include "geoclimate/store/sqlite/id_cache.h"
#include "geoclimate/store/sqlite/session.h"
#include "geoclimate/store/sqlite/sqlite_store.h"

namespace geoclimate::store::sqlite {

class ReadTransaction;
class WriteTransaction;

// The open database: one connection that writes and as many that read as there are readers at
// once. Thread-safe. Must outlive its transactions.
class Database {
 public:
  static base::Result<std::shared_ptr<Database>> Open(const std::filesystem::path& path,
                                                      const SqliteOptions& options,
                                                      const base::Clock& clock,
                                                      base::FileSystem& files);
  ~Database() = default;
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Sees the newest commit, and nothing newer until it goes. Waits for nobody.
  base::Result<ReadTransaction> BeginRead();
  // Waits for the write lock, of this process and of others, up to options().write_wait each.
  base::Result<WriteTransaction> BeginWrite();

  const SqliteOptions& options() const { return options_; }
  const base::Clock& clock() const { return clock_; }

 private:
  friend class ReadTransaction;
  friend class WriteTransaction;

  struct Reader {
    std::unique_ptr<Session> session;
    Dictionary dictionary;
  };
  // Used by whoever has set writing_.
  struct Writer {
    std::unique_ptr<Session> session;
    IdCache ids;
    std::int64_t seen_data_version = -1;  // of other connections' commits, when ids was filled
  };

  Database(std::filesystem::path path, const SqliteOptions& options, const base::Clock& clock)
      : path_(std::move(path)), options_(options), clock_(clock) {}

  base::Result<void> OpenWriter();
  base::Result<Reader> OpenReader() const;
  void GiveBack(Reader reader) EXCLUDES(mutex_);
  base::Result<void> LockWriter() EXCLUDES(mutex_);
  void UnlockWriter() EXCLUDES(mutex_);
  base::Result<void> ForgetOthersIds();

  const std::filesystem::path path_;
  const SqliteOptions options_;
  const base::Clock& clock_;
  Writer writer_;
  base::Mutex mutex_;
  base::CondVar writer_free_;
  bool writing_ GUARDED_BY(mutex_) = false;
  std::vector<Reader> idle_ GUARDED_BY(mutex_);
};

// A snapshot that is being read. Not thread-safe. The statements that it runs must be at their end
// when it goes.
class ReadTransaction {
 public:
  ReadTransaction(ReadTransaction&& other) noexcept;
  ReadTransaction& operator=(ReadTransaction&&) = delete;
  ~ReadTransaction();

  Session& session() { return *reader_.session; }
  // Up to date with the snapshot after UpdateDictionary().
  const Dictionary& dictionary() const { return reader_.dictionary; }
  base::Result<void> UpdateDictionary() { return reader_.dictionary.Update(session()); }

 private:
  friend class Database;
  ReadTransaction(Database* database, Database::Reader reader)
      : database_(database), reader_(std::move(reader)) {}

  Database* database_;
  Database::Reader reader_;
};

// The database's one write transaction. Rolls back when it goes without Commit(). Not thread-safe.
class WriteTransaction {
 public:
  WriteTransaction(WriteTransaction&& other) noexcept;
  WriteTransaction& operator=(WriteTransaction&&) = delete;
  ~WriteTransaction();

  // Durable when it returns success; rolled back otherwise.
  base::Result<void> Commit();

  Session& session() { return *database_->writer_.session; }
  IdCache& ids() { return database_->writer_.ids; }

 private:
  friend class Database;
  explicit WriteTransaction(Database* database) : database_(database) {}
  void End();

  Database* database_;  // null when moved from or ended
};

}  // namespace geoclimate::store::sqlite
