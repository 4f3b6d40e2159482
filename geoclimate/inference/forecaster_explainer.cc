#include "geoclimate/inference/forecaster_explainer.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include <fmt/format.h>

namespace geoclimate::inference {

using model::MemberTarget;

double Explanation::Score() const {
  return std::accumulate(contributions.begin(), contributions.end(),
                         base_value + baseline.value_or(0));
}

std::string_view SpaceName(Explanation::Space space) {
  switch (space) {
    case Explanation::Space::kMargin:
      return "margin";
    case Explanation::Space::kConcentration:
      return "concentration";
    case Explanation::Space::kLog:
      return "log";
  }
  return "";
}

base::Result<std::unique_ptr<const ForecasterExplainer>> ForecasterExplainer::Build(
    const model::Forecaster& forecaster) {
  const bool logarithms = std::ranges::any_of(forecaster.members, [](const model::Member& member) {
    return member.target == MemberTarget::kLogResidual;
  });
  if (logarithms && (forecaster.members.size() > 1 || forecaster.trust != 1)) {
    return base::Unimplemented(
        "a member in logarithms is averaged with other values, and in no space does such a mean "
        "add up");
  }
  std::vector<Member> members;
  for (const model::Member& member : forecaster.members) {
    GC_ASSIGN_OR_RETURN(auto trees, TreeExplainer::Build(member.trees));
    members.push_back({member.target, member.scale_offset, member.linear, std::move(trees)});
  }
  return std::unique_ptr<const ForecasterExplainer>(
      new ForecasterExplainer(forecaster, std::move(members)));
}

ForecasterExplainer::ForecasterExplainer(const model::Forecaster& forecaster,
                                         std::vector<Member> members)
    : features_(forecaster.schema.size()),
      combiner_(forecaster),
      trust_(forecaster.trust),
      members_(std::move(members)) {}

base::Result<Explanation> ForecasterExplainer::Explain(std::span<const float> row) const {
  const double baseline = combiner_.Baseline(row);
  const double reference = combiner_.Reference(row);
  if (std::isnan(baseline))
    return base::InvalidArgument("both columns of the baseline are missing");
  Explanation explanation;
  explanation.space = Explanation::Space::kConcentration;
  explanation.baseline = baseline;
  explanation.contributions.assign(features_, 0);
  std::vector<double> of_trees(features_);
  for (const Member& member : members_) {
    // How much a unit of the member's score moves what is explained.
    double unit = trust_ / static_cast<double>(members_.size());
    if (member.target == MemberTarget::kNormalizedResidual) {
      unit *= std::max(reference, 0.0) + member.scale_offset;
    } else if (member.target == MemberTarget::kLogResidual) {
      explanation.space = Explanation::Space::kLog;
      explanation.baseline = std::log(std::max(baseline, 0.0) + member.scale_offset);
    }
    explanation.base_value += unit * (member.linear.intercept + member.trees->base_value(0));
    for (const model::LinearTerm& term : member.linear.terms) {
      const double input =
          model::InputOf(term.input, double{row[term.column]}, reference, member.scale_offset);
      explanation.contributions[term.column] +=
          unit * term.weight * model::Standardized(term, input, member.linear.bound);
    }
    member.trees->Explain(row, 0, of_trees);
    for (std::size_t i = 0; i < features_; ++i) {
      explanation.contributions[i] += unit * of_trees[i];
    }
  }
  return explanation;
}

}  // namespace geoclimate::inference
