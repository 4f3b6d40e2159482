#include "geoclimate/service/tensor_models.h"

#include <charconv>

#include <fmt/format.h>

namespace geoclimate::service {
namespace {

base::Result<int> ParseVersion(std::string_view text) {
  std::string_view digits = text;
  if (digits.starts_with('v')) digits.remove_prefix(1);
  int version = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), version);
  if (error == std::errc() && end == digits.data() + digits.size() && version > 0) return version;
  return base::InvalidArgument(fmt::format("the version '{}' is no number from 1 up", text));
}

}  // namespace

base::Result<const ServedModel*> ChooseByVersion(const ServedModels& models, std::string_view name,
                                                 std::string_view version,
                                                 std::string_view split_key) {
  if (name.empty()) return base::InvalidArgument("the model's name is empty");
  if (version.empty()) {
    return models.Choose({.model_id = {}, .model_name = name, .split_key = split_key});
  }
  GC_ASSIGN_OR_RETURN(const int number, ParseVersion(version));
  for (const ServedModel& served : models.models()) {
    if (served.description.model_name != name || served.description.version != number) continue;
    if (served.model != nullptr) return &served;
    return base::Unavailable(fmt::format("version {} of '{}' could not be loaded: {}", number, name,
                                         served.failure->message()));
  }
  return base::NotFound(fmt::format("there is no version {} of a model named '{}'", number, name));
}

std::vector<int> UsableVersions(const ServedModels& models, std::string_view name) {
  std::vector<int> versions;
  for (const ServedModel& served : models.models()) {
    if (served.model != nullptr && served.description.model_name == name) {
      versions.push_back(served.description.version);
    }
  }
  return versions;
}

base::Result<std::vector<const ServedModel*>> UsableModels(const ServedModels& models,
                                                           std::string_view name,
                                                           std::string_view version) {
  std::vector<const ServedModel*> found;
  if (!version.empty()) {
    GC_ASSIGN_OR_RETURN(const ServedModel* const one, ChooseByVersion(models, name, version));
    found.push_back(one);
    return found;
  }
  bool known = name.empty();
  for (const ServedModel& served : models.models()) {
    if (!name.empty() && served.description.model_name != name) continue;
    known = true;
    if (served.model != nullptr) found.push_back(&served);
  }
  if (!known) return base::NotFound(fmt::format("there is no model named '{}'", name));
  return found;
}

ModelConfiguration::ModelConfiguration(const ServedModel& served, std::size_t most_rows)
    : max_batch_size(served.model->takes_rows() ? static_cast<std::int32_t>(most_rows) : 0) {}

std::span<const std::int64_t> ModelConfiguration::Dims(const inference::TensorSpec& spec) const {
  const std::span<const std::int64_t> shape = spec.shape;
  return max_batch_size > 0 ? shape.subspan(1) : shape;
}

std::string_view ConfiguredTypeName(inference::TensorType type) {
  // In the order of TensorType.
  constexpr std::array<std::string_view, 13> kNames = {
      "TYPE_BOOL", "TYPE_UINT8", "TYPE_UINT16", "TYPE_UINT32", "TYPE_UINT64",
      "TYPE_INT8", "TYPE_INT16", "TYPE_INT32",  "TYPE_INT64",  "TYPE_FP16",
      "TYPE_BF16", "TYPE_FP32",  "TYPE_FP64"};
  return kNames.at(static_cast<std::size_t>(type));
}

}  // namespace geoclimate::service
