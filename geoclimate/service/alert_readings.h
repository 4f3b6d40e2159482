#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "geoclimate/airquality/method.h"
#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/airquality/site.h"
#include "geoclimate/alerts/alert_rule.h"
#include "geoclimate/alerts/alert_state.h"
#include "geoclimate/base/clock.h"
#include "geoclimate/base/day.h"
#include "geoclimate/base/result.h"
#include "geoclimate/forecast/place_forecast.h"
#include "geoclimate/service/forecasts.h"
#include "geoclimate/service/models.h"
#include "geoclimate/service/site_directory.h"
#include "geoclimate/service/site_values.h"

namespace geoclimate::service {

// Where the values come from that alerts are about.
struct AlertSources {
  Sites& sites;
  const SiteValues& values;
  const Forecasts& forecasts;
  const Models& models;
};

// A value as an alert sees it, with what its owner is told of it.
struct AlertReading {
  alerts::Reading reading;
  std::optional<airquality::SiteId> site;  // the nearest one of a place that has no forecast itself
  std::string site_name;
  airquality::Pollutant pollutant = airquality::Pollutant::kPm25;  // the dominant one of an AQI
  int aqi = 0;
  std::optional<double> concentration;  // EPA unit; of one pollutant
  airquality::Method method = airquality::Method::kObserved;
  base::Timestamp valid_from;
  base::Timestamp valid_to;
  std::string model_id;  // of a forecast of one pollutant
  std::string table;     // digest
  std::optional<base::Timestamp> issued_at;
};

// The readings of one moment. What is observed counts as /v1/current shows it: live values, else
// those of days not older than the one before the last complete one, since older ones say nothing
// of now.
//
// Not thread-safe; for one pass over all alerts.
class AlertReadings {
 public:
  AlertReadings(const AlertSources& sources, base::Timestamp now);

  // Nothing when there is no such value now. kUnavailable when there will be soon: a model of
  // places is not loaded yet. Else the store's errors.
  base::Result<std::optional<AlertReading>> Read(const alerts::AlertRule& rule);

 private:
  base::Result<std::optional<AlertReading>> ReadForecast(const alerts::AlertRule& rule);
  base::Result<std::optional<AlertReading>> ReadObserved(const alerts::AlertRule& rule);
  std::optional<AlertReading> ReadDay(const alerts::AlertRule& rule,
                                      const forecast::SiteForecast& site) const;
  // Of the site's forecast, or one of the place.
  base::Result<std::optional<AlertReading>> ReadPlace(const alerts::AlertRule& rule);
  base::Result<const CurrentValues*> ValuesOf(const ListedSite& site);

  const AlertSources& sources_;
  const base::Timestamp now_;
  const base::LocalDay as_of_;
  const inference::SnapshotRef<SiteDirectory> directory_;
  SharedTable table_;  // null without a current one
  std::optional<forecast::PlaceForecaster> places_;
  std::map<airquality::SiteId, CurrentValues> values_;
};

}  // namespace geoclimate::service
