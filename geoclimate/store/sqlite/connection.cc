#include "geoclimate/store/sqlite/connection.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <utility>

#include "geoclimate/base/check.h"
#include "geoclimate/store/sqlite/embedded_sql.h"
#include "geoclimate/store/sqlite/sqlite_error.h"

namespace geoclimate::store::sqlite {

base::Result<std::unique_ptr<Connection>> Connection::Open(const std::filesystem::path& path,
                                                           const ConnectionOptions& options) {
  sqlite3* db = nullptr;
  const int code = sqlite3_open_v2(
      path.c_str(), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  std::unique_ptr<Connection> connection(new Connection(path.string(), db));
  if (code != SQLITE_OK) return connection->Failure(code, "open");
  // SQLite opens what it may not write for reading, and says nothing.
  if (sqlite3_db_readonly(db, "main") == 1) return connection->Failure(SQLITE_READONLY, "open");
  sqlite3_extended_result_codes(db, 1);
  sqlite3_busy_timeout(db, static_cast<int>(options.busy_timeout.count()));
  // FULL: a commit is on the disk when it returns. The file is not mapped: it reads no faster so,
  // and a failing disk would end the program.
  const std::string settings = fmt::format(
      "PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY;"
      "PRAGMA mmap_size = 0; PRAGMA cache_size = -{};",
      options.cache_bytes / 1024);
  GC_RETURN_IF_ERROR(connection->Execute(settings.c_str(), "open"));
  return connection;
}

Connection::~Connection() {
  const int code = sqlite3_close(db_);
  GC_CHECK(code == SQLITE_OK, "statements go before their connection");
}

base::Result<void> Connection::Execute(const char* sql, std::string_view doing) {
  const int code = sqlite3_exec(db_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return Failure(code, doing);
  return {};
}

base::Result<std::int64_t> Connection::ReadNumber(const char* sql, std::string_view doing) {
  sqlite3_stmt* statement = nullptr;
  int code = sqlite3_prepare_v2(db_, sql, -1, &statement, nullptr);
  std::int64_t number = 0;
  if (code == SQLITE_OK) {
    code = sqlite3_step(statement);
    if (code == SQLITE_ROW) number = sqlite3_column_int64(statement, 0);
  }
  if (code == SQLITE_ROW || code == SQLITE_DONE) code = SQLITE_OK;
  // The error is read before finalize, which would clear the system's own number.
  if (code != SQLITE_OK) {
    const base::Error error = Failure(code, doing);
    sqlite3_finalize(statement);
    return error;
  }
  sqlite3_finalize(statement);
  return number;
}

base::Error Connection::Failure(int code, std::string_view doing) const {
  return SqliteError(db_, code, path_, doing);
}

base::Result<Statement> Statement::Prepare(Connection& connection, std::string_view query) {
  const auto file = std::ranges::find(Queries(), query, &SqlFile::name);
  GC_CHECK(file != Queries().end(), "queries are named by their files");
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(connection.handle(), file->text.data(),
                                      static_cast<int>(file->text.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return connection.Failure(code, query);
  return Statement(&connection, file->name, statement);
}

Statement::Statement(Statement&& other) noexcept
    : connection_(other.connection_),
      query_(other.query_),
      statement_(std::exchange(other.statement_, nullptr)),
      bind_error_(other.bind_error_) {}

Statement& Statement::operator=(Statement&& other) noexcept {
  std::swap(connection_, other.connection_);
  std::swap(query_, other.query_);
  std::swap(statement_, other.statement_);
  std::swap(bind_error_, other.bind_error_);
  return *this;
}

Statement::~Statement() {
  sqlite3_finalize(statement_);
}

void Statement::Note(int code) {
  if (code != SQLITE_OK) bind_error_ = code;
}

void Statement::Bind(int parameter, std::int64_t value) {
  Note(sqlite3_bind_int64(statement_, parameter, value));
}

void Statement::Bind(int parameter, double value) {
  Note(sqlite3_bind_double(statement_, parameter, value));
}

void Statement::BindNull(int parameter) {
  Note(sqlite3_bind_null(statement_, parameter));
}

void Statement::Bind(int parameter, std::string_view value) {
  // A null pointer would be bound as NULL.
  const char* text = value.data() == nullptr ? "" : value.data();
  Note(sqlite3_bind_text64(statement_, parameter, text, value.size(), SQLITE_STATIC, SQLITE_UTF8));
}

void Statement::BindBytes(int parameter, std::string_view value) {
  const char* bytes = value.data() == nullptr ? "" : value.data();
  Note(sqlite3_bind_blob64(statement_, parameter, bytes, value.size(), SQLITE_STATIC));
}

base::Result<bool> Statement::Step() {
  int code = std::exchange(bind_error_, SQLITE_OK);
  if (code == SQLITE_OK) code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    sqlite3_reset(statement_);
    return false;
  }
  const base::Error error = connection_->Failure(code, query_);
  sqlite3_reset(statement_);
  return error;
}

void Statement::Reset() {
  sqlite3_reset(statement_);
}

base::Result<void> Statement::Run() {
  GC_ASSIGN_OR_RETURN(const bool row, Step());
  GC_CHECK(!row, "only statements without rows are run so");
  return {};
}

bool Statement::IsNull(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

std::int64_t Statement::Integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

double Statement::Real(int column) const {
  return sqlite3_column_double(statement_, column);
}

std::string_view Statement::Text(int column) const {
  const unsigned char* text = sqlite3_column_text(statement_, column);
  const int size = sqlite3_column_bytes(statement_, column);
  if (text == nullptr) return {};
  return {reinterpret_cast<const char*>(text), static_cast<std::size_t>(size)};
}

std::string_view Statement::Bytes(int column) const {
  const void* bytes = sqlite3_column_blob(statement_, column);
  const int size = sqlite3_column_bytes(statement_, column);
  if (bytes == nullptr) return {};
  return {static_cast<const char*>(bytes), static_cast<std::size_t>(size)};
}

std::int64_t Statement::InsertedRow() const {
  return sqlite3_last_insert_rowid(connection_->handle());
}

}  // namespace geoclimate::store::sqlite
