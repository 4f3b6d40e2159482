#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/day.h"
#include "geoclimate/base/result.h"
#include "geoclimate/features/feature_schema.h"

namespace geoclimate::model {

// Where a version of a model stands. At most one version of a name is in staging and one in
// production.
enum class Stage : std::uint8_t { kDev, kStaging, kProduction, kArchived };

// "dev", "staging", "production", "archived".
std::string_view StageName(Stage stage);
// kInvalidArgument naming the text and the four names.
base::Result<Stage> ParseStage(std::string_view text);

// Names of metrics that the registry's gate reads; both are of the later block that training did
// not see. 1 - MSE(model) / MSE(best baseline): above 0 the model is better than the best of the
// six baselines.
inline constexpr std::string_view kMseSkillMetric = "mse_skill";

// The days whose values a model was fitted on, both included.
struct TrainingWindow {
  base::LocalDay first;
  base::LocalDay last;
  friend bool operator==(const TrainingWindow&, const TrainingWindow&) = default;
};

// What is known about one version of a model: the manifest that lies beside its artifact, and what
// the API shows (wire.md, ModelDescription). A value.
struct ModelDescription {
  std::string model_id;       // "{name}_v{N}_{YYYYmmdd_HHMMSS}", unique
  std::string model_name;     // [a-z0-9] first, then [a-z0-9_.-], at most 64 characters: "pm25_d1"
  int version = 0;            // from 1, without gaps per name; shown as "vN"
  std::string model_type;     // "forecaster", "xgboost", "lightgbm"
  std::string task_type;      // "forecasting", "regression", "classification", "ranking"
  Stage stage = Stage::kDev;  // belongs to the registry's state, not to the manifest's file
  std::vector<std::string> aliases;  // likewise; sorted
  std::map<std::string, double> metrics;
  std::string baseline;  // the best of the six baselines on the later block, "damped_persistence";
                         // empty when unknown
  std::vector<features::Feature> features;
  std::string schema_fingerprint;
  std::optional<TrainingWindow> training_window;
  base::Timestamp created_at{};
  std::uint64_t size_bytes = 0;  // of the artifact
  std::string sha256;            // of the artifact, 64 hexadecimal digits
  std::string card_sha256;       // of the model card's JSON; empty: there is none
  std::string parent;            // the model_id that this one was made from; empty: none
  std::string source;            // "geoclimate train", or the file that it was imported from
};

// "pm25_d1_v3_20240131_120000"; the time in UTC.
std::string MakeModelId(std::string_view name, int version, base::Timestamp created_at);

// kInvalidArgument when `name` cannot be a model's name.
base::Result<void> ValidateModelName(std::string_view name);

// The JSON of wire.md's ModelDescription with the manifest's other fields; deterministic. Infinite
// bounds of a feature are null.
std::string EncodeDescription(const ModelDescription& description);
// kInvalidArgument naming the field. Safe on hostile input.
base::Result<ModelDescription> ParseDescription(std::string_view json);

}  // namespace geoclimate::model
