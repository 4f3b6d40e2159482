#include "geoclimate/training/member_fits.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "geoclimate/model/xgboost_reader.h"
#include "geoclimate/training/damped_baseline.h"
#include "geoclimate/training/member_target.h"
#include "geoclimate/training/ridge.h"

namespace geoclimate::training {

double ScaleOffset(const TrainingOptions& options, const TrainingRows& rows, RowRange range) {
  double sum = 0;
  for (std::size_t row = range.begin; row < range.end; ++row) sum += double{rows.targets[row]};
  const double mean = sum / static_cast<double>(range.size());
  return std::max(options.scale_offset_share * mean, std::numeric_limits<double>::min());
}

model::Forecaster FitFrame(const TrainingOptions& options, const TrainingRows& rows, RowRange range,
                           const FrameChoice& choice) {
  model::Forecaster forecaster;
  forecaster.pollutant = rows.pollutant;
  forecaster.horizon_days = rows.horizon_days;
  forecaster.schema = rows.schema;
  forecaster.baseline = FitDampedPersistence(rows, range, choice.reference_column);
  for (const model::MemberTarget target : options.members) {
    forecaster.members.push_back({.target = target,
                                  .scale_offset = choice.scale_offset,
                                  .linear = {},
                                  .trees = model::NoTrees(rows.schema)});
  }
  if (options.form == MemberForm::kTrees) return forecaster;
  const Ridge ridge(options.linear[static_cast<std::size_t>(airquality::Index(rows.pollutant))],
                    rows, range, forecaster, choice.scale_offset);
  for (model::Member& member : forecaster.members) {
    member.linear = ridge.Fit(LabelsOf(forecaster, member, rows, range));
  }
  return forecaster;
}

std::vector<float> LabelsOf(const model::Forecaster& forecaster, const model::Member& member,
                            const TrainingRows& rows, RowRange range) {
  std::vector<float> labels;
  labels.reserve(range.size());
  const model::Combiner combiner(forecaster);
  for (std::size_t row = range.begin; row < range.end; ++row) {
    const std::span<const float> features = rows.features.Row(row);
    const double reference = combiner.Reference(features);
    const double score = RawTarget(member.target, member.scale_offset, double{rows.targets[row]},
                                   combiner.Baseline(features), reference);
    const double linear = member.linear.At(features, reference, member.scale_offset);
    labels.push_back(static_cast<float>(score - linear));
  }
  return labels;
}

base::Result<void> FitTrees(const TrainingOptions& options, const TrainingRows& rows,
                            std::span<const int> rounds, const std::function<void()>& after_step,
                            model::Forecaster& forecaster) {
  if (options.form == MemberForm::kLinear) return {};
  GC_ASSIGN_OR_RETURN(BoosterMatrix matrix, BoosterMatrix::Create(rows.schema, rows.features.values,
                                                                  options.boost.threads));
  std::vector<Booster> boosters;
  for (std::size_t member = 0; member < forecaster.members.size(); ++member) {
    GC_RETURN_IF_ERROR(
        matrix.SetLabels(LabelsOf(forecaster, forecaster.members[member], rows, EveryRow(rows))));
    BoostOptions boost = options.BoostOf(rows.pollutant);
    boost.max_rounds = rounds[member];
    GC_ASSIGN_OR_RETURN(Booster booster, Booster::Train(boost, matrix));
    boosters.push_back(std::move(booster));
    if (after_step) after_step();
  }
  return TakeTrees(boosters, forecaster);
}

base::Result<void> TakeTrees(std::span<const Booster> boosters, model::Forecaster& forecaster) {
  for (std::size_t member = 0; member < boosters.size(); ++member) {
    GC_ASSIGN_OR_RETURN(const std::string saved, boosters[member].Save());
    GC_ASSIGN_OR_RETURN(forecaster.members[member].trees, model::ReadXgboost(saved));
  }
  return {};
}

}  // namespace geoclimate::training
