#include "geoclimate/registry/name_state.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "geoclimate/base/check.h"

namespace geoclimate::registry {

const VersionEntry* NameState::Find(std::string_view model_id) const {
  const auto found = std::ranges::find(versions, model_id, &VersionEntry::model_id);
  return found == versions.end() ? nullptr : &*found;
}

const VersionEntry* NameState::HolderOf(model::Stage stage) const {
  const auto found = std::ranges::find(versions, stage, &VersionEntry::stage);
  return found == versions.end() ? nullptr : &*found;
}

std::vector<std::string> NameState::AliasesOf(std::string_view model_id) const {
  std::vector<std::string> names;
  for (const auto& [alias, target] : aliases) {
    if (target == model_id) names.push_back(alias);
  }
  return names;
}

VersionEntry& NameState::Get(std::string_view model_id) {
  const auto found = std::ranges::find(versions, model_id, &VersionEntry::model_id);
  GC_CHECK(found != versions.end(), "a change is of a version that there is");
  return *found;
}

void NameState::Record(std::string_view action, std::string_view target, std::string from,
                       std::string to, HistoryEntry entry) {
  entry.generation = ++generation;
  entry.action = action;
  entry.target = target;
  entry.from = std::move(from);
  entry.to = std::move(to);
  history.push_back(std::move(entry));
}

std::string NameState::Move(std::string_view model_id, model::Stage stage) {
  std::string before;
  if (stage == model::Stage::kStaging || stage == model::Stage::kProduction) {
    for (VersionEntry& version : versions) {
      if (version.stage != stage) continue;
      before = version.model_id;
      version.stage = model::Stage::kDev;
    }
  }
  Get(model_id).stage = stage;
  return before;
}

void NameState::AddVersion(VersionEntry version, HistoryEntry entry) {
  Record("publish", "", "", version.model_id, std::move(entry));
  versions.push_back(std::move(version));
}

void NameState::EndTrafficOf(std::string_view model_id) {
  Traffic& traffic = serving.traffic;
  if (traffic.canary == model_id) {
    traffic.canary.clear();
    traffic.share = 0;
  }
  if (traffic.shadow == model_id) traffic.shadow.clear();
}

void NameState::Promote(std::string_view model_id, model::Stage stage, HistoryEntry entry) {
  std::string before = Move(model_id, stage);
  if (stage == model::Stage::kProduction || stage == model::Stage::kArchived) {
    EndTrafficOf(model_id);
  }
  if (stage == model::Stage::kArchived) std::erase(serving.policy.specific, model_id);
  Record(stage == model::Stage::kArchived ? "archive" : "promote", model::StageName(stage),
         std::move(before), std::string(model_id), std::move(entry));
}

void NameState::SetAlias(std::string_view alias, std::string_view model_id, HistoryEntry entry) {
  std::string& target = aliases[std::string(alias)];
  Record("alias", alias, target, std::string(model_id), std::move(entry));
  target = model_id;
}

void NameState::Rollback(std::string_view model_id, HistoryEntry entry) {
  std::string before = Move(model_id, model::Stage::kProduction);
  serving.traffic = {};
  Record("rollback", model::StageName(model::Stage::kProduction), std::move(before),
         std::string(model_id), std::move(entry));
}

void NameState::SetTraffic(Traffic traffic, HistoryEntry entry) {
  const auto model_of = [](const Traffic& some) {
    return some.canary.empty() ? some.shadow : some.canary;
  };
  const std::string target = !traffic.canary.empty()   ? fmt::format("canary {:g}", traffic.share)
                             : !traffic.shadow.empty() ? "shadow"
                                                       : "none";
  Record("traffic", target, model_of(serving.traffic), model_of(traffic), std::move(entry));
  serving.traffic = std::move(traffic);
}

void NameState::SetPolicy(VersionPolicy policy, HistoryEntry entry) {
  serving.policy = std::move(policy);
  Record("policy", "versions", "", "", std::move(entry));
}

void NameState::SetResidence(ServingState::Residence residence, HistoryEntry entry) {
  serving.residence = residence;
  const bool loads = residence == ServingState::Residence::kLoaded;
  Record(loads ? "load" : "unload", "memory", "", "", std::move(entry));
}

const VersionEntry* NameState::RollbackTarget(std::span<const HistoryEntry> whole_history) const {
  // Who held production, the newest last: a promotion adds to it, a rollback returns to what is
  // there.
  std::vector<std::string_view> holders;
  for (const HistoryEntry& entry : whole_history) {
    if (entry.target != model::StageName(model::Stage::kProduction)) continue;
    if (entry.action == "rollback") {
      while (!holders.empty() && holders.back() != entry.to) holders.pop_back();
    }
    if (holders.empty() || holders.back() != entry.to) holders.push_back(entry.to);
  }
  const VersionEntry* const current = HolderOf(model::Stage::kProduction);
  for (; !holders.empty(); holders.pop_back()) {
    const VersionEntry* holder = Find(holders.back());
    if (holder != nullptr && holder != current && holder->stage != model::Stage::kArchived) {
      return holder;
    }
  }
  return nullptr;
}

}  // namespace geoclimate::registry
