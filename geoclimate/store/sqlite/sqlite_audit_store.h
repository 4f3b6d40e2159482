#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "geoclimate/store/audit_store.h"
#include "geoclimate/store/copy_source.h"
#include "geoclimate/store/sqlite/database.h"

namespace geoclimate::store::sqlite {

class SqliteAuditStore final : public AuditStore, public AuditCopy {
 public:
  explicit SqliteAuditStore(std::shared_ptr<Database> database) : database_(std::move(database)) {}

  base::Result<std::int64_t> Append(const AuditRecord& record) override;
  base::Result<void> AppendAll(std::span<const AuditRecord> records) override;
  base::Result<std::vector<AuditRecord>> List(const AuditQuery& query) override;
  base::Result<std::vector<AuditRecord>> After(std::int64_t after, std::size_t limit) override;
  base::Result<void> Restore(std::span<const AuditRecord> records) override;

 private:
  base::Result<std::vector<AuditRecord>> Read(std::string_view query, std::int64_t bound,
                                              std::size_t limit);

  const std::shared_ptr<Database> database_;
};

}  // namespace geoclimate::store::sqlite
