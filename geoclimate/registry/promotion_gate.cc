#include "geoclimate/registry/promotion_gate.h"

#include <fmt/format.h>

namespace geoclimate::registry {
namespace {

std::string Figures(const model::ModelDescription& description) {
  std::string text = description.baseline.empty()
                         ? "no baseline is named"
                         : fmt::format("best baseline {}", description.baseline);
  for (const auto& [name, value] : description.metrics) {
    text += fmt::format(", {} {:.6g}", name, value);
  }
  return text;
}

}  // namespace

base::Result<std::string> PassGate(const model::ModelDescription& description, PromotionGate gate) {
  const std::string figures = Figures(description);
  if (gate == PromotionGate::kOverride) return "gate overridden: " + figures;
  const auto skill = description.metrics.find(std::string(model::kMseSkillMetric));
  if (skill == description.metrics.end() || description.baseline.empty()) {
    return base::FailedPrecondition(
        fmt::format("{} cannot go to production: nothing says that it beats a baseline ({} and the "
                    "name of the best baseline are needed; {})",
                    description.model_id, model::kMseSkillMetric, figures));
  }
  if (!(skill->second > 0)) {
    return base::FailedPrecondition(
        fmt::format("{} cannot go to production: it does not beat the best baseline on the later "
                    "block ({})",
                    description.model_id, figures));
  }
  return figures;
}

}  // namespace geoclimate::registry
