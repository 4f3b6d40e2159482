#include "geoclimate/training/evaluation.h"

#include <cmath>
#include <functional>

namespace geoclimate::training {
namespace {

MethodScore ScoreOf(std::string name, std::span<const std::size_t> rows,
                    std::span<const float> targets,
                    const std::function<double(std::size_t)>& forecast) {
  double squares = 0;
  double sizes = 0;
  double sum = 0;
  for (const std::size_t row : rows) {
    const double error = forecast(row) - double{targets[row]};
    squares += error * error;
    sizes += std::abs(error);
    sum += error;
  }
  const auto n = static_cast<double>(rows.size());
  return {
      .name = std::move(name), .rmse = std::sqrt(squares / n), .mae = sizes / n, .bias = sum / n};
}

double Coverage(std::span<const std::size_t> rows, std::span<const float> targets,
                std::size_t first_row, std::span<const model::Distribution> distributions) {
  std::size_t inside = 0;
  for (const std::size_t row : rows) {
    const auto& quantiles = distributions[row - first_row].quantiles;
    if (targets[row] >= quantiles[model::kP10] && targets[row] <= quantiles[model::kP90]) ++inside;
  }
  return static_cast<double>(inside) / static_cast<double>(rows.size());
}

std::vector<std::size_t> CommonRows(const TrainingRows& rows, RowRange range) {
  std::vector<std::size_t> common;
  for (std::size_t row = range.begin; row < range.end; ++row) {
    bool all = true;
    for (const BaselinePredictions& baseline : rows.baselines) {
      all = all && std::isfinite(baseline.values[row]);
    }
    if (all) common.push_back(row);
  }
  return common;
}

double Skill(const MethodScore& score, const MethodScore& against) {
  return 1 - (score.rmse * score.rmse) / (against.rmse * against.rmse);
}

}  // namespace

void Evaluate(const TrainingRows& rows, RowRange range, std::span<const model::Distribution> model,
              std::span<const model::Distribution> fallback, FitReport& report) {
  const std::vector<std::size_t> common = CommonRows(rows, range);
  report.scored_rows = common.size();
  if (common.empty()) return;
  for (const BaselinePredictions& baseline : rows.baselines) {
    report.baselines.push_back(ScoreOf(baseline.name, common, rows.targets, [&](std::size_t row) {
      return double{baseline.values[row]};
    }));
    if (report.baselines.back().rmse < report.baselines[report.best_baseline].rmse) {
      report.best_baseline = report.baselines.size() - 1;
    }
  }
  const auto mean_of = [&](std::span<const model::Distribution> distributions) {
    return [distributions, &range](std::size_t row) {
      return double{distributions[row - range.begin].mean};
    };
  };
  report.model = ScoreOf("model", common, rows.targets, mean_of(model));
  report.fallback = ScoreOf("fallback", common, rows.targets, mean_of(fallback));
  report.skill = Skill(report.model, report.baselines[report.best_baseline]);
  report.fallback_skill = Skill(report.fallback, report.baselines[report.best_baseline]);
  report.coverage = Coverage(common, rows.targets, range.begin, model);
  report.fallback_coverage = Coverage(common, rows.targets, range.begin, fallback);
}

}  // namespace geoclimate::training
