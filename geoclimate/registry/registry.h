#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/mutex.h"
#include "geoclimate/base/result.h"
#include "geoclimate/blob/blob_store.h"
#include "geoclimate/model/manifest.h"
#include "geoclimate/model/model_card.h"
#include "geoclimate/registry/serving_state.h"

namespace geoclimate::registry {

struct NameState;

// One line of a model's history: who did what and why.
struct HistoryEntry {
  std::uint64_t generation = 0;  // the state that the change made
  base::Timestamp at{};
  std::string actor;   // who, as the caller says
  std::string action;  // "publish", "promote", "alias", "rollback", "archive"
  std::string target;  // the stage or alias that changed; empty for publish
  std::string from;    // model_id before, empty: none
  std::string to;      // model_id after
  std::string why;     // the reason given, with the figures of the gate
};

// Who asks, and why; kept in the history.
struct Request {
  std::string actor;
  std::string reason;
};

// What the gate asks of a version before production.
enum class PromotionGate {
  kBeatBaseline,  // metrics must hold mse_skill > 0, and the best baseline must be named
  kOverride,      // promote without that; the history says so
};

struct Promotion {
  model::Stage stage = model::Stage::kStaging;
  // The model_id that must hold the stage now (empty: none may); nothing: whichever does.
  std::optional<std::string> expected = std::nullopt;
  PromotionGate gate = PromotionGate::kBeatBaseline;
};

// A change of what is served, and the generation of the name's state that it made. Generations
// count up from 1.
struct Change {
  std::string model_id;
  std::uint64_t generation = 0;
};

// What Publish() needs to know; the rest of the description follows from the artifact and the
// registry.
struct NewModel {
  std::string model_name;
  std::string model_type;
  std::string task_type;
  std::map<std::string, double> metrics;
  std::string baseline;
  std::vector<features::Feature> features;
  std::string schema_fingerprint;
  std::optional<model::TrainingWindow> training_window;
  std::string parent;
  std::string source;
  std::optional<model::ModelCard> card = std::nullopt;
};

// What cannot be read of the registry, beside what can.
struct DamagedModel {
  std::string model_name;
  std::string model_id;  // empty: the whole state of the name is damaged
  model::Stage stage = model::Stage::kDev;
  base::Error error;  // kDataLoss naming the blob
};

struct Listing {
  std::vector<model::ModelDescription> versions;  // by name, then newest first
  std::vector<DamagedModel> damaged;              // in the same order
  // How names are to be served that are not served as all are.
  std::map<std::string, ServingState> serving = {};
};

struct RegistryOptions {
  // Entries of a name's history that its state holds: what every look at the registry reads. With
  // more the older half goes to a blob of its own, which History() and Rollback() read.
  std::size_t history_in_state = 200;
};

// The versions of models, and which of them is served: stages, aliases and history, kept in a
// BlobStore.
//
//   artifacts/sha256/ab/abcd...          the bytes of every version, by their SHA-256
//   cards/sha256/ab/abcd...              its model card, by the SHA-256 of its JSON
//   manifests/NAME/MODEL_ID.DIGEST.json  its description; complete before the version is known
//   states/NAME.json                     versions, stages, aliases, newest history of one name
//   history/NAME/FIRST-LAST.json         older history, by the generations of its entries
//
// all below the prefix "models/" (docs/formats/registry.md). A change is one replacement of a
// state, so it happens whole or not at all, whatever moment the process dies at, and of two changes
// at the same time both happen, one after the other. What a dead Publish() left behind is
// unreferenced and harmless.
//
// Thread-safe, and safe between processes. `store` and `clock` must outlive the registry.
class Registry {
 public:
  Registry(blob::BlobStore& store, const base::Clock& clock, const RegistryOptions& options = {});

  // Adds a version in stage dev. kInvalidArgument for a name that cannot be one, features without
  // or with equal names, a metric that is not finite. The artifact's bytes are not looked into.
  base::Result<model::ModelDescription> Publish(const NewModel& model, std::string_view artifact,
                                                const Request& request);

