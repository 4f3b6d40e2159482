#include <utility>

#include "geoclimate/formats/json.h"
#include "geoclimate/registry/name_state.h"

// docs/formats/registry.md
namespace geoclimate::registry {
namespace {

using formats::Json;
using formats::JsonWriter;

void WriteHistory(std::span<const HistoryEntry> history, JsonWriter& out) {
  out.BeginArray();
  for (const HistoryEntry& entry : history) {
    out.BeginObject();
    out.Key("generation").Integer(static_cast<std::int64_t>(entry.generation));
    out.Key("at").String(base::FormatTimestamp(entry.at));
    out.Key("actor").String(entry.actor).Key("action").String(entry.action);
    out.Key("target").String(entry.target).Key("from").String(entry.from);
    out.Key("to").String(entry.to).Key("why").String(entry.why);
    out.EndObject();
  }
  out.EndArray();
}

base::Result<std::uint64_t> CountAt(const Json& json, std::string_view name) {
  GC_ASSIGN_OR_RETURN(const std::int64_t value, json.IntegerAt(name));
  if (value < 0) return base::InvalidArgument("a count is negative");
  return static_cast<std::uint64_t>(value);
}

base::Result<VersionEntry> ReadVersion(const Json& json) {
  VersionEntry version;
  GC_ASSIGN_OR_RETURN(version.model_id, json.StringAt("model_id"));
  GC_ASSIGN_OR_RETURN(const std::int64_t number, json.IntegerAt("version"));
  if (number < 1 || number > 100'000'000) {
    return base::InvalidArgument("a version is out of range");
  }
  version.version = static_cast<int>(number);
  GC_ASSIGN_OR_RETURN(const std::string_view stage, json.StringAt("stage"));
  GC_ASSIGN_OR_RETURN(version.stage, model::ParseStage(stage));
  GC_ASSIGN_OR_RETURN(version.manifest, json.StringAt("manifest"));
  return version;
}

base::Result<HistoryEntry> ReadEntry(const Json& json) {
  HistoryEntry entry;
  GC_ASSIGN_OR_RETURN(entry.generation, CountAt(json, "generation"));
  GC_ASSIGN_OR_RETURN(const std::string_view at, json.StringAt("at"));
  GC_ASSIGN_OR_RETURN(entry.at, base::ParseTimestamp(at));
  const std::pair<std::string_view, std::string*> fields[] = {
      {"actor", &entry.actor}, {"action", &entry.action}, {"target", &entry.target},
      {"from", &entry.from},   {"to", &entry.to},         {"why", &entry.why}};
  for (const auto& [name, field] : fields) {
    GC_ASSIGN_OR_RETURN(*field, json.StringAt(name));
  }
  return entry;
}

base::Result<std::vector<HistoryEntry>> ReadHistory(std::span<const Json> array) {
  std::vector<HistoryEntry> history;
  for (const Json& element : array) {
    GC_ASSIGN_OR_RETURN(HistoryEntry entry, ReadEntry(element));
    history.push_back(std::move(entry));
  }
  return history;
}

base::Result<std::vector<HistoryEntry>> ReadHistoryText(std::string_view text) {
  GC_ASSIGN_OR_RETURN(const Json json, formats::ParseJson(text));
  const Json::Array* array = json.AsArray();
  if (array == nullptr) return base::InvalidArgument("a history is no array");
  return ReadHistory(*array);
}

using PolicyKind = VersionPolicy::Kind;

constexpr std::pair<PolicyKind, std::string_view> kPolicies[] = {
    {PolicyKind::kLatest, "latest"},
    {PolicyKind::kAll, "all"},
    {PolicyKind::kSpecific, "specific"}};

base::Result<VersionPolicy> ReadPolicy(const Json& json) {
  VersionPolicy policy;
  GC_ASSIGN_OR_RETURN(const std::string_view kind, json.StringAt("kind"));
  for (const auto& [known, name] : kPolicies) {
    if (name == kind) policy.kind = known;
  }
  if (policy.kind == PolicyKind::kLatest) {
    GC_ASSIGN_OR_RETURN(policy.latest, CountAt(json, "latest"));
  } else if (policy.kind == PolicyKind::kSpecific) {
    GC_ASSIGN_OR_RETURN(const auto ids, json.ArrayAt("specific"));
    for (const Json& id : ids) {
      if (id.AsString() == nullptr) return base::InvalidArgument("an id is no text");
      policy.specific.push_back(*id.AsString());
    }
  } else if (policy.kind == PolicyKind::kDefault) {
    return base::InvalidArgument("a policy of an unknown kind");
  }
  return policy;
}

base::Result<Traffic> ReadTraffic(const Json& json) {
  Traffic traffic;
  GC_ASSIGN_OR_RETURN(traffic.canary, json.StringAt("canary"));
  GC_ASSIGN_OR_RETURN(traffic.share, json.NumberAt("share"));
  GC_ASSIGN_OR_RETURN(traffic.shadow, json.StringAt("shadow"));
  if (!(traffic.share >= 0 && traffic.share <= 1)) {
    return base::InvalidArgument("a share is out of range");
  }
  return traffic;
}

// Members that differ from the default are there, the others are not.
base::Result<ServingState> ReadServing(const Json& json) {
  ServingState serving;
  if (const Json* policy = json.Find("policy")) {
    GC_ASSIGN_OR_RETURN(serving.policy, ReadPolicy(*policy));
  }
  if (const Json* traffic = json.Find("traffic")) {
    GC_ASSIGN_OR_RETURN(serving.traffic, ReadTraffic(*traffic));
  }
  if (json.Find("unloaded") != nullptr) serving.residence = ServingState::Residence::kUnloaded;
  return serving;
}

void WritePolicy(const VersionPolicy& policy, JsonWriter& out) {
  out.Key("policy").BeginObject();
  for (const auto& [kind, name] : kPolicies) {
    if (kind == policy.kind) out.Key("kind").String(name);
  }
  if (policy.kind == PolicyKind::kLatest) {
    out.Key("latest").Integer(static_cast<std::int64_t>(policy.latest));
  }
  if (policy.kind == PolicyKind::kSpecific) {
    out.Key("specific").BeginArray();
    for (const std::string& id : policy.specific) out.String(id);
    out.EndArray();
  }
  out.EndObject();
}

void WriteServing(const ServingState& serving, JsonWriter& out) {
  if (serving == ServingState()) return;
  out.Key("serving").BeginObject();
  if (serving.policy.kind != PolicyKind::kDefault) WritePolicy(serving.policy, out);
  if (serving.traffic != Traffic()) {
    out.Key("traffic").BeginObject();
    out.Key("canary").String(serving.traffic.canary).Key("share").Double(serving.traffic.share);
    out.Key("shadow").String(serving.traffic.shadow).EndObject();
  }
  if (serving.residence == ServingState::Residence::kUnloaded) out.Key("unloaded").Bool(true);
  out.EndObject();
}

base::Result<NameState> Read(std::string_view text) {
  GC_ASSIGN_OR_RETURN(const Json json, formats::ParseJson(text));
  NameState state;
  GC_ASSIGN_OR_RETURN(state.generation, CountAt(json, "generation"));
  GC_ASSIGN_OR_RETURN(const auto versions, json.ArrayAt("versions"));
  for (const Json& version : versions) {
    GC_ASSIGN_OR_RETURN(VersionEntry entry, ReadVersion(version));
    state.versions.push_back(std::move(entry));
  }
  GC_ASSIGN_OR_RETURN(const Json* const aliases, json.ObjectAt("aliases"));
  for (const Json::Member& alias : *aliases->AsObject()) {
    GC_ASSIGN_OR_RETURN(state.aliases[alias.first], aliases->StringAt(alias.first));
  }
  if (const Json* serving = json.Find("serving")) {
    GC_ASSIGN_OR_RETURN(state.serving, ReadServing(*serving));
  }
  GC_ASSIGN_OR_RETURN(const auto history, json.ArrayAt("history"));
  GC_ASSIGN_OR_RETURN(state.history, ReadHistory(history));
  return state;
}

}  // namespace

std::string EncodeNameState(const NameState& state) {
  std::string out;
  JsonWriter json(out);
  json.BeginObject();
  json.Key("generation").Integer(static_cast<std::int64_t>(state.generation));
  json.Key("versions").BeginArray();
  for (const VersionEntry& version : state.versions) {
    json.BeginObject();
    json.Key("model_id").String(version.model_id).Key("version").Integer(version.version);
    json.Key("stage").String(model::StageName(version.stage));
    json.Key("manifest").String(version.manifest);
    json.EndObject();
  }
  json.EndArray();
  json.Key("aliases").BeginObject();
  for (const auto& [alias, target] : state.aliases) json.Key(alias).String(target);
  json.EndObject();
  WriteServing(state.serving, json);
  json.Key("history");
  WriteHistory(state.history, json);
  json.EndObject();
  return out;
}

std::string EncodeHistory(std::span<const HistoryEntry> history) {
  std::string out;
  JsonWriter json(out);
  WriteHistory(history, json);
  return out;
}

base::Result<std::vector<HistoryEntry>> ParseHistory(std::string_view text) {
  base::Result<std::vector<HistoryEntry>> history = ReadHistoryText(text);
  if (!history.ok()) return base::DataLoss(history.error().message());
  return history;
}

base::Result<NameState> ParseNameState(std::string_view text) {
  base::Result<NameState> state = Read(text);
  if (!state.ok()) return base::DataLoss(state.error().message());
  return state;
}

}  // namespace geoclimate::registry
