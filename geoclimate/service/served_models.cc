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
                        .shed_concurrency = shed("concurrency")},
          .inference = InferenceStatistics::Of(metrics, description)};
}

void ServedModel::Log(prediction_log::AnsweredRows answered) const {
  const bool is_canary = arm == TrafficSplit::Arm::kCanary;
  answered.arm =
      is_canary ? prediction_log::LoggedArm::kCanary : prediction_log::LoggedArm::kProduction;
  log.Note(answered);
}

void ServedModel::ObserveCompute(std::chrono::nanoseconds time, std::size_t rows) const {
  metrics.compute_seconds.Observe(std::chrono::duration<double>(time).count());
  if (split != nullptr && rows > 0) {
    split->stats(arm).Observe(time / static_cast<std::int64_t>(rows));
  }
}

ServedModels::ServedModels(std::vector<ServedModel> models, Generations generations,
                           std::map<std::string, ServedName> names)
    : models_(std::move(models)), special_(std::move(names)), generations_(std::move(generations)) {
  for (ServedModel& served : models_) {
    // A set's own, whatever the set said that the version was taken over from.
    served.split = nullptr;
    served.arm = TrafficSplit::Arm::kProduction;
    served.mirror = nullptr;
    served.stands_in.clear();
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
    Named& named = by_name_[description.model_name];
    if (production) named.production = &served;
  }
  for (const auto& [name, special] : special_) Arrange(name, special);
  for (const ServedModel& served : models_) {
    if (by_name_[served.description.model_name].production != &served) continue;
    production_.push_back(&served);
    if (served.model != nullptr) ++available_;
  }
}

void ServedModels::Arrange(const std::string& name, const ServedName& special) {
  const auto find = [&](const std::string& model_id) -> ServedModel* {
    const auto found = std::ranges::find_if(models_, [&](const ServedModel& served) {
      return served.description.model_id == model_id && served.model != nullptr;
    });
    return found == models_.end() ? nullptr : &*found;
  };
  Named& named = by_name_[name];
  if (ServedModel* const stand_in = find(special.stand_in); stand_in != nullptr) {
    if (named.production != nullptr && named.production->failure) {
      stand_in->stands_in =
          fmt::format("{} could not be loaded ({}): {} answers in its place",
                      named.production->description.model_id, named.production->failure->message(),
                      stand_in->description.model_id);
    }
    named.production = stand_in;
  }
  if (named.production == nullptr) return;
  const auto production = std::ranges::find_if(
      models_, [&](const ServedModel& served) { return &served == named.production; });
  production->mirror = special.mirror;
  if (special.split == nullptr) return;
  production->split = special.split;
  if (ServedModel* const canary = find(special.split->canary()); canary != nullptr) {
    canary->split = special.split;
    canary->arm = TrafficSplit::Arm::kCanary;
    named.canary = canary;
    has_canary_ = true;
  }
}

const ServedModel* ServedModels::ProductionOf(std::string_view model_name) const {
  const auto found = by_name_.find(model_name);
  return found == by_name_.end() ? nullptr : found->second.production;
}

base::Result<const ServedModel*> ServedModels::InArm(const Named& named,
                                                     std::string_view split_key) const {
  if (named.canary != nullptr && !split_key.empty() &&
      named.canary->split->ArmOf(split_key) == TrafficSplit::Arm::kCanary) {
    return named.canary;
  }
  return Usable(named.production);
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
  if (choice.model_name.empty()) return TheOnlyOne(choice.split_key);
  const auto found = by_name_.find(choice.model_name);
  if (found == by_name_.end()) {
    return base::NotFound(fmt::format("there is no model named '{}'", choice.model_name));
  }
  if (found->second.production == nullptr) {
    const auto special = special_.find(std::string(choice.model_name));
    if (special != special_.end() && special->second.is_unloaded) {
      return base::Unavailable(fmt::format("model '{}' is unloaded", choice.model_name));
    }
    return base::NotFound(
        fmt::format("no version of '{}' is in production: promote one, or name it in model_id",
                    choice.model_name));
  }
  return InArm(found->second, choice.split_key);
}

base::Result<const ServedModel*> ServedModels::ChooseForRows(const ModelChoice& choice) const {
  base::Result<const ServedModel*> chosen = Choose(choice);
  if (!chosen.ok() || (*chosen)->model->takes_rows()) return chosen;
  return base::Unimplemented(
      fmt::format("model '{}' takes tensors, not rows of features: ask it by /v2/models/{}/infer",
                  (*chosen)->description.model_id, (*chosen)->description.model_name));
}

base::Result<const ServedModel*> ServedModels::TheOnlyOne(std::string_view split_key) const {
  const auto answer = [&](const ServedModel* served) {
    return InArm(by_name_.find(served->description.model_name)->second, split_key);
  };
  if (production_.size() == 1) return answer(production_.front());
  if (production_.empty()) return base::NotFound("no model is in production");
  const auto of_sites = [](const ServedModel* served) {
    return forecast::BasisOfModel(served->description.model_id) == airquality::Basis::kSite;
  };
  if (std::ranges::count_if(production_, of_sites) == 1) {
    return answer(*std::ranges::find_if(production_, of_sites));
  }
  std::vector<std::string_view> names;
  names.reserve(production_.size());
  for (const ServedModel* served : production_) names.push_back(served->description.model_name);
  return base::InvalidArgument(fmt::format(
      "several models are in production, name one in model_name: {}", fmt::join(names, ", ")));
}

}  // namespace geoclimate::service
