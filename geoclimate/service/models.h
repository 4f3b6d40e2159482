#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/access/audit_log.h"
#include "geoclimate/base/clock.h"
#include "geoclimate/base/deadline.h"
#include "geoclimate/base/mutex.h"
#include "geoclimate/base/result.h"
#include "geoclimate/inference/prediction_cache.h"
#include "geoclimate/inference/snapshot_cell.h"
#include "geoclimate/prediction_log/prediction_log.h"
#include "geoclimate/registry/registry.h"
#include "geoclimate/service/served_models.h"
#include "geoclimate/service/watcher.h"
#include "geoclimate/telemetry/metrics.h"
#include "geoclimate/telemetry/swap_epoch.h"

namespace geoclimate::service {

struct ModelsOptions {
  // How often the registry is asked whether another process changed it. Every replica converges
  // within this and the time that loading takes; 5 s is what callers are promised.
  std::chrono::milliseconds watch_interval{2000};
  // Versions kept in memory. Those in production, in staging and with an alias come first, whatever
  // the limit; then the newest of stage dev. The others answer kUnavailable.
  std::size_t max_models = 256;
  // Rows that a new version scores before it is served, so that no caller pays for cold memory.
  std::size_t warmup_rows = 64;
  // How the rows of each model are scheduled.
  inference::SchedulerOptions scheduler = {};
  // Threads for what is too long for the callers' own; more than there are cores only adds
  // switches.
  int compute_threads = 1;
  // When a canary is taken away.
  CanaryOptions canary = {};
  // Of the rows that the version before was asked for most, how many a version that comes into
  // production answers into the prediction cache first, and how long that may delay it, a model.
  std::size_t cache_warm_rows = 1000;
  std::chrono::milliseconds cache_warm_time{1000};

  // Told of canaries that were taken away; null: nobody is. Outlives the models.
  access::AuditLog* audit = nullptr;

  base::Result<void> Validate() const;
};

// A model given as a file, served without a registry.
struct ModelFile {
  std::string name;  // the file's stem
  std::string path;  // for messages
  std::string bytes;
  base::Timestamp modified_at;
};

// A change of what is served, and whether this process serves it already.
struct ModelChange {
  std::string model_id;
  std::uint64_t generation = 0;
  enum class Served { kYes, kNotYet } served = Served::kNotYet;
};

// The models: what the registry holds, and what of it this process serves. A background thread
// follows the registry: it loads and warms new versions, swaps the set that the request path reads,
// and frees what nobody reads any more.
//
// A model refuses to load when its schema is not the one that this program's FeatureBuilder makes;
// it is then listed and answers kUnavailable, alone. A version whose description is damaged goes on
// being served as it was loaded, or answers kUnavailable, alone too. While a version in production
// cannot be loaded the one that answered before goes on answering, and says so.
//
// A canary beside production has its share of the requests until it is judged worse
// (TrafficSplit::Verdict): the look that finds it so takes it away in the registry, with the
// reason in the history.
//
// Thread-safe. What the constructor is given must outlive it.
class Models {
 public:
  // Without a registry (null) only `files` are served, all of them in production. Without a cache
  // (null) every row is computed; without a log (null) no row is logged.
  // Loads everything before it returns; kInvalidArgument naming the file that is no model. A
  // registry that cannot be reached is followed once it can be; nothing of it is served before.
  // Fails when it can be reached and not be read.
  static base::Result<std::unique_ptr<Models>> Start(
      registry::Registry* registry, const std::vector<ModelFile>& files,
      const ModelsOptions& options, telemetry::MetricRegistry& metrics, const base::Clock& clock,
      inference::PredictionCache* cache = nullptr,
      prediction_log::PredictionLog* predictions = nullptr);

  // The set that is served now, for one request. Never null.
  inference::SnapshotRef<ServedModels> Served() const { return served_.Acquire(); }
  std::shared_ptr<const ServedModels> ServedShared() const { return served_.Share(); }
  // The set of `served`, which Served() gave, for longer than one turn.
  std::shared_ptr<const ServedModels> Share(
      const inference::SnapshotRef<ServedModels>& served) const {
    return served_.Share(served);
  }

  // When the set is exchanged: from before new versions are read until old ones are freed.
  const telemetry::SwapEpoch& swaps() const { return swaps_; }

  // As Registry's, plus the files. While the registry cannot be reached it is what was in it when
  // this process last read it whole.
  base::Result<registry::Listing> List(std::optional<std::string_view> name,
                                       std::optional<model::Stage> stage) const;
  base::Result<model::ModelDescription> Find(std::string_view model_id) const;
  // As Registry::LoadCard(); a file has none: kNotFound.
  base::Result<model::ModelCard> LoadCard(const model::ModelDescription& description) const;
  base::Result<std::vector<registry::HistoryEntry>> History(std::string_view model_name) const;

