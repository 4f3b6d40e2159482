#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "geoclimate/base/clock.h"
#include "geoclimate/server/http/lifecycle.h"
#include "geoclimate/server/http/route.h"
#include "geoclimate/server/http/routes/management.h"
#include "geoclimate/service/alerts.h"
#include "geoclimate/service/cache_control.h"
#include "geoclimate/service/drift.h"
#include "geoclimate/service/forecasts.h"
#include "geoclimate/service/health.h"
#include "geoclimate/service/models.h"
#include "geoclimate/service/observations.h"
#include "geoclimate/service/site_directory.h"
#include "geoclimate/service/site_values.h"
#include "geoclimate/service/skill.h"
#include "geoclimate/telemetry/metrics.h"

namespace geoclimate::server::http::routes {

struct PredictionLimits {
  // Rows of a batch; above it 413.
  std::size_t max_batch_rows = 10'000;
};

// Whole pages of forecasts are compressed once and kept, for callers that take gzip.
struct PageCompression {
  std::size_t minimum_bytes = 1000;  // smaller pages are sent as they are
  int level = 6;                     // 1 is fastest, 9 smallest
};

// Each adds the rows of one endpoint, and the schemas that only it uses. What is given must outlive
// the server that the table is for.

// Section 1 of the wire contract.
void AddRootRoute(std::string version, RouteTable& table);
void AddHealthRoutes(const service::Health& health, const Lifecycle& lifecycle, RouteTable& table);
void AddMetricsRoutes(const telemetry::MetricRegistry& metrics, RouteTable& table);
void AddPredictRoute(const service::Models& models, const base::Clock& clock, RouteTable& table);
void AddExplainRoute(const service::Models& models, RouteTable& table);
void AddPredictBatchRoute(const service::Models& models, const base::Clock& clock,
                          const PredictionLimits& limits, RouteTable& table);
void AddModelRoutes(const service::Models& models, RouteTable& table);
void AddModelCardRoute(const service::Models& models, RouteTable& table);
void AddModelDriftRoute(const service::Models& models, const service::Drift& drift,
                        RouteTable& table);
void AddUsageRoute(RouteTable& table);
// On the management listener.
void AddPromoteRoute(service::Models& models, const Management& management, RouteTable& table);
void AddAliasRoute(service::Models& models, const Management& management, RouteTable& table);
void AddTrafficRoutes(service::Models& models, const Management& management, RouteTable& table);
void AddVersionPolicyRoute(service::Models& models, const Management& management,
                           RouteTable& table);
void AddRollbackRoute(service::Models& models, const Management& management, RouteTable& table);
void AddCacheClearRoute(service::CacheControl& caches, const Management& management,
                        RouteTable& table);
void AddCacheWarmRoute(service::CacheControl& caches, const Management& management,
                       RouteTable& table);
void AddAuditRoute(access::AuditLog& audit, RouteTable& table);
void AddCacheStateRoute(const service::CacheControl& caches, RouteTable& table);
void AddModelHistoryRoute(const service::Models& models, RouteTable& table);

// Section 2; only with a data directory.
void AddSiteRoutes(const service::Sites& sites, const service::SiteValues& values,
                   const service::Forecasts& forecasts, RouteTable& table);
void AddCurrentRoute(const service::Sites& sites, const service::SiteValues& values,
                     const service::Forecasts& forecasts, RouteTable& table);
// Renders every table that `forecasts` serves once, when it comes. Places are forecast by `models`.
void AddForecastRoute(service::Forecasts& forecasts, const service::Models& models,
                      const PageCompression& compression, RouteTable& table);
void AddHistoryRoute(const service::Sites& sites, const service::SiteValues& values,
                     RouteTable& table);
void AddSkillRoute(const service::Skill& skill, RouteTable& table);
// Null `audit`: without records.
void AddObservationsRoute(service::Observations& observations, access::AuditLog* audit,
                          RouteTable& table);
void AddAqiRoute(RouteTable& table);
// Alerts, their dead letters and the schemas of both.
void AddAlertRoutes(service::Alerts& alerts, const Management& management, RouteTable& table);
void AddDeadLetterRoutes(service::Alerts& alerts, const Management& management, RouteTable& table);
void AddAlertSchemas(RouteTable& table);

// Section 3: the Open Inference Protocol and its extensions.
void AddV2ServiceRoutes(std::string version, const service::Models& models,
                        const Lifecycle& lifecycle, RouteTable& table);
void AddV2ModelRoutes(const service::Models& models, const PredictionLimits& limits,
                      RouteTable& table);
void AddV2StatisticsRoutes(const service::Models& models, RouteTable& table);
void AddV2RepositoryRoutes(const service::Models& models, RouteTable& table);
// On the management listener.
void AddV2RepositoryControlRoutes(service::Models& models, const Management& management,
                                  RouteTable& table);
void AddV2InferRoutes(const service::Models& models, const base::Clock& clock,
                      const PredictionLimits& limits, RouteTable& table);

// The schemas that several routes name: ModelDescription, PredictionResponse, SiteForecast.
void AddSharedSchemas(RouteTable& table);

}  // namespace geoclimate::server::http::routes
