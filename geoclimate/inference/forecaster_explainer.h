#pragma once

#include <memory>
#include <span>
#include <vector>

#include "geoclimate/base/result.h"
#include "geoclimate/inference/explanation.h"
#include "geoclimate/inference/tree_explainer.h"
#include "geoclimate/model/forecaster.h"

namespace geoclimate::inference {

// Explains a forecaster's mean: its baseline, and what the features move through the members' trees
// (TreeSHAP) and lines. A linear term's contribution is its weight times its standardized input,
// which is 0 at the input's mean; an input that is a departure from the reference mean counts as
// its own column's.
//
// Immutable, thread-safe.
class ForecasterExplainer {
 public:
  // TreeExplainer::Build()'s errors. kUnimplemented also for a member in logarithms beside others,
  // or not fully trusted: in no space does such a mean add up. `forecaster` passes Validate().
  static base::Result<std::unique_ptr<const ForecasterExplainer>> Build(
      const model::Forecaster& forecaster);

  // `row` has the schema's columns. kInvalidArgument where both of the baseline's are missing.
  base::Result<Explanation> Explain(std::span<const float> row) const;

 private:
  struct Member {
    model::MemberTarget target;
    double scale_offset;
    model::LinearScore linear;
    std::unique_ptr<const TreeExplainer> trees;
  };
  ForecasterExplainer(const model::Forecaster& forecaster, std::vector<Member> members);

  std::size_t features_;
  model::Combiner combiner_;
  double trust_;
  std::vector<Member> members_;
};

}  // namespace geoclimate::inference
