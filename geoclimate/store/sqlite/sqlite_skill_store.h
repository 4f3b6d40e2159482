#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "geoclimate/store/skill_store.h"
#include "geoclimate/store/sqlite/database.h"

namespace geoclimate::store::sqlite {

class SqliteSkillStore final : public SkillStore {
 public:
  explicit SqliteSkillStore(std::shared_ptr<Database> database) : database_(std::move(database)) {}

  base::Result<bool> Replace(const SkillJudgement& judgement,
                             std::span<const SkillScore> scores) override;
  base::Result<std::optional<SkillJudgement>> Visit(
      const SkillQuery& query, const std::function<void(const SkillScore&)>& visit) override;

 private:
  const std::shared_ptr<Database> database_;
};

}  // namespace geoclimate::store::sqlite
