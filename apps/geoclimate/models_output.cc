#include "apps/geoclimate/models_output.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "geoclimate/formats/json.h"

namespace geoclimate::app {
namespace {

template <std::size_t kColumns>
using Row = std::array<std::string, kColumns>;

// Columns as wide as their widest cell, two spaces between them, the last one as long as it is.
template <std::size_t kColumns>
std::string RenderTable(const std::vector<Row<kColumns>>& rows) {
  std::array<std::size_t, kColumns> widths{};
  for (const Row<kColumns>& row : rows) {
    for (std::size_t i = 0; i < kColumns; ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (const Row<kColumns>& row : rows) {
    for (std::size_t i = 0; i + 1 < kColumns; ++i) {
      out += fmt::format("{:<{}}  ", row[i], widths[i]);
    }
    out += row[kColumns - 1] + '\n';
  }
  return out;
}

std::string OrDash(const std::string& text) {
  return text.empty() ? "-" : text;
}

std::string SkillOf(const model::ModelDescription& model) {
  const auto skill = model.metrics.find(std::string(model::kMseSkillMetric));
  return skill == model.metrics.end() ? "-" : fmt::format("{:.4f}", skill->second);
}

}  // namespace

std::string RenderModelsText(const std::vector<model::ModelDescription>& models) {
  if (models.empty()) return "no models\n";
  std::vector<Row<7>> rows;
  rows.push_back({"MODEL", "STAGE", "TYPE", "SKILL", "BYTES", "CREATED", "ALIASES"});
  for (const model::ModelDescription& model : models) {
    rows.push_back({model.model_id, std::string(model::StageName(model.stage)), model.model_type,
                    SkillOf(model), fmt::format("{}", model.size_bytes),
                    base::FormatTimestamp(model.created_at),
                    OrDash(fmt::format("{}", fmt::join(model.aliases, ",")))});
  }
  return RenderTable(rows);
}

std::string RenderModelsJson(const std::vector<model::ModelDescription>& models) {
  std::string out;
  formats::JsonWriter json(out);
  json.BeginArray();
  for (const model::ModelDescription& model : models) json.Raw(model::EncodeDescription(model));
  json.EndArray();
  return out + '\n';
}

std::string RenderModelText(const model::ModelDescription& model, const model::ModelCard* card) {
  std::vector<Row<2>> rows = {
      {"model", model.model_id},
      {"name", model.model_name},
      {"version", fmt::format("v{}", model.version)},
      {"type", model.model_type},
      {"task", model.task_type},
      {"stage", std::string(model::StageName(model.stage))},
      {"aliases", OrDash(fmt::format("{}", fmt::join(model.aliases, ", ")))},
      {"created", base::FormatTimestamp(model.created_at)},
      {"source", OrDash(model.source)},
      {"parent", OrDash(model.parent)},
      {"size", fmt::format("{} bytes", model.size_bytes)},
      {"sha256", model.sha256},
      {"schema", model.schema_fingerprint}};
  if (model.training_window.has_value()) {
    rows.push_back({"trained on", base::FormatDay(model.training_window->first) + " to " +
                                      base::FormatDay(model.training_window->last)});
  }
  rows.push_back({"baseline", OrDash(model.baseline)});
  for (const auto& [name, value] : model.metrics) {
    rows.push_back({"metric", fmt::format("{} {:.6g}", name, value)});
  }
  if (card != nullptr) return RenderTable(rows) + '\n' + model::RenderCard(*card, model.model_id);
  for (const features::Feature& feature : model.features) {
    rows.push_back(
        {"feature", feature.name + (feature.unit.empty() ? "" : " (" + feature.unit + ")")});
  }
  return RenderTable(rows);
}

std::string RenderHistoryText(const std::vector<registry::HistoryEntry>& history) {
  std::vector<Row<7>> rows;
  rows.push_back({"AT", "WHO", "ACTION", "TARGET", "FROM", "TO", "WHY"});
  for (const registry::HistoryEntry& entry : history) {
    rows.push_back({base::FormatTimestamp(entry.at), OrDash(entry.actor), entry.action,
                    OrDash(entry.target), OrDash(entry.from), OrDash(entry.to), OrDash(entry.why)});
  }
  return RenderTable(rows);
}

std::string RenderHistoryJson(const std::vector<registry::HistoryEntry>& history) {
  std::string out;
  formats::JsonWriter json(out);
  json.BeginArray();
  for (const registry::HistoryEntry& entry : history) {
    json.BeginObject();
    json.Key("generation").Integer(static_cast<std::int64_t>(entry.generation));
    json.Key("at").String(base::FormatTimestamp(entry.at));
    json.Key("actor").String(entry.actor).Key("action").String(entry.action);
    json.Key("target").String(entry.target).Key("from").String(entry.from);
    json.Key("to").String(entry.to).Key("why").String(entry.why);
    json.EndObject();
  }
  json.EndArray();
  return out + '\n';
}

std::string RenderChangeJson(const std::string& message, const registry::Change& change) {
  std::string out;
  formats::JsonWriter(out)
      .BeginObject()
      .Key("message")
      .String(message)
      .Key("model_id")
      .String(change.model_id)
      .Key("generation")
      .Integer(static_cast<std::int64_t>(change.generation))
      .EndObject();
  return out + '\n';
}

}  // namespace geoclimate::app
