#include "geoclimate/store/sqlite/sqlite_skill_store.h"

#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string_view>

#include "geoclimate/store/skill_order.h"

namespace geoclimate::store::sqlite {
namespace {

using base::Result;

Result<std::optional<SkillJudgement>> ReadJudgement(Session& session) {
  GC_ASSIGN_OR_RETURN(Statement * statement, session.Prepared("skill_judgement"));
  GC_ASSIGN_OR_RETURN(const bool row, statement->Step());
  if (!row) return std::optional<SkillJudgement>();
  SkillJudgement judgement;
  judgement.generation = static_cast<std::uint64_t>(statement->Integer(0));
  judgement.from = base::DayFromNumber(static_cast<std::int32_t>(statement->Integer(1)));
  judgement.to = base::DayFromNumber(static_cast<std::int32_t>(statement->Integer(2)));
  judgement.computed_at = base::Timestamp(std::chrono::microseconds(statement->Integer(3)));
  statement->Reset();
  return std::optional(judgement);
}

void BindFigure(Statement& statement, int parameter, double value) {
  if (std::isnan(value)) {
    statement.BindNull(parameter);
  } else {
    statement.Bind(parameter, value);
  }
}

void BindScore(Statement& insert, const SkillScore& score) {
  insert.Bind(1, std::int64_t{airquality::Index(score.pollutant)});
  insert.Bind(2, std::int64_t{score.horizon_days});
  insert.Bind(3, std::string_view(score.model_id));
  insert.Bind(4, score.site ? std::int64_t{score.site->number()} : kAllSites);
  insert.Bind(5, static_cast<std::int64_t>(score.rows));
  BindFigure(insert, 6, score.rmse);
  BindFigure(insert, 7, score.mae);
  BindFigure(insert, 8, score.bias);
  BindFigure(insert, 9, score.coverage);
  insert.Bind(10, std::string_view(score.best_baseline));
  BindFigure(insert, 11, score.skill);
  BindFigure(insert, 12, score.skill_over_persistence);
}

double Figure(const Statement& row, int column) {
  return row.IsNull(column) ? std::numeric_limits<double>::quiet_NaN() : row.Real(column);
}

SkillScore ReadScore(const Statement& row) {
  SkillScore score;
  score.pollutant = static_cast<airquality::Pollutant>(row.Integer(0));
  score.horizon_days = static_cast<int>(row.Integer(1));
  score.model_id = row.Text(2);
  if (const std::int64_t site = row.Integer(3); site != kAllSites) {
    score.site = airquality::SiteId::FromNumber(static_cast<std::uint32_t>(site));
  }
  score.rows = static_cast<std::uint64_t>(row.Integer(4));
  score.rmse = Figure(row, 5);
  score.mae = Figure(row, 6);
  score.bias = Figure(row, 7);
  score.coverage = Figure(row, 8);
  score.best_baseline = row.Text(9);
  score.skill = Figure(row, 10);
  score.skill_over_persistence = Figure(row, 11);
  return score;
}

}  // namespace

Result<bool> SqliteSkillStore::Replace(const SkillJudgement& judgement,
                                       std::span<const SkillScore> scores) {
  GC_ASSIGN_OR_RETURN(WriteTransaction transaction, database_->BeginWrite());
  Session& session = transaction.session();
  GC_ASSIGN_OR_RETURN(const std::optional<SkillJudgement> there, ReadJudgement(session));
  if (there && Stays(*there, judgement)) return false;
  GC_ASSIGN_OR_RETURN(Statement * put, session.Prepared("put_skill_judgement"));
  put->Bind(1, static_cast<std::int64_t>(judgement.generation));
  put->Bind(2, std::int64_t{base::DayNumber(judgement.from)});
  put->Bind(3, std::int64_t{base::DayNumber(judgement.to)});
  put->Bind(4, std::int64_t{judgement.computed_at.time_since_epoch().count()});
  GC_RETURN_IF_ERROR(put->Run());
  GC_ASSIGN_OR_RETURN(Statement * remove, session.Prepared("remove_skill_scores"));
  GC_RETURN_IF_ERROR(remove->Run());
  GC_ASSIGN_OR_RETURN(Statement * insert, session.Prepared("insert_skill_score"));
  for (const SkillScore& score : scores) {
    BindScore(*insert, score);
    GC_RETURN_IF_ERROR(insert->Run());
  }
  GC_RETURN_IF_ERROR(transaction.Commit());
  return true;
}

Result<std::optional<SkillJudgement>> SqliteSkillStore::Visit(
    const SkillQuery& query, const std::function<void(const SkillScore&)>& visit) {
  GC_ASSIGN_OR_RETURN(ReadTransaction transaction, database_->BeginRead());
  Session& session = transaction.session();
  GC_ASSIGN_OR_RETURN(const std::optional<SkillJudgement> judgement, ReadJudgement(session));
  if (!judgement) return judgement;
  GC_ASSIGN_OR_RETURN(Statement * scores, session.Prepared("skill_scores"));
  scores->BindNull(1);
  if (query.pollutant) scores->Bind(1, std::int64_t{airquality::Index(*query.pollutant)});
  scores->BindNull(2);
  if (query.horizon_days) scores->Bind(2, std::int64_t{*query.horizon_days});
  while (true) {
    GC_ASSIGN_OR_RETURN(const bool row, scores->Step());
    if (!row) return judgement;
    visit(ReadScore(*scores));
  }
}

}  // namespace geoclimate::store::sqlite
