#pragma once

#include <filesystem>
#include <memory>
#include <string_view>
#include <unordered_map>

#include "geoclimate/base/result.h"
#include "geoclimate/store/sqlite/connection.h"

namespace geoclimate::store::sqlite {

// A connection with its statements, each prepared when it is first wanted, and kept. Not
// thread-safe.
class Session {
 public:
  static base::Result<std::unique_ptr<Session>> Open(const std::filesystem::path& path,
                                                     const ConnectionOptions& options);

  Connection& connection() { return *connection_; }
  // The statement of queries/`query`.sql, which lives as long as the session. Not two uses at once.
  base::Result<Statement*> Prepared(std::string_view query);

 private:
  explicit Session(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}

  std::unique_ptr<Connection> connection_;
  std::unordered_map<std::string_view, Statement> statements_;
};

}  // namespace geoclimate::store::sqlite
