#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "geoclimate/base/result.h"
#include "geoclimate/service/served_models.h"

namespace geoclimate::service {

// The served models as the Open Inference Protocol names them: by name and by version, a whole
// number, "3". "v3" is taken too.

// The version that is asked for; the one in production when `version` is empty.
//   kNotFound          no such name or version is served, or the name has none in production
//   kInvalidArgument   `version` is no number
//   kUnavailable       it is known but could not be loaded
// The pointer lives as long as `models` and its model is not null.
// Of `split_key` see ModelChoice: a version that is asked for is given whatever the key.
base::Result<const ServedModel*> ChooseByVersion(const ServedModels& models, std::string_view name,
                                                 std::string_view version,
                                                 std::string_view split_key = {});

// Versions of a name that can be used, newest first.
std::vector<int> UsableVersions(const ServedModels& models, std::string_view name);

// Those that a request for statistics means: all when `name` is empty, all versions of it when
// `version` is; only what can be used. Errors as above.
base::Result<std::vector<const ServedModel*>> UsableModels(const ServedModels& models,
                                                           std::string_view name,
                                                           std::string_view version);

// Extensions that the server's metadata advertise.
inline constexpr std::array<std::string_view, 6> kInferenceExtensions = {
    "binary_tensor_data", "model_configuration", "model_repository",
    "parameters",         "schedule_policy",     "statistics"};

// A model as Triton's model configuration says it: there the first axis of a model that takes
// batches is left out.
struct ModelConfiguration {
  ModelConfiguration(const ServedModel& served, std::size_t most_rows);
  // The configured shape of one of the model's tensors.
  std::span<const std::int64_t> Dims(const inference::TensorSpec& spec) const;

  std::int32_t max_batch_size = 0;  // 0: the model does not take rows
};

// "TYPE_FP32".
std::string_view ConfiguredTypeName(inference::TensorType type);

}  // namespace geoclimate::service
