#include "geoclimate/model/manifest.h"

#include <array>
#include <chrono>
#include <cmath>
#include <limits>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "geoclimate/formats/digest.h"
#include "geoclimate/formats/json.h"

namespace geoclimate::model {
namespace {

using formats::Json;
using formats::JsonWriter;

constexpr std::array<std::string_view, 4> kStageNames = {"dev", "staging", "production",
                                                         "archived"};

void WriteFeatures(const std::vector<features::Feature>& features, JsonWriter& out) {
  out.BeginArray();
  for (const features::Feature& feature : features) {
    out.BeginObject().Key("name").String(feature.name).Key("unit").String(feature.unit);
    out.Key("min").Float(feature.min).Key("max").Float(feature.max);
    out.Key("missing_allowed").Bool(feature.missing_allowed).EndObject();
  }
  out.EndArray();
}

// A bound that is null is an infinite one.
base::Result<float> BoundAt(const Json& feature, std::string_view name, float infinite) {
  const Json* bound = feature.Find(name);
  if (bound == nullptr || bound->is_null()) return infinite;
  GC_ASSIGN_OR_RETURN(const double value, feature.NumberAt(name));
  return static_cast<float>(value);
}

base::Result<std::vector<features::Feature>> ReadFeatures(const Json& description) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  GC_ASSIGN_OR_RETURN(const auto array, description.ArrayAt("features"));
  std::vector<features::Feature> features;
  for (const Json& element : array) {
    features::Feature& feature = features.emplace_back();
    GC_ASSIGN_OR_RETURN(feature.name, element.StringAt("name"));
    GC_ASSIGN_OR_RETURN(feature.unit, element.StringAt("unit"));
    GC_ASSIGN_OR_RETURN(feature.min, BoundAt(element, "min", -kInfinity));
    GC_ASSIGN_OR_RETURN(feature.max, BoundAt(element, "max", kInfinity));
    GC_ASSIGN_OR_RETURN(feature.missing_allowed, element.BoolAt("missing_allowed"));
  }
  GC_RETURN_IF_ERROR(features::FeatureSchema::Validate(features));
  return features;
}

base::Result<std::map<std::string, double>> ReadMetrics(const Json& description) {
  GC_ASSIGN_OR_RETURN(const Json* const object, description.ObjectAt("metrics"));
  std::map<std::string, double> metrics;
  for (const Json::Member& member : *object->AsObject()) {
    GC_ASSIGN_OR_RETURN(metrics[member.first], object->NumberAt(member.first));
  }
  return metrics;
}

base::Result<std::optional<TrainingWindow>> ReadWindow(const Json& description) {
  const Json* window = description.Find("training_window");
  if (window == nullptr || window->is_null()) return std::optional<TrainingWindow>();
  TrainingWindow result;
  GC_ASSIGN_OR_RETURN(const std::string_view first, window->StringAt("first"));
  GC_ASSIGN_OR_RETURN(const std::string_view last, window->StringAt("last"));
  GC_ASSIGN_OR_RETURN(result.first, base::ParseDay(first));
  GC_ASSIGN_OR_RETURN(result.last, base::ParseDay(last));
  return std::optional<TrainingWindow>(result);
}

base::Result<int> ReadVersion(const Json& description) {
  GC_ASSIGN_OR_RETURN(const std::string_view text, description.StringAt("version"));
  int version = 0;
  for (const char digit : text.substr(text.starts_with('v') ? 1 : 0)) {
    if (digit < '0' || digit > '9' || version > 100'000'000) version = -1;
    if (version < 0) break;
    version = version * 10 + (digit - '0');
  }
  if (version >= 1 && text == fmt::format("v{}", version)) return version;
  return base::InvalidArgument(fmt::format("field 'version': '{}' is not of the form vN", text));
}

base::Result<std::vector<std::string>> ReadAliases(const Json& description) {
  GC_ASSIGN_OR_RETURN(const auto array, description.ArrayAt("aliases"));
  std::vector<std::string> aliases;
  for (const Json& alias : array) {
    if (alias.AsString() == nullptr) {
      return base::InvalidArgument("field 'aliases': an alias is not a string");
    }
    aliases.push_back(*alias.AsString());
  }
  return aliases;
}

base::Result<void> ReadStrings(const Json& json, ModelDescription& description) {
  const std::pair<std::string_view, std::string*> fields[] = {
      {"model_id", &description.model_id},
      {"model_name", &description.model_name},
      {"model_type", &description.model_type},
      {"task_type", &description.task_type},
      {"baseline", &description.baseline},
      {"schema_fingerprint", &description.schema_fingerprint},
      {"sha256", &description.sha256},
      {"parent", &description.parent},
      {"source", &description.source}};
  for (const auto& [name, field] : fields) {
    GC_ASSIGN_OR_RETURN(*field, json.StringAt(name));
  }
  return {};
}

base::Result<void> CheckDigest(std::string_view field, std::string_view text) {
  const base::Result<formats::Sha256Digest> digest = formats::Sha256Digest::ParseHex(text);
  if (!digest.ok()) return digest.error().WithContext(fmt::format("field '{}'", field));
  return {};
}

}  // namespace

