#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "geoclimate/store/api_key_store.h"
#include "geoclimate/store/copy_source.h"
#include "geoclimate/store/sqlite/database.h"

namespace geoclimate::store::sqlite {

class SqliteApiKeyStore final : public ApiKeyStore, public ApiKeyCopy {
 public:
  explicit SqliteApiKeyStore(std::shared_ptr<Database> database) : database_(std::move(database)) {}

  base::Result<void> Add(const ApiKeyRecord& key) override;
  base::Result<void> Revoke(std::string_view prefix, base::Timestamp at) override;
  base::Result<void> Rotate(std::string_view prefix, const ApiKeyRecord& successor,
                            base::Timestamp ends_at) override;
  base::Result<std::vector<ApiKeyRecord>> List() override;
  base::Result<std::int64_t> Revision() override;
  base::Result<void> RecordUse(const ApiKeyReport& report) override;
  base::Result<std::vector<ApiKeyUsage>> UsageOf(base::LocalDay day) override;
  base::Result<std::vector<ApiKeyDay>> EveryUsage() override;
  base::Result<void> Restore(std::span<const ApiKeyRecord> keys,
                             std::span<const ApiKeyDay> usage) override;

 private:
  const std::shared_ptr<Database> database_;
};

}  // namespace geoclimate::store::sqlite
