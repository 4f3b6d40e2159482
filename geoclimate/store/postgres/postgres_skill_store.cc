#include "geoclimate/store/postgres/postgres_skill_store.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "geoclimate/store/postgres/write_transaction.h"
#include "geoclimate/store/skill_order.h"

namespace geoclimate::store::postgres {
namespace {

using base::Result;

constexpr std::size_t kPart = 1 << 14;

std::optional<SkillJudgement> ReadJudgement(const Rows& rows) {
  if (rows.size() == 0) return std::nullopt;
  return SkillJudgement{.generation = static_cast<std::uint64_t>(rows.Integer(0, 0)),
                        .from = rows.Day(0, 1),
                        .to = rows.Day(0, 2),
                        .computed_at = rows.Time(0, 3)};
}

void AddFigure(Column& column, double value) {
  if (std::isnan(value)) {
    column.AddNull();
  } else {
    column.AddReal(value);
  }
}

Call InsertScores(std::span<const SkillScore> scores) {
  Column pollutant(Type::kInteger2);
  Column horizon(Type::kInteger4);
  Column model(Type::kText);
  Column site(Type::kInteger8);
  Column rows(Type::kInteger8);
  Column rmse(Type::kReal8);
  Column mae(Type::kReal8);
  Column bias(Type::kReal8);
  Column coverage(Type::kReal8);
  Column best(Type::kText);
  Column skill(Type::kReal8);
  Column over_persistence(Type::kReal8);
  for (const SkillScore& score : scores) {
    pollutant.Add(airquality::Index(score.pollutant));
    horizon.Add(score.horizon_days);
    model.AddText(score.model_id);
    site.Add(score.site ? std::int64_t{score.site->number()} : kAllSites);
    rows.Add(static_cast<std::int64_t>(score.rows));
    AddFigure(rmse, score.rmse);
    AddFigure(mae, score.mae);
    AddFigure(bias, score.bias);
    AddFigure(coverage, score.coverage);
    best.AddText(score.best_baseline);
    AddFigure(skill, score.skill);
    AddFigure(over_persistence, score.skill_over_persistence);
  }
  Call call{"insert_skill_scores", {}};
  for (const Column* column : {&pollutant, &horizon, &model, &site, &rows, &rmse, &mae, &bias,
                               &coverage, &best, &skill, &over_persistence}) {
    call.parameters.Array(*column);
  }
  return call;
}

double Figure(const Rows& rows, int row, int column) {
  return rows.IsNull(row, column) ? std::numeric_limits<double>::quiet_NaN()
                                  : rows.Real(row, column);
}

SkillScore ReadScore(const Rows& rows, int row) {
  SkillScore score;
  score.pollutant = static_cast<airquality::Pollutant>(rows.Integer(row, 0));
  score.horizon_days = static_cast<int>(rows.Integer(row, 1));
  score.model_id = rows.Text(row, 2);
  if (const std::int64_t site = rows.Integer(row, 3); site != kAllSites) {
    score.site = airquality::SiteId::FromNumber(static_cast<std::uint32_t>(site));
  }
  score.rows = static_cast<std::uint64_t>(rows.Integer(row, 4));
  score.rmse = Figure(rows, row, 5);
  score.mae = Figure(rows, row, 6);
  score.bias = Figure(rows, row, 7);
  score.coverage = Figure(rows, row, 8);
  score.best_baseline = rows.Text(row, 9);
  score.skill = Figure(rows, row, 10);
  score.skill_over_persistence = Figure(rows, row, 11);
  return score;
}

}  // namespace

Result<bool> PostgresSkillStore::Replace(const SkillJudgement& judgement,
                                         std::span<const SkillScore> scores) {
  GC_ASSIGN_OR_RETURN(WriteTransaction transaction, database_->BeginWrite(WriteLock::kSkill));
  std::vector<Call> calls;
  calls.push_back({"skill_judgement", {}});
  GC_ASSIGN_OR_RETURN(const std::vector<Rows> rows, transaction.Run(std::move(calls)));
  const std::optional<SkillJudgement> there = ReadJudgement(rows.front());
  if (there && Stays(*there, judgement)) return false;
  transaction.Defer(
      {"put_skill_judgement", Parameters()
                                  .Integer8(static_cast<std::int64_t>(judgement.generation))
                                  .Day(judgement.from)
                                  .Day(judgement.to)
                                  .Time(judgement.computed_at.time_since_epoch().count())});
  transaction.Defer({"remove_skill_scores", {}});
  for (std::span<const SkillScore> rest = scores; !rest.empty();) {
    const auto part = rest.first(std::min(rest.size(), kPart));
    transaction.Defer(InsertScores(part));
    rest = rest.subspan(part.size());
  }
  GC_RETURN_IF_ERROR(transaction.Commit());
  return true;
}

Result<std::optional<SkillJudgement>> PostgresSkillStore::Visit(
    const SkillQuery& query, const std::function<void(const SkillScore&)>& visit) {
  GC_ASSIGN_OR_RETURN(Lease lease, database_->Connect());
  std::optional<std::int64_t> pollutant;
  if (query.pollutant) pollutant = airquality::Index(*query.pollutant);
  std::optional<std::int64_t> horizon;
  if (query.horizon_days) horizon = *query.horizon_days;
  std::vector<Call> calls;
  calls.push_back({"begin_read", {}});
  calls.push_back({"skill_judgement", {}});
  calls.push_back({"skill_scores", Parameters().Optional4(pollutant).Optional4(horizon)});
  calls.push_back({"commit", {}});
  GC_ASSIGN_OR_RETURN(const std::vector<Rows> rows, lease->Run(std::move(calls)));
  std::optional<SkillJudgement> judgement = ReadJudgement(rows[1]);
  if (!judgement) return judgement;
  for (int row = 0; row < rows[2].size(); ++row) visit(ReadScore(rows[2], row));
  return judgement;
}

}  // namespace geoclimate::store::postgres
