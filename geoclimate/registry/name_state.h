#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/base/result.h"
#include "geoclimate/model/manifest.h"
#include "geoclimate/registry/registry.h"
#include "geoclimate/registry/serving_state.h"

namespace geoclimate::registry {

// A version as the state of its name lists it.
struct VersionEntry {
  std::string model_id;
  int version = 0;
  model::Stage stage = model::Stage::kDev;
  std::string manifest;  // key of its description
};

// What changes of one name: the content of states/NAME.json (docs/formats/registry.md). A value;
// each change of it is one entry of the history and one generation.
struct NameState {
  std::uint64_t generation = 0;
  std::vector<VersionEntry> versions;  // oldest first
  std::map<std::string, std::string, std::less<>> aliases;
  ServingState serving;
  // Oldest first: the newest entries, with the ones before them in history blobs. The generations
  // of all of them together count up from 1.
  std::vector<HistoryEntry> history;

  int NextVersion() const { return versions.empty() ? 1 : versions.back().version + 1; }
  // Null when there is none.
  const VersionEntry* Find(std::string_view model_id) const;
  const VersionEntry* HolderOf(model::Stage stage) const;
  std::vector<std::string> AliasesOf(std::string_view model_id) const;

  // The changes. `entry` says who, when and why; the rest of it is filled in. `model_id` must be
  // one of `versions`, but for AddVersion().
  void AddVersion(VersionEntry version, HistoryEntry entry);
  void Promote(std::string_view model_id, model::Stage stage, HistoryEntry entry);
  void SetAlias(std::string_view alias, std::string_view model_id, HistoryEntry entry);
  void Rollback(std::string_view model_id, HistoryEntry entry);
  // A promotion of the canary ends its share, and a rollback the whole experiment; an archived
  // version has no traffic and is in no policy.
  void SetTraffic(Traffic traffic, HistoryEntry entry);
  void SetPolicy(VersionPolicy policy, HistoryEntry entry);
  void SetResidence(ServingState::Residence residence, HistoryEntry entry);

  // The version that a rollback of production gives it back to: the one that held it before the
  // current one and is not archived, each rollback a step further back. Null when there is none.
  // `whole_history` is `history` with what came before it.
  const VersionEntry* RollbackTarget(std::span<const HistoryEntry> whole_history) const;

 private:
  VersionEntry& Get(std::string_view model_id);
  // Leaves `stage` to `model_id` alone; returns who held it.
  std::string Move(std::string_view model_id, model::Stage stage);
  void EndTrafficOf(std::string_view model_id);
  void Record(std::string_view action, std::string_view target, std::string from, std::string to,
              HistoryEntry entry);
};

std::string EncodeNameState(const NameState& state);
// kDataLoss naming the field.
base::Result<NameState> ParseNameState(std::string_view json);

// The content of history/NAME/FIRST-LAST.json.
std::string EncodeHistory(std::span<const HistoryEntry> history);
// kDataLoss naming the field.
base::Result<std::vector<HistoryEntry>> ParseHistory(std::string_view json);

}  // namespace geoclimate::registry