  // Puts a version into staging, production or archived (which also takes it out of the stage it
  // held); the version that held the stage goes back to dev. A version that holds the stage already
  // changes nothing. kNotFound; kAborted when `expected` does not hold the stage;
  // kFailedPrecondition with the figures when the gate refuses; kInvalidArgument for stage dev.
  base::Result<Change> Promote(std::string_view model_id, const Promotion& promotion,
                               const Request& request);

  // Points `alias` (a name like a model's) at a version. kAborted when `expected` is given and is
  // not what it points at.
  base::Result<Change> SetAlias(std::string_view model_name, std::string_view alias,
                                std::string_view model_id,
                                const std::optional<std::string>& expected, const Request& request);

  // Gives production back to the version that held it before the current one and is not archived;
  // rolling back twice goes two versions back. kFailedPrecondition when there is none. The gate was
  // passed then and is not asked again.
  base::Result<Change> Rollback(std::string_view model_name, const Request& request);

  // Gives a share of a name's requests to a canary, and all its rows to a shadow; empty ids end
  // that. kInvalidArgument for a share outside 0 to 1, kNotFound for versions that there are not,
  // kFailedPrecondition for archived ones, a canary that is in production, or when nothing is;
  // kAborted when `expected_canary` is not the canary now.
  base::Result<Change> SetTraffic(std::string_view model_name, const Traffic& traffic,
                                  const std::optional<std::string>& expected_canary,
                                  const Request& request);
  // kInvalidArgument for a policy that keeps none, kNotFound for versions that there are not.
  base::Result<Change> SetPolicy(std::string_view model_name, const VersionPolicy& policy,
                                 const Request& request);
  // Whether the name is served at all. What is so already changes nothing.
  base::Result<Change> SetResidence(std::string_view model_name, ServingState::Residence residence,
                                    const Request& request);

  // All of it, oldest first. kNotFound for an unknown name.
  base::Result<std::vector<HistoryEntry>> History(std::string_view model_name) const;

  // The names with a version, sorted.
  base::Result<std::vector<std::string>> Names() const;
  // All versions of all names or of one, optionally in one stage. One that is damaged does not hide
  // the others.
  base::Result<Listing> List(std::optional<std::string_view> model_name = std::nullopt,
                             std::optional<model::Stage> stage = std::nullopt) const;

  // kNotFound when there is no such version.
  base::Result<model::ModelDescription> Find(std::string_view model_id) const;
  base::Result<model::ModelDescription> FindProduction(std::string_view model_name) const;
  base::Result<model::ModelDescription> FindAlias(std::string_view model_name,
                                                  std::string_view alias) const;

  // The generation of every name; changes whenever anything does. A name whose state is damaged is
  // left out. Cheap enough to be asked every second: of a store that lists versions it takes one
  // listing, and a look at what has changed since the last call.
  base::Result<std::map<std::string, std::uint64_t>> Generations() const;

  // The artifact's bytes. kDataLoss when their SHA-256 is not the description's.
  base::Result<std::string> Load(const model::ModelDescription& description) const;

  // The card that the version was published with. kNotFound when it has none; kDataLoss when what
  // is stored is not what was published.
  base::Result<model::ModelCard> LoadCard(const model::ModelDescription& description) const;

 private:
  // The generation of the state that has this version; zero: it is damaged.
  struct Seen {
    std::string version;
    std::uint64_t generation = 0;
  };

  HistoryEntry Entry(const Request& request) const;
  template <typename T>
  base::Result<T> Replace(std::string_view name,
                          const std::function<base::Result<T>(NameState&)>& change);
  base::Result<void> MoveOldHistory(std::string_view name, NameState& state) const;
  base::Result<Seen> Look(const std::string& name, std::string_view version) const
      EXCLUDES(seen_mutex_);

  blob::BlobStore& store_;
  const base::Clock& clock_;
  const RegistryOptions options_;
  mutable base::Mutex seen_mutex_;
  mutable std::map<std::string, Seen> seen_ GUARDED_BY(seen_mutex_);  // by name
};

}  // namespace geoclimate::registry
