#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "geoclimate/base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace geoclimate::store::sqlite {

struct ConnectionOptions {
  std::size_t cache_bytes = 2 << 20;
  // How long a statement waits for another connection's lock before SQLITE_BUSY.
  std::chrono::milliseconds busy_timeout{0};
};

// A connection to one database file, made if it is not there. Not thread-safe.
class Connection {
 public:
  static base::Result<std::unique_ptr<Connection>> Open(const std::filesystem::path& path,
                                                        const ConnectionOptions& options);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Any number of statements; rows that they give are dropped. `doing` goes into the error.
  base::Result<void> Execute(const char* sql, std::string_view doing);
  // The number that a statement without parameters, such as a PRAGMA, gives; 0 when it gives none.
  base::Result<std::int64_t> ReadNumber(const char* sql, std::string_view doing);

  base::Error Failure(int code, std::string_view doing) const;
  const std::string& path() const { return path_; }
  sqlite3* handle() { return db_; }

 private:
  Connection(std::string path, sqlite3* db) : path_(std::move(path)), db_(db) {}

  std::string path_;
  sqlite3* db_;
};

// A prepared statement, kept and run again and again: bind, step to the end, and so on. Columns are
// counted from 0, parameters from 1; bound values stay until they are bound anew. Must go before
// its connection.
class Statement {
 public:
  // `query` is the name of a file of queries/; its absence is a bug.
  static base::Result<Statement> Prepare(Connection& connection, std::string_view query);
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&& other) noexcept;
  ~Statement();

  void Bind(int parameter, std::int64_t value);
  void Bind(int parameter, double value);
  void BindNull(int parameter);
  // `value` must live until the statement has run.
  void Bind(int parameter, std::string_view value);
  void BindBytes(int parameter, std::string_view value);

  // True: a row is there. False: it has run to its end and is ready to run again; so after an
  // error. A statement that is not run to its end needs Reset().
  base::Result<bool> Step();
  void Reset();
  // For statements that give no rows.
  base::Result<void> Run();

  bool IsNull(int column) const;
  std::int64_t Integer(int column) const;
  double Real(int column) const;
  // Valid until the next Step() or Reset().
  std::string_view Text(int column) const;
  std::string_view Bytes(int column) const;

  // Of an INSERT that has just run, the row that it made.
  std::int64_t InsertedRow() const;

 private:
  Statement(Connection* connection, std::string_view query, sqlite3_stmt* statement)
      : connection_(connection), query_(query), statement_(statement) {}
  void Note(int code);

  Connection* connection_;
  std::string_view query_;
  sqlite3_stmt* statement_;
  int bind_error_ = 0;
};

}  // namespace geoclimate::store::sqlite
