#include <string>

#include <fmt/format.h>

#include "apps/geoclimate/doctor_checks.h"
#include "apps/geoclimate/storage.h"
#include "geoclimate/base/day.h"
#include "geoclimate/forecast/table_store.h"
#include "geoclimate/inference/loaded_model.h"
#include "geoclimate/registry/registry.h"

namespace geoclimate::app {
namespace {

void CheckModels(const registry::Registry& registry, Findings& findings) {
  const auto listed = registry.List(std::nullopt, model::Stage::kProduction);
  if (!listed.ok()) {
    findings.Fail("models", listed.error().message(), "restore the models from a backup");
    return;
  }
  for (const registry::DamagedModel& damaged : listed->damaged) {
    findings.Fail("models", fmt::format("{}: {}", damaged.model_id, damaged.error.message()),
                  "restore it from a backup");
  }
  int loaded = 0;
  for (const model::ModelDescription& description : listed->versions) {
    const auto artifact = registry.Load(description);
    const auto model =
        artifact.ok()
            ? inference::LoadedModel::Parse(description, *artifact)
            : base::Result<std::shared_ptr<const inference::LoadedModel>>(artifact.error());
    if (model.ok()) {
      ++loaded;
      continue;
    }
    findings.Fail("models", fmt::format("{}: {}", description.model_id, model.error().message()),
                  fmt::format("roll back ('geoclimate models rollback {}'), or restore it",
                              description.model_name));
  }
  if (loaded > 0) {
    findings.Ok("models", fmt::format("{} in production can be loaded", loaded));
  } else if (listed->versions.empty() && listed->damaged.empty()) {
    findings.Warn("models", "none is in production", "'geoclimate train --promote' makes them");
  }
}

void CheckForecasts(forecast::TableStore& tables, const DoctorCase& patient, Findings& findings) {
  const auto current = tables.Current();
  if (!current.ok()) {
    if (current.error().code() == base::ErrorCode::kNotFound) {
      findings.Warn("forecasts", "none were computed yet",
                    "'geoclimate issue' computes them, or serve does by itself");
    } else {
      findings.Fail("forecasts", current.error().message(), "compute them with 'geoclimate issue'");
    }
    return;
  }
  const auto table = tables.Load(current->digest);
  if (!table.ok()) {
    findings.Fail("forecasts", table.error().message(), "compute them with 'geoclimate issue'");
    return;
  }
  const std::string seen =
      fmt::format("{} sites as of {}, issued {}", (*table)->content().sites.size(),
                  base::FormatDay(current->as_of), base::FormatTimestamp(current->issued_at));
  const auto& pinned = patient.settings.forecasts.as_of;
  const base::LocalDay today =
      base::DayOf(patient.clock.Now(), std::chrono::minutes(0)) - std::chrono::days(1);
  const base::LocalDay wanted = pinned.value_or(today);
  if (current->as_of >= wanted - std::chrono::days(pinned ? 0 : 1)) {
    findings.Ok("forecasts", seen);
  } else {
    findings.Warn("forecasts", seen,
                  "they are old: fetch or ingest newer values, then 'geoclimate issue'");
  }
}

}  // namespace

void CheckModelsAndForecasts(const DoctorCase& patient, Findings& findings) {
  const auto storage =
      OpenStorage(patient.settings, {.data_dir = patient.data_dir, .config_file = {}});
  if (!storage.ok()) return;  // which CheckStorage has told
  const registry::Registry registry((*storage)->blobs(), patient.clock);
  CheckModels(registry, findings);
  forecast::TableStore tables((*storage)->blobs(), patient.clock);
  CheckForecasts(tables, patient, findings);
}

}  // namespace geoclimate::app
