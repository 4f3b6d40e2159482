#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "geoclimate/base/result.h"
#include "geoclimate/features/feature_schema.h"
#include "geoclimate/inference/loaded_model.h"
#include "geoclimate/inference/model_scheduler.h"
#include "geoclimate/inference/prediction_cache.h"
#include "geoclimate/model/manifest.h"
#include "geoclimate/prediction_log/prediction_log.h"
#include "geoclimate/registry/serving_state.h"
#include "geoclimate/service/inference_statistics.h"
#include "geoclimate/service/shadow_mirror.h"
#include "geoclimate/service/traffic_split.h"
#include "geoclimate/telemetry/metrics.h"

namespace geoclimate::service {

// What is counted of one model's predictions: wire.md, section 4.
struct PredictionMetrics {
  telemetry::Counter succeeded;
  telemetry::Counter failed;
  telemetry::Histogram parse_seconds;
  telemetry::Histogram compute_seconds;
  telemetry::Histogram render_seconds;
  telemetry::Histogram batch_rows;  // over all models
  inference::SchedulerMetrics scheduler;
  // Of the Open Inference Protocol; null counts nothing.
  std::shared_ptr<InferenceStatistics> inference;

  static PredictionMetrics Of(telemetry::MetricRegistry& metrics,
                              const model::ModelDescription& description);
};

// One version of a model as this process serves it.
struct ServedModel {
  // As the registry says: stage and aliases are those of the set, not of the time of loading.
  model::ModelDescription description;
  // Null when it could not be loaded; `failure` says why.
  std::shared_ptr<const inference::LoadedModel> model;
  std::optional<base::Error> failure;
  // Of `model`; null: every row is computed.
  std::shared_ptr<inference::ModelCache> cache;
  PredictionMetrics metrics;
  // Null for a model that is scored on its callers' threads alone.
  std::shared_ptr<inference::ModelScheduler> scheduler;
  // Null but for a canary and the version beside it, and for a version with a shadow.
  std::shared_ptr<TrafficSplit> split;
  TrafficSplit::Arm arm = TrafficSplit::Arm::kProduction;
  // Of `model`; a default-made one logs nothing.
  prediction_log::ModelLog log;
  std::shared_ptr<ShadowMirror> mirror;
  // Answers in place of the version in production, which could not be loaded: why, for people.
  std::string stands_in;
  // What is asked of every row, found once: no feature's name holds a character that JSON escapes;
  // some feature must not be missing.
  bool names_are_plain = false;
  bool has_required_features = false;

  const features::FeatureSchema& schema() const { return model->schema(); }
  // Whether a caller's thread scores that many rows by itself.
  bool ScoresInline(std::size_t rows) const {
    return scheduler == nullptr || scheduler->ScoresInline(rows);
  }
  // Rows that were answered, a sample of which is logged; of this version's arm, whatever they say.
  void Log(prediction_log::AnsweredRows answered) const;
  // What a request for `rows` rows took to compute.
  void ObserveCompute(std::chrono::nanoseconds time, std::size_t rows) const;
};

// Which model a caller wants; empty fields were not given.
struct ModelChoice {
  std::string_view model_id;  // also "{name}@{alias}"
  std::string_view model_name;
  // Says whether a canary answers, where the choice is by name: whoever sends the same key gets the
  // same version. Empty: production answers.
  std::string_view split_key = {};
};

// How a name is served beside what its versions say.
struct ServedName {
  registry::Traffic traffic;            // as the registry says
  std::shared_ptr<TrafficSplit> split;  // its canary is one of the versions, or could not be loaded
  std::shared_ptr<ShadowMirror> mirror;  // of what production answers
  std::string stand_in;                  // model_id that answers while production's cannot
  bool is_unloaded = false;
};

// The models that this process serves at one moment. Immutable, thread-safe; swapped as a whole.
class ServedModels {
 public:
  // Generations of the registry's names that the set reflects.
  using Generations = std::map<std::string, std::uint64_t>;

  ServedModels() = default;
  // At most one version of a name is in production.
  ServedModels(std::vector<ServedModel> models, Generations generations,
               std::map<std::string, ServedName> names = {});
  ServedModels(const ServedModels&) = delete;
  ServedModels& operator=(const ServedModels&) = delete;

  // model_id, else the production version of model_name, else the only production model; beside the
  // one of a site its twin of places (forecast::ModelName) does not count.
  //   kNotFound          no such model is served, the name has no version in production, or no
  //                      model at all is in production
  //   kInvalidArgument   several are in production and none was named, which lists them; or
  //                      model_id is not a version of model_name
  //   kUnavailable       it is known but could not be loaded
  // The pointer lives as long as this set and its model is not null.
  base::Result<const ServedModel*> Choose(const ModelChoice& choice) const;
  // The same for callers that have rows of named features; kUnimplemented too, pointing to the
  // protocol of tensors, when the model takes none.
  base::Result<const ServedModel*> ChooseForRows(const ModelChoice& choice) const;

  // Ordered by name, then newest first.
  std::span<const ServedModel> models() const { return models_; }
  // Versions in production that can be used.
  std::size_t available() const { return available_; }
  const Generations& generations() const { return generations_; }
  // Those that are not served as all are.
  const std::map<std::string, ServedName>& names() const { return special_; }
  // What answers for a name; null when nothing does.
  const ServedModel* ProductionOf(std::string_view model_name) const;
  // Whether any name's requests are split.
  bool has_canary() const { return has_canary_; }

 private:
  // What requests for a name are answered by.
  struct Named {
    const ServedModel* production = nullptr;  // null for a name that has none
    const ServedModel* canary = nullptr;
  };
  void Arrange(const std::string& name, const ServedName& special);
  base::Result<const ServedModel*> TheOnlyOne(std::string_view split_key) const;
  base::Result<const ServedModel*> InArm(const Named& named, std::string_view split_key) const;

  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>()(text);
    }
  };
  template <typename Value>
  using Names = std::unordered_map<std::string, Value, Hash, std::equal_to<>>;

  std::vector<ServedModel> models_;
  Names<const ServedModel*> by_id_;
  Names<Named> by_name_;
  std::map<std::string, ServedName> special_;
  std::vector<const ServedModel*> production_;  // ordered by name
  std::size_t available_ = 0;
  bool has_canary_ = false;
  Generations generations_;
};

}  // namespace geoclimate::service
