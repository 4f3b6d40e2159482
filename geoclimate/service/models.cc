#include "geoclimate/service/models.h"

#include <algorithm>
#include <chrono>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "geoclimate/base/log.h"
#include "geoclimate/service/cached_prediction.h"
#include "geoclimate/service/follow_log.h"
#include "geoclimate/service/model_loading.h"

namespace geoclimate::service {
namespace {

constexpr std::string_view kModule = "service";

// Nothing is wrong with what is there: it cannot be reached now.
bool IsAway(const base::Error& error) {
  return error.code() == base::ErrorCode::kUnavailable ||
         error.code() == base::ErrorCode::kDeadlineExceeded;
}

base::Error NoRegistry() {
  return base::FailedPrecondition(
      "models are served from files: there is no registry to change; start serve without --model");
}

}  // namespace

base::Result<void> ModelsOptions::Validate() const {
  if (watch_interval < std::chrono::milliseconds(1)) {
    return base::InvalidArgument("watch_interval must be at least 1 ms");
  }
  if (max_models == 0) return base::InvalidArgument("max_models must be at least 1");
  if (compute_threads < 1) return base::InvalidArgument("compute_threads must be at least 1");
  GC_RETURN_IF_ERROR(canary.Validate());
  return scheduler.Validate();
}

Models::Models(registry::Registry* registry, const ModelsOptions& options,
               telemetry::MetricRegistry& metrics, const base::Clock& clock,
               inference::PredictionCache* cache, prediction_log::PredictionLog* log)
    : registry_(registry),
      options_(options),
      metrics_(metrics),
      clock_(clock),
      cache_(cache),
      log_(log),
      pool_(options.compute_threads, clock),
      load_seconds_(metrics.AddHistogram("model_load_duration_seconds",
                                         "Time to read, check and warm one model",
                                         telemetry::DurationBuckets())) {
  for (std::size_t stage = 0; stage < loaded_.size(); ++stage) {
    loaded_[stage] =
        metrics.AddGauge("models_loaded", "Models in memory",
                         {{"stage", model::StageName(static_cast<model::Stage>(stage))}});
  }
}

base::Result<std::unique_ptr<Models>> Models::Start(
    registry::Registry* registry, const std::vector<ModelFile>& files, const ModelsOptions& options,
    telemetry::MetricRegistry& metrics, const base::Clock& clock, inference::PredictionCache* cache,
    prediction_log::PredictionLog* predictions) {
  GC_RETURN_IF_ERROR(options.Validate());
  std::unique_ptr<Models> models(new Models(registry, options, metrics, clock, cache, predictions));
  GC_RETURN_IF_ERROR(models->LoadFiles(files));
  if (registry == nullptr) {
    models->Publish({}, {}, {});
    return models;
  }
  if (const auto read = models->Refresh(); !read.ok()) {
    if (!IsAway(read.error())) return read.error();
    models->Publish({}, {}, {});
  }
  Models* raw = models.get();
  FollowLog log("the registry of models");
  if (const auto failure = models->Failure()) log.Report(*failure);
  models->watcher_ = std::make_unique<Watcher>(options.watch_interval, [raw, log]() mutable {
    raw->JudgeCanaries();
    log.Report(raw->Refresh());
    raw->served_.Reclaim();
  });
  return models;
}

base::Result<void> Models::LoadFiles(const std::vector<ModelFile>& files) {
  for (const ModelFile& file : files) {
    auto served = LoadModelFile(file, options_.warmup_rows);
    if (!served.ok()) return served.error().WithContext(file.path);
    const auto same_name = [&](const ServedModel& other) {
      return other.description.model_name == served->description.model_name;
    };
    if (std::any_of(files_.begin(), files_.end(), same_name)) {
      return base::InvalidArgument(fmt::format("two model files are named '{}': rename {}",
                                               served->description.model_name, file.path));
    }
    Equip(*served);
    files_.push_back(*std::move(served));
  }
  return {};
}

void Models::Equip(ServedModel& served) {
  served.metrics = PredictionMetrics::Of(metrics_, served.description);
  if (served.model == nullptr) return;
  const auto cost = inference::MeasureScoringCost(*served.model, clock_);
  if (!cost.ok()) {
    served.failure = cost.error();
    served.model = nullptr;
    return;
  }
  if (cache_ != nullptr) served.cache = cache_->Attach(*served.model);
  if (log_ != nullptr) served.log = log_->Attach(served.description.model_id);
  served.scheduler = std::make_shared<inference::ModelScheduler>(
      served.model, *cost, pool_, clock_, options_.scheduler, served.metrics.scheduler);
}

ServedModel Models::Load(model::ModelDescription description, const ServedModels* before) {
  if (before != nullptr) {
    for (const ServedModel& old : before->models()) {
      if (old.description.model_id != description.model_id || old.model == nullptr) continue;
      ServedModel served = old;
      served.description = std::move(description);
      return served;
    }
  }
  const auto start = std::chrono::steady_clock::now();
  ServedModel served = LoadRegistered(*registry_, std::move(description), options_.warmup_rows);
  load_seconds_.Observe(
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  Equip(served);
  if (served.failure) {
    base::Log(base::LogLevel::kError, kModule, "a model could not be loaded",
              {{"model_id", served.description.model_id}, {"error", served.failure->ToString()}});
  }
  return served;
}

base::Result<void> Models::Refresh() {
  if (registry_ == nullptr) return {};
  const base::MutexLock refresh_lock(refresh_mutex_);
  const auto followed = Follow();
  const base::MutexLock lock(served_mutex_);
  failure_ = followed.ok() ? std::nullopt : std::optional(followed.error());
  return followed;
}

std::optional<base::Error> Models::Failure() const {
  const base::MutexLock lock(served_mutex_);
  return failure_;
}

base::Result<void> Models::Follow() {
  GC_ASSIGN_OR_RETURN(ServedModels::Generations generations, registry_->Generations());
  std::shared_ptr<const ServedModels> before = served_.Share();
  if (before != nullptr && before->generations() == generations) return {};
  const telemetry::SwapEpoch::Swap swap(swaps_);
  GC_ASSIGN_OR_RETURN(registry::Listing all, registry_->List());
  {
    const base::MutexLock lock(served_mutex_);
    listed_ = std::make_shared<const registry::Listing>(all);
  }
  std::vector<ServedModel> models;
  for (model::ModelDescription& description :
       ChooseVersions(std::move(all.versions), all.serving)) {
    models.push_back(Load(std::move(description), before.get()));
    // What the store could not give now it can give later: the next look tries again.
    const ServedModel& loaded = models.back();
    if (loaded.failure && IsAway(*loaded.failure)) {
      generations.erase(loaded.description.model_name);
    }
  }
  KeepDamaged(all.damaged, before.get(), models);
  std::map<std::string, ServedName> names;
  for (const auto& [name, serving] : all.serving) {
    names.emplace(name, ServeName(name, serving, before.get(), models));
  }
  StandIn(before.get(), models, names);
  WarmNewProduction(before.get(), models);
  Publish(std::move(models), std::move(generations), std::move(names));
  ForgetMetrics(before.get());
  before.reset();
  static_cast<void>(served_.Reclaim());  // what is still read is left to a later look
  return {};
}

void Models::ForgetMetrics(const ServedModels* before) {
  if (before == nullptr) return;
  const std::shared_ptr<const ServedModels> now = served_.Share();
  for (const ServedModel& old : before->models()) {
    const model::ModelDescription& gone = old.description;
    const auto same = [&gone](const ServedModel& served) {
      return served.description.model_name == gone.model_name &&
             served.description.version == gone.version;
    };
    if (std::ranges::any_of(now->models(), same)) continue;
    for (const std::string& version :
         {fmt::format("v{}", gone.version), fmt::format("{}", gone.version)}) {
      metrics_.Remove({{"model", gone.model_name}, {"version", version}});
    }
  }
}

void Models::KeepDamaged(const std::vector<registry::DamagedModel>& damaged,
                         const ServedModels* before, std::vector<ServedModel>& models) {
  const std::span<const ServedModel> loaded =
      before == nullptr ? std::span<const ServedModel>() : before->models();
  for (const registry::DamagedModel& one : damaged) {
    base::Log(base::LogLevel::kError, kModule, "the registry of models is damaged",
              {{"model_name", one.model_name},
               {"model_id", one.model_id},
               {"error", one.error.ToString()}});
    bool kept = false;
    for (const ServedModel& old : loaded) {
      const bool same = one.model_id.empty() ? old.description.model_name == one.model_name
                                             : old.description.model_id == one.model_id;
      if (!same) continue;
      models.push_back(old);
      if (!one.model_id.empty()) models.back().description.stage = one.stage;
      kept = true;
    }
    if (kept) continue;
    ServedModel unreadable;
    unreadable.description.model_name = one.model_name;
    unreadable.description.model_id = one.model_id.empty() ? one.model_name : one.model_id;
    unreadable.description.stage = one.stage;
    unreadable.failure = one.error;
    unreadable.metrics = PredictionMetrics::Of(metrics_, unreadable.description);
    models.push_back(std::move(unreadable));
  }
}

void Models::WarmNewProduction(const ServedModels* before, const std::vector<ServedModel>& models) {
  if (before == nullptr || cache_ == nullptr) return;
  for (const ServedModel& served : models) {
    if (served.description.stage != model::Stage::kProduction) continue;
    const auto current =
        before->Choose({.model_id = {}, .model_name = served.description.model_name});
    if (!current.ok() || (*current)->model == served.model) continue;
    static_cast<void>(
        WarmCache(*cache_, served, options_.cache_warm_rows, options_.cache_warm_time));
  }
}

void Models::Publish(std::vector<ServedModel> models, ServedModels::Generations generations,
                     std::map<std::string, ServedName> names) {
  models.insert(models.end(), files_.begin(), files_.end());
  std::array<int, 4> by_stage{};
  for (const ServedModel& served : models) {
    if (served.model != nullptr) ++by_stage[static_cast<std::size_t>(served.description.stage)];
  }
  for (std::size_t stage = 0; stage < loaded_.size(); ++stage) {
    loaded_[stage].Set(by_stage[stage]);
  }
  served_.Publish(
      std::make_shared<const ServedModels>(std::move(models), generations, std::move(names)));
  const base::MutexLock lock(served_mutex_);
  served_generations_ = std::move(generations);
  served_changed_.NotifyAll();
}

base::Result<ModelChange> Models::Await(std::string_view model_name, registry::Change change,
                                        base::Deadline wait) {
  if (watcher_ != nullptr) watcher_->Nudge();
  ModelChange result{.model_id = std::move(change.model_id), .generation = change.generation};
  const base::MutexLock lock(served_mutex_);
  const auto served = [&]() REQUIRES(served_mutex_) {
    const auto found = served_generations_.find(std::string(model_name));
    return found != served_generations_.end() && found->second >= change.generation;
  };
  while (!served() && served_changed_.WaitUntil(served_mutex_, wait)) {
  }
  if (served()) result.served = ModelChange::Served::kYes;
  return result;
}

base::Result<registry::Listing> Models::LastListed(std::optional<std::string_view> name,
                                                   std::optional<model::Stage> stage,
                                                   const base::Error& failure) const {
  std::shared_ptr<const registry::Listing> listed;
  {
    const base::MutexLock lock(served_mutex_);
    listed = listed_;
  }
  if (listed == nullptr) return failure;
  registry::Listing wanted;
  for (const model::ModelDescription& version : listed->versions) {
    if (name && version.model_name != *name) continue;
    if (stage && version.stage != *stage) continue;
    wanted.versions.push_back(version);
  }
  for (const registry::DamagedModel& damaged : listed->damaged) {
    if (!name || damaged.model_name == *name) wanted.damaged.push_back(damaged);
  }
  return wanted;
}

base::Result<registry::Listing> Models::List(std::optional<std::string_view> name,
                                             std::optional<model::Stage> stage) const {
  registry::Listing all;
  for (const ServedModel& file : files_) {
    if (name && file.description.model_name != *name) continue;
    if (stage && file.description.stage != *stage) continue;
    all.versions.push_back(file.description);
  }
  if (registry_ == nullptr) return all;
  base::Result<registry::Listing> read = registry_->List(name, stage);
  if (!read.ok() && IsAway(read.error())) read = LastListed(name, stage, read.error());
  GC_ASSIGN_OR_RETURN(registry::Listing registered, std::move(read));
  all.versions.insert(all.versions.end(), std::make_move_iterator(registered.versions.begin()),
                      std::make_move_iterator(registered.versions.end()));
  all.damaged = std::move(registered.damaged);
  return all;
}

base::Result<model::ModelDescription> Models::Find(std::string_view model_id) const {
  for (const ServedModel& file : files_) {
    if (file.description.model_id == model_id) return file.description;
  }
  if (registry_ != nullptr) return registry_->Find(model_id);
  return base::NotFound(fmt::format("there is no model '{}'", model_id));
}

base::Result<model::ModelCard> Models::LoadCard(const model::ModelDescription& description) const {
  if (registry_ == nullptr || description.card_sha256.empty()) {
    return base::NotFound(fmt::format("{} has no model card", description.model_id));
  }
  return registry_->LoadCard(description);
}

base::Result<std::vector<registry::HistoryEntry>> Models::History(
    std::string_view model_name) const {
  if (registry_ == nullptr) return NoRegistry();
  return registry_->History(model_name);
}

base::Result<ModelChange> Models::Promote(std::string_view model_id,
                                          const registry::Promotion& promotion,
                                          const registry::Request& request, base::Deadline wait) {
  if (registry_ == nullptr) return NoRegistry();
  GC_ASSIGN_OR_RETURN(const model::ModelDescription description, registry_->Find(model_id));
  GC_ASSIGN_OR_RETURN(registry::Change change, registry_->Promote(model_id, promotion, request));
  return Await(description.model_name, std::move(change), wait);
}

base::Result<ModelChange> Models::SetAlias(std::string_view model_name, std::string_view alias,
                                           std::string_view model_id,
                                           const std::optional<std::string>& expected,
                                           const registry::Request& request, base::Deadline wait) {
  if (registry_ == nullptr) return NoRegistry();
  GC_ASSIGN_OR_RETURN(registry::Change change,
                      registry_->SetAlias(model_name, alias, model_id, expected, request));
  return Await(model_name, std::move(change), wait);
}

base::Result<ModelChange> Models::Rollback(std::string_view model_name,
                                           const registry::Request& request, base::Deadline wait) {
  if (registry_ == nullptr) return NoRegistry();
  GC_ASSIGN_OR_RETURN(registry::Change change, registry_->Rollback(model_name, request));
  return Await(model_name, std::move(change), wait);
}

base::Result<ModelChange> Models::SetTraffic(std::string_view model_name,
                                             const registry::Traffic& traffic,
                                             const std::optional<std::string>& expected_canary,
                                             const registry::Request& request,
                                             base::Deadline wait) {
  if (registry_ == nullptr) return NoRegistry();
  GC_ASSIGN_OR_RETURN(registry::Change change,
                      registry_->SetTraffic(model_name, traffic, expected_canary, request));
  return Await(model_name, std::move(change), wait);
}

base::Result<ModelChange> Models::SetPolicy(std::string_view model_name,
                                            const registry::VersionPolicy& policy,
                                            const registry::Request& request, base::Deadline wait) {
  if (registry_ == nullptr) return NoRegistry();
  GC_ASSIGN_OR_RETURN(registry::Change change, registry_->SetPolicy(model_name, policy, request));
  return Await(model_name, std::move(change), wait);
}

base::Result<ModelChange> Models::SetResidence(std::string_view model_name,
                                               registry::ServingState::Residence residence,
                                               const registry::Request& request,
                                               base::Deadline wait) {
  if (registry_ == nullptr) return NoRegistry();
  GC_ASSIGN_OR_RETURN(registry::Change change,
                      registry_->SetResidence(model_name, residence, request));
  return Await(model_name, std::move(change), wait);
}

}  // namespace geoclimate::service
