// Versions that are published and promoted: each that was acknowledged loads whole, production is
// what was acknowledged last, and the history has no gap.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "geoclimate/model/testing/example_card.h"
#include "tests/fault/power/ledger.h"

namespace geoclimate::fault {
namespace {

constexpr std::array<std::string_view, 2> kNames = {"pm25_d1", "ozone_d2"};
const registry::Request kRequest = {.actor = "a test", .reason = "because"};

bool HasCard(std::uint64_t number) {
  return number % 2 == 0;
}

std::string ArtifactOf(std::uint64_t number) {
  return BytesOf(number, 100 + number * 977 % 7000);
}

registry::NewModel ModelOf(std::string_view name, std::uint64_t number) {
  registry::NewModel model;
  model.model_name = name;
  model.model_type = "forecaster";
  model.task_type = "forecasting";
  model.metrics = {{"mse_skill", 0.25}, {"number", static_cast<double>(number)}};
  model.baseline = "damped_persistence";
  model.features = {{.name = "last", .unit = "ug/m3"}};
  model.schema_fingerprint = "0123456789abcdef";
  model.source = "a test";
  if (HasCard(number)) {
    model.card = model::testing::ExampleCard();
    model.card->summary = fmt::format("number {}", number);
  }
  return model;
}

struct NameLedger {
  std::map<std::uint64_t, Possible<bool>> versions;  // by number: whether it is there
  std::vector<std::string> ids;                      // of those that were acknowledged
  std::string last_id;                               // that was to be promoted
  Possible<std::string> production{""};
  Possible<std::string> fallback{""};
};

class RegistryLedger final : public Ledger {
 public:
  RegistryLedger() {
    for (const std::string_view name : kNames) names_.emplace(name, NameLedger());
  }
  std::unique_ptr<Ledger> Clone() const override { return std::make_unique<RegistryLedger>(*this); }

  base::Result<void> Act(Platform& platform, Random& random) override {
    const std::string_view name = kNames[random() % kNames.size()];
    NameLedger& known = names_.at(std::string(name));
    // The same one is promoted again at times: what changes nothing is acknowledged too.
    const std::uint64_t what = known.ids.empty() ? 0 : random() % 4;
    if (what == 0) return Publish(platform, name, known);
    // What is in doubt is tried again at times.
    const bool again = !known.last_id.empty() && random() % 2 == 0;
    const std::string id = again ? known.last_id : known.ids[random() % known.ids.size()];
    known.last_id = id;
    if (what == 1) {
      const auto aliased = platform.registry->SetAlias(name, "fallback", id, {}, kRequest);
      return Note(known.fallback, id, aliased);
    }
    const auto promoted = platform.registry->Promote(
        id, {.stage = model::Stage::kProduction, .expected = {}}, kRequest);
    return Note(known.production, id, promoted);
  }

  base::Result<Losses> Look(Platform& platform) override {
    Losses losses;
    for (auto& [name, known] : names_) {
      GC_RETURN_IF_ERROR(LookForVersions(platform, name, known, losses));
      GC_RETURN_IF_ERROR(LookForHistory(platform, name, losses));
      const auto holder = platform.registry->FindProduction(name);
      GC_RETURN_IF_ERROR(LookForHolder(holder, known.production, name + " in production", losses));
      const auto aliased = platform.registry->FindAlias(name, "fallback");
      GC_RETURN_IF_ERROR(LookForHolder(aliased, known.fallback, name + "@fallback", losses));
    }
    return losses;
  }

  void Settle() override {
    for (auto& [name, known] : names_) {
      for (auto& [number, there] : known.versions) there.Settle();
      known.production.Settle();
      known.fallback.Settle();
    }
  }

 private:
  static base::Result<void> Note(Possible<std::string>& possible, const std::string& id,
                                 const base::Result<registry::Change>& change) {
    if (change.ok()) {
      possible.Acknowledge(id);
      return {};
    }
    possible.Doubt(id);
    return change.error();
  }

  base::Result<void> Publish(Platform& platform, std::string_view name, NameLedger& known) {
    const std::uint64_t number = ++last_;
    Possible<bool>& there = known.versions.try_emplace(number, false).first->second;
    const auto published =
        platform.registry->Publish(ModelOf(name, number), ArtifactOf(number), kRequest);
    if (!published.ok()) {
      there.Doubt(true);
      return published.error();
    }
    there.Acknowledge(true);
    known.ids.push_back(published->model_id);
    return {};
  }

  static base::Result<void> LookAt(Platform& platform, const model::ModelDescription& version,
                                   std::uint64_t number, Losses& losses) {
    GC_ASSIGN_OR_RETURN(const std::string artifact, platform.registry->Load(version));
    if (artifact != ArtifactOf(number)) losses.push_back(version.model_id + " is another");
    if (!HasCard(number)) return {};
    GC_ASSIGN_OR_RETURN(const model::ModelCard card, platform.registry->LoadCard(version));
    if (card.summary != fmt::format("number {}", number)) {
      losses.push_back(version.model_id + " has another's card");
    }
    return {};
  }

  static base::Result<void> LookForVersions(Platform& platform, const std::string& name,
                                            NameLedger& known, Losses& losses) {
    GC_ASSIGN_OR_RETURN(const registry::Listing listing, platform.registry->List(name));
    for (const registry::DamagedModel& damaged : listing.damaged) {
      losses.push_back(fmt::format("{} {}: {}", name, damaged.model_id, damaged.error.ToString()));
    }
    std::set<std::uint64_t> found;
    std::set<std::string> ids;
    for (const model::ModelDescription& version : listing.versions) {
      const auto number = static_cast<std::uint64_t>(version.metrics.at("number"));
      if (!known.versions.contains(number) || !found.insert(number).second) {
        losses.push_back(version.model_id + " is there twice, or nobody published it");
      }
      ids.insert(version.model_id);
      GC_RETURN_IF_ERROR(LookAt(platform, version, number, losses));
    }
    for (auto& [number, there] : known.versions) {
      if (!there.Allows(found.contains(number))) {
        losses.push_back(fmt::format("the {} with number {} is gone", name, number));
      }
      there.Found(found.contains(number));
    }
    for (const std::string& id : known.ids) {
      if (!ids.contains(id)) losses.push_back(id + " is gone");
    }
    return {};
  }

  static base::Result<void> LookForHolder(const base::Result<model::ModelDescription>& holder,
                                          Possible<std::string>& possible, const std::string& what,
                                          Losses& losses) {
    if (!holder.ok() && holder.error().code() != base::ErrorCode::kNotFound) return holder.error();
    const std::string found = holder.ok() ? holder->model_id : "";
    if (!possible.Allows(found)) losses.push_back(fmt::format("{} is '{}'", what, found));
    possible.Found(found);
    return {};
  }

  static base::Result<void> LookForHistory(Platform& platform, const std::string& name,
                                           Losses& losses) {
    const auto history = platform.registry->History(name);
    if (!history.ok() && history.error().code() == base::ErrorCode::kNotFound) return {};
    if (!history.ok()) return history.error();
    GC_ASSIGN_OR_RETURN(const auto generations, platform.registry->Generations());
    const auto generation = generations.find(name);
    if (generation == generations.end() || generation->second != history->size()) {
      losses.push_back(fmt::format("{} has a history of {}", name, history->size()));
    }
    return {};
  }

  std::map<std::string, NameLedger> names_;
  std::uint64_t last_ = 0;
};

}  // namespace

std::unique_ptr<Ledger> MakeRegistryLedger() {
  return std::make_unique<RegistryLedger>();
}

}  // namespace geoclimate::fault
