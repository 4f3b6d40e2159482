#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "geoclimate/store/alert_store.h"
#include "geoclimate/store/sqlite/database.h"

namespace geoclimate::store::sqlite {

class SqliteAlertStore final : public AlertStore {
 public:
  explicit SqliteAlertStore(std::shared_ptr<Database> database) : database_(std::move(database)) {}

  base::Result<void> Add(const AlertRecord& alert, std::size_t most) override;
  base::Result<void> Remove(std::string_view id) override;
  base::Result<std::vector<AlertRecord>> List() override;
  base::Result<AlertRecord> Find(std::string_view id) override;
  base::Result<AlertSummary> Summary() override;
  base::Result<void> Advance(std::string_view id, std::int64_t turn, const AlertProgress& progress,
                             const std::optional<AlertEvent>& event) override;
  base::Result<std::vector<AlertEvent>> Due(base::Timestamp now, std::size_t limit) override;
  base::Result<void> Delivered(std::string_view event) override;
  base::Result<void> Postpone(const AlertEvent& event) override;
  base::Result<std::uint64_t> Bury(const AlertEvent& event, std::size_t most) override;
  base::Result<std::vector<AlertEvent>> DeadLetters(const DeadLetterQuery& query) override;
  base::Result<void> Revive(std::string_view event, const std::optional<std::string>& owner,
                            base::Timestamp now) override;

 private:
  const std::shared_ptr<Database> database_;
};

}  // namespace geoclimate::store::sqlite
