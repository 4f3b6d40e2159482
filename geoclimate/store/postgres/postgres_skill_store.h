#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "geoclimate/store/postgres/database.h"
#include "geoclimate/store/skill_store.h"

namespace geoclimate::store::postgres {

class PostgresSkillStore final : public SkillStore {
 public:
  explicit PostgresSkillStore(std::shared_ptr<Database> database)
      : database_(std::move(database)) {}

  base::Result<bool> Replace(const SkillJudgement& judgement,
                             std::span<const SkillScore> scores) override;
  base::Result<std::optional<SkillJudgement>> Visit(
      const SkillQuery& query, const std::function<void(const SkillScore&)>& visit) override;

 private:
  const std::shared_ptr<Database> database_;
};

}  // namespace geoclimate::store::postgres