std::string_view StageName(Stage stage) {
  return kStageNames[static_cast<std::size_t>(stage)];
}

base::Result<Stage> ParseStage(std::string_view text) {
  for (std::size_t i = 0; i < kStageNames.size(); ++i) {
    if (kStageNames[i] == text) return static_cast<Stage>(i);
  }
  return base::InvalidArgument(
      fmt::format("'{}' is not a stage; the stages are {}", text, fmt::join(kStageNames, ", ")));
}

std::string MakeModelId(std::string_view name, int version, base::Timestamp created_at) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(created_at);
  return fmt::format("{}_v{}_{:%Y%m%d_%H%M%S}", name, version,
                     std::chrono::time_point_cast<std::chrono::system_clock::duration>(seconds));
}

base::Result<void> ValidateModelName(std::string_view name) {
  const auto is_word = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  bool valid = !name.empty() && name.size() <= 64 && is_word(name[0]);
  for (const char c : name) valid = valid && (is_word(c) || c == '_' || c == '.' || c == '-');
  if (valid) return {};
  return base::InvalidArgument(fmt::format(
      "'{}' cannot be a model's name: 1 to 64 characters of a-z, 0-9, '_', '.', '-', the "
      "first a letter or a digit",
      name.substr(0, 80)));
}

std::string EncodeDescription(const ModelDescription& description) {
  std::string out;
  JsonWriter json(out);
  json.BeginObject();
  json.Key("model_id").String(description.model_id);
  json.Key("model_name").String(description.model_name);
  json.Key("version").String(fmt::format("v{}", description.version));
  json.Key("model_type").String(description.model_type);
  json.Key("task_type").String(description.task_type);
  json.Key("stage").String(StageName(description.stage));
  json.Key("aliases").BeginArray();
  for (const std::string& alias : description.aliases) json.String(alias);
  json.EndArray();
  json.Key("metrics").BeginObject();
  for (const auto& [name, value] : description.metrics) json.Key(name).Double(value);
  json.EndObject();
  json.Key("baseline").String(description.baseline);
  json.Key("features");
  WriteFeatures(description.features, json);
  json.Key("schema_fingerprint").String(description.schema_fingerprint);
  json.Key("training_window");
  if (description.training_window.has_value()) {
    json.BeginObject();
    json.Key("first").String(base::FormatDay(description.training_window->first));
    json.Key("last").String(base::FormatDay(description.training_window->last));
    json.EndObject();
  } else {
    json.Null();
  }
  json.Key("created_at").String(base::FormatTimestamp(description.created_at));
  json.Key("size_bytes").Integer(static_cast<std::int64_t>(description.size_bytes));
  json.Key("sha256").String(description.sha256);
  if (!description.card_sha256.empty()) json.Key("card_sha256").String(description.card_sha256);
  json.Key("parent").String(description.parent);
  json.Key("source").String(description.source);
  json.EndObject();
  return out;
}

base::Result<ModelDescription> ParseDescription(std::string_view text) {
  GC_ASSIGN_OR_RETURN(const Json json, formats::ParseJson(text));
  ModelDescription description;
  GC_RETURN_IF_ERROR(ReadStrings(json, description));
  GC_RETURN_IF_ERROR(ValidateModelName(description.model_name));
  GC_ASSIGN_OR_RETURN(description.version, ReadVersion(json));
  GC_ASSIGN_OR_RETURN(const std::string_view stage, json.StringAt("stage"));
  GC_ASSIGN_OR_RETURN(description.stage, ParseStage(stage));
  GC_ASSIGN_OR_RETURN(description.aliases, ReadAliases(json));
  GC_ASSIGN_OR_RETURN(description.metrics, ReadMetrics(json));
  GC_ASSIGN_OR_RETURN(description.features, ReadFeatures(json));
  GC_ASSIGN_OR_RETURN(description.training_window, ReadWindow(json));
  GC_ASSIGN_OR_RETURN(const std::string_view created_at, json.StringAt("created_at"));
  GC_ASSIGN_OR_RETURN(description.created_at, base::ParseTimestamp(created_at));
  GC_ASSIGN_OR_RETURN(const std::int64_t size, json.IntegerAt("size_bytes"));
  if (size < 0) return base::InvalidArgument(fmt::format("field 'size_bytes': {}", size));
  description.size_bytes = static_cast<std::uint64_t>(size);
  GC_RETURN_IF_ERROR(CheckDigest("sha256", description.sha256));
  if (json.Find("card_sha256") != nullptr) {
    GC_ASSIGN_OR_RETURN(description.card_sha256, json.StringAt("card_sha256"));
    GC_RETURN_IF_ERROR(CheckDigest("card_sha256", description.card_sha256));
  }
  return description;
}

}  // namespace geoclimate::model
