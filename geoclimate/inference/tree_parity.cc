#include "geoclimate/inference/tree_parity.h"

#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <span>
#include <vector>

#include <fmt/format.h>

#include "geoclimate/inference/link.h"
#include "geoclimate/model/tree_walk.h"

namespace geoclimate::inference {
namespace {

// More than a block of rows.
constexpr std::size_t kRows = 67;

// Values on both sides of the ensemble's own thresholds, and on them.
std::vector<float> SyntheticRows(const model::TreeEnsemble& ensemble) {
  const auto features = static_cast<std::size_t>(ensemble.features);
  std::minstd_rand random(67);  // NOLINT(bugprone-random-generator-seed): the same each time
  std::vector<std::vector<double>> thresholds(features);
  for (const model::Tree& tree : ensemble.trees) {
    for (const model::TreeNode& node : tree.nodes) {
      if (node.feature >= 0) {
        thresholds[static_cast<std::size_t>(node.feature)].push_back(node.threshold);
      }
    }
  }
  std::vector<float> rows(kRows * features);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::vector<double>& of_feature = thresholds[i % features];
    if (random() % 16 == 0) {
      rows[i] = std::numeric_limits<float>::quiet_NaN();
    } else if (!of_feature.empty()) {
      const auto on = static_cast<float>(of_feature[random() % of_feature.size()]);
      constexpr float kInfinity = std::numeric_limits<float>::infinity();
      const auto side = random() % 3;
      rows[i] = side == 0 ? on : std::nextafter(on, side == 1 ? -kInfinity : kInfinity);
    }
  }
  return rows;
}

// The answers to one row, with sums in the type that the model's library makes them in.
template <typename Sum>
std::vector<float> AnswersByDefinition(const model::TreeEnsemble& ensemble,
                                       std::span<const float> row) {
  std::vector<Sum> margins(ensemble.base_scores.begin(), ensemble.base_scores.end());
  std::vector<Sum> trees(margins.size(), 0);
  for (std::size_t i = 0; i < margins.size(); ++i) {
    margins[i] = static_cast<Sum>(ensemble.base_scores[i]);
  }
  for (const model::Tree& tree : ensemble.trees) {
    const auto output = static_cast<std::size_t>(tree.output);
    margins[output] += static_cast<Sum>(model::FindLeaf(tree, row).value);
    trees[output] += 1;
  }
  for (std::size_t i = 0; ensemble.average && i < margins.size(); ++i) {
    margins[i] /= std::max(trees[i], Sum{1});
  }
  ApplyLink(ensemble.link, ensemble.link_scale, std::span<Sum>(margins));
  std::vector<float> answers(static_cast<std::size_t>(ensemble.answers()));
  for (std::size_t i = 0; i < answers.size(); ++i) answers[i] = static_cast<float>(margins[i]);
  return answers;
}

bool SameBits(float a, float b) {
  return std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b) ||
         (std::isnan(a) && std::isnan(b));
}

}  // namespace

base::Result<void> CheckParity(const model::TreeEnsemble& ensemble, const TreeBackend& backend) {
  const std::size_t features = backend.features();
  const std::size_t outputs = backend.outputs();
  const std::vector<float> rows = SyntheticRows(ensemble);
  std::vector<float> together(kRows * outputs);
  GC_RETURN_IF_ERROR(backend.Predict(rows, kRows, together));
  std::vector<float> alone(outputs);
  for (std::size_t row = 0; row < kRows; ++row) {
    const std::span<const float> values = std::span(rows).subspan(row * features, features);
    GC_RETURN_IF_ERROR(backend.Predict(values, 1, alone));
    const std::vector<float> defined = ensemble.float_thresholds
                                           ? AnswersByDefinition<float>(ensemble, values)
                                           : AnswersByDefinition<double>(ensemble, values);
    for (std::size_t i = 0; i < outputs; ++i) {
      const float batched = together[row * outputs + i];
      if (SameBits(alone[i], defined[i]) && SameBits(batched, defined[i])) continue;
      return base::Internal(fmt::format(
          "the engine does not answer as the model is defined: {} by its splits, {} alone, {} in a "
          "batch",
          defined[i], alone[i], batched));
    }
  }
  return {};
}

}  // namespace geoclimate::inference
