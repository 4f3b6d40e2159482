#pragma once

#include <memory>

#include "geoclimate/store/alert_store.h"
#include "geoclimate/store/api_key_store.h"
#include "geoclimate/store/audit_store.h"
#include "geoclimate/store/issued_forecast_store.h"
#include "geoclimate/store/observation_store.h"
#include "geoclimate/store/prediction_log_store.h"
#include "geoclimate/store/skill_store.h"

namespace geoclimate::store {

// What an open database keeps. Each part keeps the database open; all of one share its connections.
struct Stores {
  std::unique_ptr<ObservationStore> observations;
  std::unique_ptr<IssuedForecastStore> issued_forecasts;
  std::unique_ptr<ApiKeyStore> api_keys;
  std::unique_ptr<AuditStore> audit;
  std::unique_ptr<PredictionLogStore> prediction_log;
  std::unique_ptr<AlertStore> alerts;
  std::unique_ptr<SkillStore> skill;
};

}  // namespace geoclimate::store
