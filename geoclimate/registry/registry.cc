#include "geoclimate/registry/registry.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "geoclimate/base/check.h"
#include "geoclimate/formats/digest.h"
#include "geoclimate/registry/name_state.h"
#include "geoclimate/registry/promotion_gate.h"

namespace geoclimate::registry {
namespace {

constexpr std::string_view kStates = "models/states/";
constexpr std::string_view kManifests = "models/manifests/";
constexpr std::string_view kArtifacts = "models/artifacts/sha256/";
constexpr std::string_view kCards = "models/cards/sha256/";
constexpr std::string_view kHistories = "models/history/";
constexpr std::string_view kJson = ".json";
// Writers that meet try again; each round one of them is done.
constexpr int kMostAttempts = 200;

std::string StateKey(std::string_view name) {
  return fmt::format("{}{}{}", kStates, name, kJson);
}

std::string KeyByDigest(std::string_view below, std::string_view sha256) {
  return fmt::format("{}{}/{}", below, sha256.substr(0, 2), sha256);
}

// In the order of the generations when sorted as text.
std::string HistoryKey(std::string_view name, std::span<const HistoryEntry> entries) {
  return fmt::format("{}{}/{:010}-{:010}{}", kHistories, name, entries.front().generation,
                     entries.back().generation, kJson);
}

base::Error NoSuchModel(std::string_view what) {
  return base::NotFound(fmt::format("there is no model '{}'", what));
}

bool IsMissing(const base::Error& error) {
  return error.code() == base::ErrorCode::kNotFound;
}

bool IsDamage(const base::Error& error) {
  return error.code() == base::ErrorCode::kDataLoss;
}

// The name within "{name}_v{N}_{YYYYmmdd}_{HHMMSS}"; empty when it is no id.
std::string_view NameOf(std::string_view model_id) {
  std::string_view name = model_id;
  for (int part = 0; part < 3; ++part) {
    const std::size_t underscore = name.rfind('_');
    if (underscore == std::string_view::npos) return {};
    name = name.substr(0, underscore);
  }
  return model::ValidateModelName(name).ok() ? name : std::string_view();
}

struct StoredState {
  NameState state;
  std::string version;  // of the blob; empty: there is none yet
};

base::Result<StoredState> ReadState(const blob::BlobStore& store, std::string_view name) {
  base::Result<blob::Blob> blob = store.Get(StateKey(name));
  if (!blob.ok() && IsMissing(blob.error())) return StoredState();
  if (!blob.ok()) return blob.error();
  base::Result<NameState> state = ParseNameState(blob->bytes);
  if (!state.ok()) return state.error().WithContext(StateKey(name));
  return StoredState{*std::move(state), std::move(blob->version)};
}

// The names that have a state, with the version of the blob where the store lists it.
base::Result<std::map<std::string, std::string>> ListStates(const blob::BlobStore& store) {
  GC_ASSIGN_OR_RETURN(const std::vector<blob::BlobEntry> entries, store.List(kStates));
  std::map<std::string, std::string> states;
  for (const blob::BlobEntry& entry : entries) {
    std::string_view name = entry.key;
    if (!name.ends_with(kJson)) continue;
    name.remove_prefix(kStates.size());
    name.remove_suffix(kJson.size());
    if (model::ValidateModelName(name).ok()) states.emplace(name, entry.version);
  }
  return states;
}

base::Result<NameState> ReadKnownState(const blob::BlobStore& store, std::string_view name) {
  if (!model::ValidateModelName(name).ok()) return NoSuchModel(name);
  GC_ASSIGN_OR_RETURN(StoredState stored, ReadState(store, name));
  if (stored.version.empty()) return NoSuchModel(name);
  return std::move(stored.state);
}

base::Result<model::ModelDescription> ReadDescription(const blob::BlobStore& store,
                                                      const NameState& state,
                                                      const VersionEntry& version) {
  base::Result<blob::Blob> blob = store.Get(version.manifest);
  if (!blob.ok() && IsMissing(blob.error())) {
    return base::DataLoss(fmt::format("the description of {} is gone", version.model_id));
  }
  if (!blob.ok()) return blob.error();
  base::Result<model::ModelDescription> description = model::ParseDescription(blob->bytes);
  if (!description.ok()) {
    return base::DataLoss(fmt::format("{}: {}", version.manifest, description.error().message()));
  }
  description->stage = version.stage;
  description->aliases = state.AliasesOf(version.model_id);
  return description;
}

// `newest`, a state's, with what older blobs hold. A blob may overlap with what comes after it: a
// writer that died before its state wrote the same entries.
base::Result<std::vector<HistoryEntry>> WithOlder(const blob::BlobStore& store,
                                                  std::string_view name,
                                                  const std::vector<HistoryEntry>& newest) {
  std::vector<HistoryEntry> history;
  const auto take = [&](std::span<const HistoryEntry> entries) {
    for (const HistoryEntry& entry : entries) {
      if (entry.generation == history.size() + 1) history.push_back(entry);
    }
  };
  if (!newest.empty() && newest.front().generation > 1) {
    const std::string prefix = fmt::format("{}{}/", kHistories, name);
    GC_ASSIGN_OR_RETURN(const std::vector<blob::BlobEntry> blobs, store.List(prefix));
    for (const blob::BlobEntry& entry : blobs) {
      GC_ASSIGN_OR_RETURN(const blob::Blob blob, store.Get(entry.key));
      const base::Result<std::vector<HistoryEntry>> older = ParseHistory(blob.bytes);
      if (!older.ok()) return older.error().WithContext(entry.key);
      take(*older);
    }
  }
  take(newest);
  if (newest.empty() || history.size() == newest.back().generation) return history;
  return base::DataLoss(fmt::format("the history of '{}' before generation {} is gone", name,
                                    newest.front().generation));
}

base::Result<void> CheckNewModel(const NewModel& model) {
  GC_RETURN_IF_ERROR(model::ValidateModelName(model.model_name));
  GC_RETURN_IF_ERROR(features::FeatureSchema::Validate(model.features));
  for (const auto& [name, value] : model.metrics) {
    if (!std::isfinite(value)) {
      return base::InvalidArgument(fmt::format("the metric '{}' is {}", name, value));
    }
  }
  return {};
}

model::ModelDescription Describe(const NewModel& model, std::string_view artifact) {
  model::ModelDescription description;
  description.model_name = model.model_name;
  description.model_type = model.model_type;
  description.task_type = model.task_type;
  description.metrics = model.metrics;
  description.baseline = model.baseline;
  description.features = model.features;
  description.schema_fingerprint = model.schema_fingerprint;
  description.training_window = model.training_window;
  description.size_bytes = artifact.size();
  description.sha256 = formats::Sha256(artifact).Hex();
  description.parent = model.parent;
  description.source = model.source;
  return description;
}

// The bytes of a blob that is named by their SHA-256; `what` names it in messages.
base::Result<std::string> LoadByDigest(const blob::BlobStore& store, std::string_view below,
                                       std::string_view sha256, const std::string& what) {
  base::Result<blob::Blob> blob = store.Get(KeyByDigest(below, sha256));
  if (!blob.ok() && IsMissing(blob.error())) return base::DataLoss(what + " is gone");
  if (!blob.ok()) return blob.error();
  if (formats::Sha256(blob->bytes).Hex() == sha256) return std::move(blob->bytes);
  return base::DataLoss(fmt::format("{} is damaged: {} bytes that do not have the SHA-256 {}", what,
                                    blob->bytes.size(), sha256));
}

base::Result<void> CheckExpected(const std::optional<std::string>& expected,
                                 std::string_view current, std::string_view what) {
  if (!expected.has_value() || *expected == current) return {};
  const auto or_none = [](std::string_view id) { return id.empty() ? "no version" : id; };
  return base::Error(
      base::ErrorCode::kAborted,
      fmt::format("{} holds {}, not {} as expected", or_none(current), what, or_none(*expected)));
}

base::Error NoSuchVersion(std::string_view model_name, std::string_view model_id) {
  return base::NotFound(fmt::format("model '{}' has no version '{}'", model_name, model_id));
}

// Of a version that is to have traffic.
base::Result<void> CheckBesideProduction(const NameState& state, std::string_view model_name,
                                         const std::string& model_id) {
  const VersionEntry* const version = state.Find(model_id);
  if (version == nullptr) return NoSuchVersion(model_name, model_id);
  if (version->stage == model::Stage::kArchived) {
    return base::FailedPrecondition(fmt::format("{} is archived", model_id));
  }
  if (version->stage == model::Stage::kProduction) {
    return base::FailedPrecondition(fmt::format("{} is in production itself", model_id));
  }
  if (state.HolderOf(model::Stage::kProduction) == nullptr) {
    return base::FailedPrecondition(
        fmt::format("no version of '{}' is in production: there is nothing beside which {} could "
                    "stand",
                    model_name, model_id));
  }
  return {};
}

std::string Reasons(const std::string& reason, const std::string& figures) {
  return reason.empty() ? figures : fmt::format("{} ({})", reason, figures);
}

}  // namespace

Registry::Registry(blob::BlobStore& store, const base::Clock& clock, const RegistryOptions& options)
    : store_(store), clock_(clock), options_(options) {
  GC_CHECK(options.history_in_state >= 2, "half of the history stays in the state");
}

// Replaces the state of `name` by what `change` makes of it; again from the start when another
// writer was quicker. Returns what the last `change` returned. A change that leaves the generation
// as it is writes nothing, but what it found to be so already is durable then.
template <typename T>
base::Result<T> Registry::Replace(std::string_view name,
                                  const std::function<base::Result<T>(NameState&)>& change) {
  for (int attempt = 0; attempt < kMostAttempts; ++attempt) {
    GC_ASSIGN_OR_RETURN(StoredState stored, ReadState(store_, name));
    const std::uint64_t before = stored.state.generation;
    base::Result<T> result = change(stored.state);
    if (!result.ok()) return result;
    if (stored.state.generation == before) {
      GC_RETURN_IF_ERROR(store_.Sync(StateKey(name)));
      return result;
    }
    GC_RETURN_IF_ERROR(MoveOldHistory(name, stored.state));
    const std::string bytes = EncodeNameState(stored.state);
    const base::Result<std::string> put =
        stored.version.empty() ? store_.PutIfAbsent(StateKey(name), bytes)
                               : store_.PutIfMatch(StateKey(name), bytes, stored.version);
    if (put.ok()) return result;
    const base::ErrorCode code = put.error().code();
    if (code != base::ErrorCode::kAborted && code != base::ErrorCode::kAlreadyExists) {
      return put.error();
    }
  }
  return base::Unavailable(
      fmt::format("the state of model '{}' is being changed by too many writers", name));
}

// Writes the older half of a history that has grown too long into a blob, before the state forgets
// it. These entries were in the state that is replaced, so every writer writes the same.
base::Result<void> Registry::MoveOldHistory(std::string_view name, NameState& state) const {
  if (state.history.size() <= options_.history_in_state) return {};
  const std::size_t moved = options_.history_in_state / 2;
  const std::span<const HistoryEntry> old = std::span(state.history).first(moved);
  const auto put = store_.Put(HistoryKey(name, old), EncodeHistory(old));
  if (!put.ok()) return put.error();
  state.history.erase(state.history.begin(),
                      state.history.begin() + static_cast<std::ptrdiff_t>(moved));
  return {};
}

HistoryEntry Registry::Entry(const Request& request) const {
  HistoryEntry entry;
  entry.at = std::chrono::floor<std::chrono::seconds>(clock_.Now());
  entry.actor = request.actor;
  entry.why = request.reason;
  return entry;
}

base::Result<model::ModelDescription> Registry::Publish(const NewModel& model,
                                                        std::string_view artifact,
                                                        const Request& request) {
  GC_RETURN_IF_ERROR(CheckNewModel(model));
  model::ModelDescription description = Describe(model, artifact);
  const auto artifact_put = store_.Put(KeyByDigest(kArtifacts, description.sha256), artifact);
  if (!artifact_put.ok()) return artifact_put.error();
  if (model.card) {
    const std::string card = model::EncodeCard(*model.card);
    description.card_sha256 = formats::Sha256(card).Hex();
    const auto card_put = store_.Put(KeyByDigest(kCards, description.card_sha256), card);
    if (!card_put.ok()) return card_put.error();
  }
  return Replace<model::ModelDescription>(
      model.model_name, [&](NameState& state) -> base::Result<model::ModelDescription> {
        HistoryEntry entry = Entry(request);
        description.created_at = entry.at;
        description.version = state.NextVersion();
        description.model_id =
            model::MakeModelId(model.model_name, description.version, description.created_at);
        const std::string manifest = model::EncodeDescription(description);
        // With its digest in the key, so that of two writers who are at the same version neither
        // can replace the other's.
        const std::string key =
            fmt::format("{}{}/{}.{}{}", kManifests, model.model_name, description.model_id,
                        formats::Sha256(manifest).Hex().substr(0, 16), kJson);
        const auto manifest_put = store_.Put(key, manifest);
        if (!manifest_put.ok()) return manifest_put.error();
        state.AddVersion({.model_id = description.model_id,
                          .version = description.version,
                          .stage = model::Stage::kDev,
                          .manifest = key},
                         std::move(entry));
        return description;
      });
}

base::Result<Change> Registry::Promote(std::string_view model_id, const Promotion& promotion,
                                       const Request& request) {
  if (promotion.stage == model::Stage::kDev) {
    return base::InvalidArgument("a version is promoted to staging, production or archived");
  }
  const std::string_view name = NameOf(model_id);
  if (name.empty()) return NoSuchModel(model_id);
  return Replace<Change>(name, [&](NameState& state) -> base::Result<Change> {
    const VersionEntry* version = state.Find(model_id);
    if (version == nullptr) return NoSuchModel(model_id);
    const VersionEntry* const holder =
        promotion.stage == model::Stage::kArchived ? nullptr : state.HolderOf(promotion.stage);
    GC_RETURN_IF_ERROR(CheckExpected(promotion.expected, holder == nullptr ? "" : holder->model_id,
                                     model::StageName(promotion.stage)));
    if (version->stage == promotion.stage) return Change{version->model_id, state.generation};
    HistoryEntry entry = Entry(request);
    if (promotion.stage == model::Stage::kProduction) {
      GC_ASSIGN_OR_RETURN(const model::ModelDescription description,
                          ReadDescription(store_, state, *version));
      GC_ASSIGN_OR_RETURN(const std::string figures, PassGate(description, promotion.gate));
      entry.why = Reasons(entry.why, figures);
    }
    state.Promote(model_id, promotion.stage, std::move(entry));
    return Change{std::string(model_id), state.generation};
  });
}

base::Result<Change> Registry::SetAlias(std::string_view model_name, std::string_view alias,
                                        std::string_view model_id,
                                        const std::optional<std::string>& expected,
                                        const Request& request) {
  if (!model::ValidateModelName(model_name).ok()) return NoSuchModel(model_name);
  const base::Result<void> valid = model::ValidateModelName(alias);
  if (!valid.ok()) return valid.error().WithContext("alias");
  return Replace<Change>(model_name, [&](NameState& state) -> base::Result<Change> {
    if (state.versions.empty()) return NoSuchModel(model_name);
    if (state.Find(model_id) == nullptr) return NoSuchVersion(model_name, model_id);
    const auto found = state.aliases.find(alias);
    const std::string current = found == state.aliases.end() ? "" : found->second;
    GC_RETURN_IF_ERROR(CheckExpected(expected, current, fmt::format("the alias '{}'", alias)));
    if (current != model_id) state.SetAlias(alias, model_id, Entry(request));
    return Change{std::string(model_id), state.generation};
  });
}

base::Result<Change> Registry::Rollback(std::string_view model_name, const Request& request) {
  if (!model::ValidateModelName(model_name).ok()) return NoSuchModel(model_name);
  return Replace<Change>(model_name, [&](NameState& state) -> base::Result<Change> {
    if (state.versions.empty()) return NoSuchModel(model_name);
    GC_ASSIGN_OR_RETURN(const std::vector<HistoryEntry> history,
                        WithOlder(store_, model_name, state.history));
    const VersionEntry* const target = state.RollbackTarget(history);
    if (target == nullptr) {
      return base::FailedPrecondition(
          fmt::format("no version of '{}' held production before", model_name));
    }
    const std::string model_id = target->model_id;
    state.Rollback(model_id, Entry(request));
    return Change{model_id, state.generation};
  });
}

base::Result<Change> Registry::SetTraffic(std::string_view model_name, const Traffic& traffic,
                                          const std::optional<std::string>& expected_canary,
                                          const Request& request) {
  if (!model::ValidateModelName(model_name).ok()) return NoSuchModel(model_name);
  if (!(traffic.share >= 0 && traffic.share <= 1)) {
    return base::InvalidArgument(fmt::format("share: {} is not from 0 to 1", traffic.share));
  }
  if (traffic.canary.empty() && traffic.share > 0) {
    return base::InvalidArgument("share: there is no canary to give it to");
  }
  return Replace<Change>(model_name, [&](NameState& state) -> base::Result<Change> {
    if (state.versions.empty()) return NoSuchModel(model_name);
    GC_RETURN_IF_ERROR(CheckExpected(expected_canary, state.serving.traffic.canary, "the canary"));
    for (const std::string& id : {traffic.canary, traffic.shadow}) {
      if (!id.empty()) GC_RETURN_IF_ERROR(CheckBesideProduction(state, model_name, id));
    }
    if (state.serving.traffic != traffic) state.SetTraffic(traffic, Entry(request));
    return Change{traffic.canary, state.generation};
  });
}

base::Result<Change> Registry::SetPolicy(std::string_view model_name, const VersionPolicy& policy,
                                         const Request& request) {
  if (!model::ValidateModelName(model_name).ok()) return NoSuchModel(model_name);
  using Kind = VersionPolicy::Kind;
  if ((policy.kind == Kind::kLatest && policy.latest == 0) ||
      (policy.kind == Kind::kSpecific && policy.specific.empty())) {
    return base::InvalidArgument("a policy of versions keeps at least one");
  }
  return Replace<Change>(model_name, [&](NameState& state) -> base::Result<Change> {
    if (state.versions.empty()) return NoSuchModel(model_name);
    for (const std::string& id : policy.specific) {
      if (state.Find(id) == nullptr) return NoSuchVersion(model_name, id);
    }
    if (state.serving.policy != policy) state.SetPolicy(policy, Entry(request));
    return Change{std::string(), state.generation};
  });
}

base::Result<Change> Registry::SetResidence(std::string_view model_name,
                                            ServingState::Residence residence,
                                            const Request& request) {
  if (!model::ValidateModelName(model_name).ok()) return NoSuchModel(model_name);
  return Replace<Change>(model_name, [&](NameState& state) -> base::Result<Change> {
    if (state.versions.empty()) return NoSuchModel(model_name);
    if (state.serving.residence != residence) state.SetResidence(residence, Entry(request));
    return Change{std::string(), state.generation};
  });
}

base::Result<std::vector<HistoryEntry>> Registry::History(std::string_view model_name) const {
  GC_ASSIGN_OR_RETURN(const NameState state, ReadKnownState(store_, model_name));
  return WithOlder(store_, model_name, state.history);
}

base::Result<std::vector<std::string>> Registry::Names() const {
  GC_ASSIGN_OR_RETURN(const auto states, ListStates(store_));
  std::vector<std::string> names;
  names.reserve(states.size());
  for (const auto& [name, version] : states) names.push_back(name);
  return names;
}

base::Result<Listing> Registry::List(std::optional<std::string_view> model_name,
                                     std::optional<model::Stage> stage) const {
  std::vector<std::string> names;
  if (model_name.has_value()) {
    names.emplace_back(*model_name);
  } else {
    GC_ASSIGN_OR_RETURN(names, Names());
  }
  Listing listing;
  for (const std::string& name : names) {
    const base::Result<NameState> state = ReadKnownState(store_, name);
    if (!state.ok()) {
      if (IsMissing(state.error())) continue;
      if (!IsDamage(state.error())) return state.error();
      listing.damaged.push_back({.model_name = name, .model_id = {}, .error = state.error()});
      continue;
    }
    if (state->serving != ServingState()) listing.serving.emplace(name, state->serving);
    for (auto version = state->versions.rbegin(); version != state->versions.rend(); ++version) {
      if (stage.has_value() && version->stage != *stage) continue;
      base::Result<model::ModelDescription> description = ReadDescription(store_, *state, *version);
      if (description.ok()) {
        listing.versions.push_back(*std::move(description));
      } else if (IsDamage(description.error())) {
        listing.damaged.push_back({.model_name = name,
                                   .model_id = version->model_id,
                                   .stage = version->stage,
                                   .error = description.error()});
      } else {
        return description.error();
      }
    }
  }
  return listing;
}

base::Result<model::ModelDescription> Registry::Find(std::string_view model_id) const {
  const std::string_view name = NameOf(model_id);
  if (name.empty()) return NoSuchModel(model_id);
  GC_ASSIGN_OR_RETURN(const StoredState stored, ReadState(store_, name));
  const VersionEntry* version = stored.state.Find(model_id);
  if (version == nullptr) return NoSuchModel(model_id);
  return ReadDescription(store_, stored.state, *version);
}

base::Result<model::ModelDescription> Registry::FindProduction(std::string_view model_name) const {
  GC_ASSIGN_OR_RETURN(const NameState state, ReadKnownState(store_, model_name));
  const VersionEntry* holder = state.HolderOf(model::Stage::kProduction);
  if (holder != nullptr) return ReadDescription(store_, state, *holder);
  return base::NotFound(fmt::format("no version of model '{}' is in production", model_name));
}

base::Result<model::ModelDescription> Registry::FindAlias(std::string_view model_name,
                                                          std::string_view alias) const {
  GC_ASSIGN_OR_RETURN(const NameState state, ReadKnownState(store_, model_name));
  const auto found = state.aliases.find(alias);
  if (found == state.aliases.end()) {
    return base::NotFound(fmt::format("model '{}' has no alias '{}'", model_name, alias));
  }
  const VersionEntry* version = state.Find(found->second);
  if (version == nullptr) return base::DataLoss(fmt::format("alias '{}' names no version", alias));
  return ReadDescription(store_, state, *version);
}

base::Result<std::map<std::string, std::uint64_t>> Registry::Generations() const {
  GC_ASSIGN_OR_RETURN(const auto states, ListStates(store_));
  std::map<std::string, std::uint64_t> generations;
  std::map<std::string, Seen> seen;
  for (const auto& [name, version] : states) {
    GC_ASSIGN_OR_RETURN(Seen now, Look(name, version));
    if (now.generation > 0) generations[name] = now.generation;
    seen[name] = std::move(now);
  }
  const base::MutexLock lock(seen_mutex_);
  seen_ = std::move(seen);
  return generations;
}

// What is known of the state with this version, else what is there.
base::Result<Registry::Seen> Registry::Look(const std::string& name,
                                            std::string_view version) const {
  {
    const base::MutexLock lock(seen_mutex_);
    const auto found = seen_.find(name);
    if (!version.empty() && found != seen_.end() && found->second.version == version) {
      return found->second;
    }
  }
  const base::Result<StoredState> stored = ReadState(store_, name);
  if (!stored.ok() && IsDamage(stored.error())) return Seen{std::string(version), 0};
  if (!stored.ok()) return stored.error();
  return Seen{stored->version, stored->version.empty() ? 0 : stored->state.generation};
}

base::Result<std::string> Registry::Load(const model::ModelDescription& description) const {
  return LoadByDigest(store_, kArtifacts, description.sha256,
                      "the artifact of " + description.model_id);
}

base::Result<model::ModelCard> Registry::LoadCard(
    const model::ModelDescription& description) const {
  if (description.card_sha256.empty()) {
    return base::NotFound(
        fmt::format("{} was published without a model card", description.model_id));
  }
  const std::string what = "the model card of " + description.model_id;
  GC_ASSIGN_OR_RETURN(const std::string bytes,
                      LoadByDigest(store_, kCards, description.card_sha256, what));
  base::Result<model::ModelCard> card = model::ParseCard(bytes);
  if (!card.ok()) return card.error().WithContext(what);
  return card;
}

}  // namespace geoclimate::registry