  // Each writes the desired state and then waits, to the deadline at the longest, until this
  // process serves it. Errors: Registry's; kFailedPrecondition without a registry.
  base::Result<ModelChange> Promote(std::string_view model_id, const registry::Promotion& promotion,
                                    const registry::Request& request, base::Deadline wait);
  base::Result<ModelChange> SetAlias(std::string_view model_name, std::string_view alias,
                                     std::string_view model_id,
                                     const std::optional<std::string>& expected,
                                     const registry::Request& request, base::Deadline wait);
  base::Result<ModelChange> Rollback(std::string_view model_name, const registry::Request& request,
                                     base::Deadline wait);

  base::Result<ModelChange> SetTraffic(std::string_view model_name,
                                       const registry::Traffic& traffic,
                                       const std::optional<std::string>& expected_canary,
                                       const registry::Request& request, base::Deadline wait);
  base::Result<ModelChange> SetPolicy(std::string_view model_name,
                                      const registry::VersionPolicy& policy,
                                      const registry::Request& request, base::Deadline wait);
  base::Result<ModelChange> SetResidence(std::string_view model_name,
                                         registry::ServingState::Residence residence,
                                         const registry::Request& request, base::Deadline wait);

  // Takes canaries away that are worse; what the background thread does before each look.
  void JudgeCanaries();

  // Follows the registry now; what the background thread does. For tests and start-up.
  base::Result<void> Refresh() EXCLUDES(refresh_mutex_);

  // Why the registry could not be followed when it was looked at last; nothing when it could.
  std::optional<base::Error> Failure() const EXCLUDES(served_mutex_);

 private:
  Models(registry::Registry* registry, const ModelsOptions& options,
         telemetry::MetricRegistry& metrics, const base::Clock& clock,
         inference::PredictionCache* cache, prediction_log::PredictionLog* log);

  base::Result<void> Follow() REQUIRES(refresh_mutex_);
  base::Result<registry::Listing> LastListed(std::optional<std::string_view> name,
                                             std::optional<model::Stage> stage,
                                             const base::Error& failure) const
      EXCLUDES(served_mutex_);
  base::Result<void> LoadFiles(const std::vector<ModelFile>& files);
  // Gives what was loaded its metrics, its scheduler, and its parts of the cache and the log.
  void Equip(ServedModel& served);
  ServedModel Load(model::ModelDescription description, const ServedModels* before);
  std::vector<model::ModelDescription> ChooseVersions(
      std::vector<model::ModelDescription> all,
      const std::map<std::string, registry::ServingState>& serving) const;
  // A stand-in for each name whose version in production could not be loaded; put into `models`
  // when it is not there.
  void StandIn(const ServedModels* before, std::vector<ServedModel>& models,
               std::map<std::string, ServedName>& names) const;
  void NoteCanaryTaken(const std::string& name, const std::string& canary,
                       const std::string& verdict, const ServedModel* production) const;
  ServedName ServeName(const std::string& name, const registry::ServingState& serving,
                       const ServedModels* before, const std::vector<ServedModel>& models) const;
  void KeepDamaged(const std::vector<registry::DamagedModel>& damaged, const ServedModels* before,
                   std::vector<ServedModel>& models);
  void WarmNewProduction(const ServedModels* before, const std::vector<ServedModel>& models);
  // Takes the metrics of versions away that were served and are not any more.
  void ForgetMetrics(const ServedModels* before);
  void Publish(std::vector<ServedModel> models, ServedModels::Generations generations,
               std::map<std::string, ServedName> names);
  base::Result<ModelChange> Await(std::string_view model_name, registry::Change change,
                                  base::Deadline wait) EXCLUDES(served_mutex_);

  registry::Registry* registry_;
  const ModelsOptions options_;
  telemetry::MetricRegistry& metrics_;
  const base::Clock& clock_;
  inference::PredictionCache* cache_;
  prediction_log::PredictionLog* log_;
  inference::ComputePool pool_;             // outlives the schedulers of the sets below
  std::array<telemetry::Gauge, 4> loaded_;  // by stage
  telemetry::Histogram load_seconds_;
  std::vector<ServedModel> files_;

  base::Mutex refresh_mutex_;  // one Refresh() at a time
  telemetry::SwapEpoch swaps_;
  mutable inference::SnapshotCell<ServedModels> served_;
  mutable base::Mutex served_mutex_;
  base::CondVar served_changed_;
  std::optional<base::Error> failure_ GUARDED_BY(served_mutex_);
  // What was in the registry when it was last read.
  std::shared_ptr<const registry::Listing> listed_ GUARDED_BY(served_mutex_);
  ServedModels::Generations served_generations_ GUARDED_BY(served_mutex_);

  std::unique_ptr<Watcher> watcher_;  // last: stops before what it uses goes
};

}  // namespace geoclimate::service
