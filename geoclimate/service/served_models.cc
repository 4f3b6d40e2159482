#include "geoclimate/service/served_models.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "geoclimate/forecast/model_name.h"

namespace geoclimate::service {
namespace {

constexpr std::array<double, 9> kBatchBuckets = {1, 4, 16, 64, 256, 1000, 2000, 5000, 10'000};

base::Result<const ServedModel*> Usable(const ServedModel* found) {
  if (found->model != nullptr) return found;
  return base::Unavailable(fmt::format("model '{}' could not be loaded: {}",
                                       found->description.model_id, found->failure->message()));
}

bool IsPlain(const features::Feature& feature) {
  return std::all_of(feature.name.begin(), feature.name.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\';
  });
}

}  // namespace

PredictionMetrics PredictionMetrics::Of(telemetry::MetricRegistry& metrics,
                                        const model::ModelDescription& description) {
  const std::string version = fmt::format("v{}", description.version);
  const auto count = [&](std::string_view status) {
    return metrics.AddCounter(
        "predictions_total", "Rows scored, by outcome",
        {{"model", description.model_name}, {"version", version}, {"status", status}});
  };
  const auto phase = [&](std::string_view name) {
    return metrics.AddHistogram("prediction_duration_seconds", "Time of a prediction, by phase",
                                telemetry::DurationBuckets(),
                                {{"model", description.model_name}, {"phase", name}});
  };
  const auto shed = [&](std::string_view reason) {
    return metrics.AddCounter("requests_shed_total", "Requests turned away to keep up",
                              {{"reason", reason}});
  };
  return {.succeeded = count("success"),
          .failed = count("error"),
          .parse_seconds = phase("parse"),
          .compute_seconds = phase("compute"),
          .render_seconds = phase("render"),
          .batch_rows =
              metrics.AddHistogram("prediction_batch_size", "Rows of a request", kBatchBuckets),
          .scheduler = {.batcher = {.queue_seconds = phase("queue"),
                                    .batch_rows = metrics.AddHistogram(
                                        "prediction_execution_rows",
                                        "Rows that were scored at once for several requests",
                                        kBatchBuckets, {{"model", description.model_name}})},
                        .shed_wait = shed("queue_wait"),
                        .shed_deadline = shed("deadline"),
                        .shed_concurrency = shed("concurrency")}};
}

ServedModels::ServedModels(std::vector<ServedModel> models, Generations generations)
    : models_(std::move(models)), generations_(std::move(generations)) {
  for (ServedModel& served : models_) {
    if (served.model == nullptr) continue;
    const std::vector<features::Feature>& features = served.schema().features();
    served.names_are_plain = std::all_of(features.begin(), features.end(), IsPlain);
    served.has_required_features =
        !std::all_of(features.begin(), features.end(),
                     [](const features::Feature& feature) { return feature.missing_allowed; });
  }
  std::sort(models_.begin(), models_.end(), [](const ServedModel& a, const ServedModel& b) {
    if (a.description.model_name != b.description.model_name) {
      return a.description.model_name < b.description.model_name;
    }
    return a.description.version > b.description.version;
  });
  for (const ServedModel& served : models_) {
    const model::ModelDescription& description = served.description;
    by_id_.emplace(description.model_id, &served);
    for (const std::string& alias : description.aliases) {
      by_id_.emplace(fmt::format("{}@{}", description.model_name, alias), &served);
    }
    const bool production = description.stage == model::Stage::kProduction;
    const ServedModel*& current = by_name_[description.model_name];
    if (production) {
      current = &served;
      production_.push_back(&served);
    }
    if (production && served.model != nullptr) ++available_;
  }
}

base::Result<const ServedModel*> ServedModels::Choose(const ModelChoice& choice) const {
  if (!choice.model_id.empty()) {
    const auto found = by_id_.find(choice.model_id);
    if (found == by_id_.end()) {
      return base::NotFound(fmt::format("there is no model '{}'", choice.model_id));
    }
    const std::string& name = found->second->description.model_name;
    if (!choice.model_name.empty() && choice.model_name != name) {
      return base::InvalidArgument(fmt::format("model_id '{}' is a version of '{}', not of '{}'",
                                               choice.model_id, name, choice.model_name));
    }
    return Usable(found->second);
  }
  if (choice.model_name.empty()) return TheOnlyOne();
  const auto found = by_name_.find(choice.model_name);
  if (found == by_name_.end()) {
    return base::NotFound(fmt::format("there is no model named '{}'", choice.model_name));
  }
  if (found->second == nullptr) {
    return base::NotFound(
        fmt::format("no version of '{}' is in production: promote one, or name it in model_id",
                    choice.model_name));
  }
  return Usable(found->second);
}

base::Result<const ServedModel*> ServedModels::TheOnlyOne() const {
  if (production_.size() == 1) return Usable(production_.front());
  if (production_.empty()) return base::NotFound("no model is in production");
  const auto of_sites = [](const ServedModel* served) {
    return forecast::BasisOfModel(served->description.model_id) == airquality::Basis::kSite;
  };
  if (std::ranges::count_if(production_, of_sites) == 1) {
    return Usable(*std::ranges::find_if(production_, of_sites));
  }
  std::vector<std::string_view> names;
  names.reserve(production_.size());
  for (const ServedModel* served : production_) names.push_back(served->description.model_name);
  return base::InvalidArgument(fmt::format(
      "several models are in production, name one in model_name: {}", fmt::join(names, ", ")));
}

}  // namespace geoclimate::service
