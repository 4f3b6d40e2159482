#include "geoclimate/store/sqlite/pending_versions.h"

#include <sqlite3.h>

#include <array>
#include <cstddef>
#include <new>

namespace geoclimate::store::sqlite {
namespace {

// SQLite's virtual tables are C structures that begin with SQLite's own (sqlite.org/vtab.html).
struct Table : sqlite3_vtab {
  const std::vector<VersionRow>* rows;
};
struct Cursor : sqlite3_vtab_cursor {
  const std::vector<VersionRow>* rows;
  std::size_t next;
};

Cursor& CursorOf(sqlite3_vtab_cursor* cursor) {
  return *static_cast<Cursor*>(cursor);
}

int Connect(sqlite3* db, void* rows, int /*argc*/, const char* const* /*argv*/,
            sqlite3_vtab** table, char** /*error*/) {
  const int code = sqlite3_declare_vtab(
      db,
      "CREATE TABLE pending_versions (series, start, source, value, completeness, monitor, origin,"
      " receipt, available_at_floor)");
  if (code != SQLITE_OK) return code;
  auto* made = new (std::nothrow) Table{};
  if (made == nullptr) return SQLITE_NOMEM;
  made->rows = static_cast<const std::vector<VersionRow>*>(rows);
  *table = made;
  return SQLITE_OK;
}

int Disconnect(sqlite3_vtab* table) {
  delete static_cast<Table*>(table);
  return SQLITE_OK;
}

int BestIndex(sqlite3_vtab* table, sqlite3_index_info* plan) {
  const std::size_t rows = static_cast<Table*>(table)->rows->size();
  plan->estimatedRows = static_cast<sqlite3_int64>(rows);
  plan->estimatedCost = static_cast<double>(rows);
  return SQLITE_OK;
}

int Open(sqlite3_vtab* table, sqlite3_vtab_cursor** cursor) {
  auto* made = new (std::nothrow) Cursor{};
  if (made == nullptr) return SQLITE_NOMEM;
  made->rows = static_cast<Table*>(table)->rows;
  *cursor = made;
  return SQLITE_OK;
}

int Close(sqlite3_vtab_cursor* cursor) {
  delete &CursorOf(cursor);
  return SQLITE_OK;
}

int Filter(sqlite3_vtab_cursor* cursor, int /*plan*/, const char* /*plan_name*/, int /*argc*/,
           sqlite3_value** /*argv*/) {
  CursorOf(cursor).next = 0;
  return SQLITE_OK;
}

int Next(sqlite3_vtab_cursor* cursor) {
  ++CursorOf(cursor).next;
  return SQLITE_OK;
}

int Eof(sqlite3_vtab_cursor* cursor) {
  return CursorOf(cursor).next >= CursorOf(cursor).rows->size() ? 1 : 0;
}

int Column(sqlite3_vtab_cursor* cursor, sqlite3_context* context, int column) {
  static constexpr std::array<std::int64_t VersionRow::*, 9> kColumns = {
      &VersionRow::series, &VersionRow::start,        &VersionRow::source,
      &VersionRow::value,  &VersionRow::completeness, &VersionRow::monitor,
      &VersionRow::origin, &VersionRow::receipt,      &VersionRow::available_at_floor};
  const VersionRow& row = (*CursorOf(cursor).rows)[CursorOf(cursor).next];
  const std::int64_t value = row.*kColumns[static_cast<std::size_t>(column)];
  if (value == kNoFloor) {
    sqlite3_result_null(context);
  } else {
    sqlite3_result_int64(context, value);
  }
  return SQLITE_OK;
}

int RowId(sqlite3_vtab_cursor* cursor, sqlite3_int64* row) {
  *row = static_cast<sqlite3_int64>(CursorOf(cursor).next);
  return SQLITE_OK;
}

// Without xCreate the table is there by its module's name, and nothing of it is stored.
sqlite3_module MakeModule() {
  sqlite3_module module = {};
  module.xConnect = Connect;
  module.xBestIndex = BestIndex;
  module.xDisconnect = Disconnect;
  module.xOpen = Open;
  module.xClose = Close;
  module.xFilter = Filter;
  module.xNext = Next;
  module.xEof = Eof;
  module.xColumn = Column;
  module.xRowid = RowId;
  return module;
}

}  // namespace

base::Result<void> AddPendingVersionsTable(Connection& connection,
                                           const std::vector<VersionRow>& rows) {
  static const sqlite3_module module = MakeModule();
  const int code = sqlite3_create_module(connection.handle(), "pending_versions", &module,
                                         const_cast<std::vector<VersionRow>*>(&rows));
  if (code != SQLITE_OK) return connection.Failure(code, "open");
  return {};
}

}  // namespace geoclimate::store::sqlite
