// The part of Models that decides what the next set is made of.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "geoclimate/base/log.h"
#include "geoclimate/service/models.h"
#include "geoclimate/telemetry/trace_context.h"

namespace geoclimate::service {
namespace {

using registry::ServingState;
using registry::VersionPolicy;

constexpr std::array<double, 9> kDifferenceBuckets = {0, 1e-6, 1e-4, 1e-2, 0.1, 1, 10, 100, 1000};

bool HasTraffic(const ServingState& serving, const std::string& model_id) {
  return serving.traffic.canary == model_id || serving.traffic.shadow == model_id;
}

bool KeptWhateverTheLimit(const model::ModelDescription& description, const ServingState& serving) {
  return description.stage == model::Stage::kProduction ||
         description.stage == model::Stage::kStaging || !description.aliases.empty() ||
         HasTraffic(serving, description.model_id);
}

// Versions of one name that its policy asks for, beside those that are kept anyway.
bool PolicyKeeps(const VersionPolicy& policy, const model::ModelDescription& description,
                 std::size_t newer) {
  switch (policy.kind) {
    case VersionPolicy::Kind::kDefault:
    case VersionPolicy::Kind::kAll:
      return true;
    case VersionPolicy::Kind::kLatest:
      return newer < policy.latest;
    case VersionPolicy::Kind::kSpecific:
      return std::ranges::find(policy.specific, description.model_id) != policy.specific.end();
  }
  return true;
}

const ServedModel* FindLoaded(const std::vector<ServedModel>& models, std::string_view model_id) {
  const auto found = std::ranges::find_if(models, [&](const ServedModel& served) {
    return served.description.model_id == model_id && served.model != nullptr;
  });
  return found == models.end() ? nullptr : &*found;
}

ShadowMetrics ShadowMetricsOf(telemetry::MetricRegistry& metrics,
                              const model::ModelDescription& shadow) {
  const std::string version = fmt::format("v{}", shadow.version);
  const auto rows = [&](std::string_view outcome) {
    return metrics.AddCounter(
        "shadow_rows_total", "Rows that a shadow scored beside production, by outcome",
        {{"model", shadow.model_name}, {"version", version}, {"outcome", outcome}});
  };
  return {.equal = rows("equal"),
          .different = rows("different"),
          .failed = rows("failed"),
          .dropped = rows("dropped"),
          .difference = metrics.AddHistogram(
              "shadow_difference", "How far a shadow's answer is from production's",
              kDifferenceBuckets, {{"model", shadow.model_name}, {"version", version}})};
}

}  // namespace

std::vector<model::ModelDescription> Models::ChooseVersions(
    std::vector<model::ModelDescription> all,
    const std::map<std::string, ServingState>& serving) const {
  const ServingState usual;
  const auto serving_of = [&](const model::ModelDescription& description) -> const ServingState& {
    const auto found = serving.find(description.model_name);
    return found == serving.end() ? usual : found->second;
  };
  // By name, then newest first.
  std::map<std::string, std::size_t> newer;
  std::erase_if(all, [&](const model::ModelDescription& description) {
    const ServingState& name = serving_of(description);
    if (name.residence == ServingState::Residence::kUnloaded) return true;
    const bool archived = description.stage == model::Stage::kArchived;
    if (archived && description.aliases.empty()) return true;
    const std::size_t before = newer[description.model_name]++;
    return !KeptWhateverTheLimit(description, name) &&
           !PolicyKeeps(name.policy, description, before);
  });
  const auto kept_anyway = [&](const model::ModelDescription& description) {
    const ServingState& name = serving_of(description);
    return KeptWhateverTheLimit(description, name) ||
           name.policy.kind != VersionPolicy::Kind::kDefault;
  };
  std::sort(all.begin(), all.end(), [&](const auto& a, const auto& b) {
    if (kept_anyway(a) != kept_anyway(b)) return kept_anyway(a);
    if (a.created_at != b.created_at) return a.created_at > b.created_at;
    return a.model_id < b.model_id;
  });
  const auto kept = static_cast<std::size_t>(std::count_if(all.begin(), all.end(), kept_anyway));
  if (const std::size_t most = std::max(kept, options_.max_models); all.size() > most) {
    all.resize(most);
  }
  return all;
}

ServedName Models::ServeName(const std::string& name, const ServingState& serving,
                             const ServedModels* before,
                             const std::vector<ServedModel>& models) const {
  ServedName served;
  served.is_unloaded = serving.residence == ServingState::Residence::kUnloaded;
  if (served.is_unloaded) return served;
  const ServedName* old = nullptr;
  if (before != nullptr) {
    const auto found = before->names().find(name);
    if (found != before->names().end()) old = &found->second;
  }
  const registry::Traffic& traffic = served.traffic = serving.traffic;
  if (!traffic.canary.empty()) {
    // What is known of a canary stays known while its share is the same.
    const bool same = old != nullptr && old->split != nullptr &&
                      old->split->canary() == traffic.canary &&
                      old->split->share() == traffic.share;
    served.split =
        same ? old->split : std::make_shared<TrafficSplit>(traffic.canary, traffic.share);
  }
  if (const ServedModel* const shadow = FindLoaded(models, traffic.shadow); shadow != nullptr) {
    const auto production = std::ranges::find_if(models, [&](const ServedModel& one) {
      return one.description.model_name == name && one.model != nullptr &&
             one.description.stage == model::Stage::kProduction;
    });
    // Rows of other features mean something else to it.
    if (production != models.end() &&
        production->schema().fingerprint() == shadow->schema().fingerprint()) {
      served.mirror = std::make_shared<ShadowMirror>(
          shadow->model, shadow->scheduler, ShadowMetricsOf(metrics_, shadow->description));
    } else {
      base::Log(base::LogLevel::kWarning, "service", "a shadow has other features than production",
                {{"shadow", traffic.shadow}});
    }
  }
  return served;
}

void Models::StandIn(const ServedModels* before, std::vector<ServedModel>& models,
                     std::map<std::string, ServedName>& names) const {
  if (before == nullptr) return;
  std::vector<ServedModel> kept;
  for (const ServedModel& served : models) {
    const model::ModelDescription& description = served.description;
    if (description.stage != model::Stage::kProduction || !served.failure) continue;
    const ServedModel* const old = before->ProductionOf(description.model_name);
    if (old == nullptr || old->model == nullptr) continue;
    names[description.model_name].stand_in = old->description.model_id;
    if (FindLoaded(models, old->description.model_id) != nullptr) continue;
    kept.push_back(*old);
    kept.back().description.stage = model::Stage::kDev;
  }
  models.insert(models.end(), std::make_move_iterator(kept.begin()),
                std::make_move_iterator(kept.end()));
}

// Nobody can be asked to come again, so that the record may wait for its store.
void Models::NoteCanaryTaken(const std::string& name, const std::string& canary,
                             const std::string& verdict, const ServedModel* production) const {
  if (options_.audit == nullptr) return;
  access::AuditEntry entry;
  entry.actor = "geoclimate serve";
  entry.address = "local";
  entry.action = "model.canary_rollback";
  entry.subject = name;
  entry.from = canary;
  if (production != nullptr) entry.to = production->description.model_id;
  entry.reason = verdict;
  entry.request_id = fmt::format("{:016x}", telemetry::RandomId());
  options_.audit->Note(std::move(entry));
}

void Models::JudgeCanaries() {
  const auto set = ServedShared();
  if (set == nullptr || registry_ == nullptr) return;
  for (const auto& [name, served] : set->names()) {
    if (served.split == nullptr) continue;
    const std::string& canary = served.split->canary();
    std::optional<std::string> verdict = served.split->Verdict(options_.canary);
    for (const ServedModel& model : set->models()) {
      if (model.description.model_id == canary && model.failure) {
        verdict = fmt::format("it could not be loaded: {}", model.failure->message());
      }
    }
    if (!verdict) continue;
    base::Log(base::LogLevel::kWarning, "service", "a canary is taken away",
              {{"model_id", canary}, {"why", *verdict}});
    // Another replica may have been quicker, or somebody has changed the traffic: theirs counts.
    const registry::Traffic rest = {.shadow = served.traffic.shadow};
    const auto taken = registry_->SetTraffic(
        name, rest, canary,
        {.actor = "geoclimate serve", .reason = fmt::format("canary: {}", *verdict)});
    if (taken.ok()) {
      NoteCanaryTaken(name, canary, *verdict, set->ProductionOf(name));
      metrics_
          .AddCounter("canary_rollbacks_total", "Canaries taken away because they were worse",
                      {{"model", name}})
          .Add();
    } else {
      base::Log(base::LogLevel::kWarning, "service", "a canary could not be taken away",
                {{"model_id", canary}, {"error", taken.error().ToString()}});
    }
  }
}

}  // namespace geoclimate::service
