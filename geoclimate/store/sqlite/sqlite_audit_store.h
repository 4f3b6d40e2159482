#pragma once

#include <memory>
#include <vector>

#include "geoclimate/store/audit_store.h"
#include "geoclimate/store/sqlite/database.h"

namespace geoclimate::store::sqlite {

class SqliteAuditStore final : public AuditStore {
 public:
  explicit SqliteAuditStore(std::shared_ptr<Database> database) : database_(std::move(database)) {}

  base::Result<std::int64_t> Append(const AuditRecord& record) override;
  base::Result<std::vector<AuditRecord>> List(const AuditQuery& query) override;

 private:
  const std::shared_ptr<Database> database_;
};

}  // namespace geoclimate::store::sqlite
