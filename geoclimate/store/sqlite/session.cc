#include "geoclimate/store/sqlite/session.h"

#include <utility>

namespace geoclimate::store::sqlite {

base::Result<std::unique_ptr<Session>> Session::Open(const std::filesystem::path& path,
                                                     const ConnectionOptions& options) {
  GC_ASSIGN_OR_RETURN(std::unique_ptr<Connection> connection, Connection::Open(path, options));
  return std::unique_ptr<Session>(new Session(std::move(connection)));
}

base::Result<Statement*> Session::Prepared(std::string_view query) {
  if (const auto known = statements_.find(query); known != statements_.end()) {
    return &known->second;
  }
  GC_ASSIGN_OR_RETURN(Statement statement, Statement::Prepare(*connection_, query));
  return &statements_.emplace(query, std::move(statement)).first->second;
}

}  // namespace geoclimate::store::sqlite
