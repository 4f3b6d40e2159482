#include "geoclimate/service/alert_readings.h"

#include <algorithm>
#include <utility>

#include "geoclimate/model/forecaster.h"
#include "geoclimate/service/place_forecasts.h"

namespace geoclimate::service {
namespace {

using Found = base::Result<std::optional<AlertReading>>;

constexpr std::chrono::days kOneDay{1};

const forecast::PollutantForecast* Find(const forecast::DayForecast& day,
                                        airquality::Pollutant pollutant) {
  const auto found = std::find_if(
      day.pollutants.begin(), day.pollutants.end(),
      [pollutant](const forecast::PollutantForecast& one) { return one.pollutant == pollutant; });
  return found == day.pollutants.end() ? nullptr : &*found;
}

// Whether a value says something of now.
bool IsRecent(const CurrentValue& value, base::LocalDay as_of) {
  return value.hour.has_value() || value.day >= as_of - kOneDay;
}

void SetPeriod(const CurrentValue& value, const airquality::Site& site, AlertReading& reading) {
  if (value.hour) {
    reading.valid_from = *value.hour;
    reading.valid_to = *value.hour + std::chrono::hours(1);
    return;
  }
  reading.valid_from = base::DayStart(value.day, site.utc_offset);
  reading.valid_to = base::DayStart(value.day + kOneDay, site.utc_offset);
}

}  // namespace

AlertReadings::AlertReadings(const AlertSources& sources, base::Timestamp now)
    : sources_(sources),
      now_(now),
      as_of_(sources.forecasts.AsOf(now)),
      directory_(sources.sites.Directory()) {
  auto table = sources.forecasts.Current(now);
  if (!table.ok()) return;
  table_ = *std::move(table);
  places_.emplace(table_->content());
}

Found AlertReadings::Read(const alerts::AlertRule& rule) {
  return rule.watched == alerts::Watched::kForecast ? ReadForecast(rule) : ReadObserved(rule);
}

Found AlertReadings::ReadForecast(const alerts::AlertRule& rule) {
  if (table_ == nullptr) return std::optional<AlertReading>();
  if (rule.place) return ReadPlace(rule);
  const forecast::SiteForecast* site = table_->Find(*rule.site);
  if (site == nullptr) return std::optional<AlertReading>();
  return ReadDay(rule, *site);
}

// As GET /v1/forecast answers for a place.
Found AlertReadings::ReadPlace(const alerts::AlertRule& rule) {
  const auto nearest = table_->FindNearest(*rule.place);
  if (places_->available() && !(nearest && nearest->distance_km <= kAtSiteKm)) {
    const auto place = ForecastPlace(sources_.models, *places_, *rule.place);
    if (place.ok()) return ReadDay(rule, place->forecast);
    if (place.error().code() != base::ErrorCode::kNotFound) return place.error();
    return std::optional<AlertReading>();
  }
  if (!nearest || nearest->distance_km > sources_.forecasts.options().max_distance_km) {
    return std::optional<AlertReading>();
  }
  return ReadDay(rule, *nearest->site);
}

std::optional<AlertReading> AlertReadings::ReadDay(const alerts::AlertRule& rule,
                                                   const forecast::SiteForecast& site) const {
  const forecast::DayForecast* day = site.Find(rule.horizon_days);
  if (day == nullptr) return std::nullopt;
  const forecast::PollutantForecast* one = Find(*day, rule.pollutant.value_or(day->dominant));
  if (one == nullptr) return std::nullopt;
  const forecast::TableContent& content = table_->content();
  AlertReading found;
  found.pollutant = one->pollutant;
  found.aqi = rule.pollutant ? one->aqi : day->aqi;
  found.method = one->method;
  found.model_id = content.model_ids[one->model];
  if (rule.pollutant) found.concentration = double{one->concentration.quantiles[model::kP50]};
  found.table = table_->digest();
  found.issued_at = content.issued_at;
  const base::LocalDay valid = content.as_of + std::chrono::days(rule.horizon_days);
  found.valid_from = base::DayStart(valid, site.utc_offset);
  found.valid_to = base::DayStart(valid + kOneDay, site.utc_offset);
  // A place has no id.
  if (site.id != airquality::SiteId()) found.site = site.id;
  found.site_name = site.name;
  found.reading = {.value = rule.measure == alerts::Measure::kAqi ? static_cast<double>(found.aqi)
                                                                  : *found.concentration,
                   .episode = base::FormatDay(valid),
                   .utc_offset = site.utc_offset};
  return found;
}

base::Result<const CurrentValues*> AlertReadings::ValuesOf(const ListedSite& site) {
  const auto known = values_.find(site.site.id);
  if (known != values_.end()) return &known->second;
  const base::Timestamp moment = sources_.forecasts.CurrentMoment(site.site.utc_offset, now_);
  GC_ASSIGN_OR_RETURN(CurrentValues values, sources_.values.Current(site, as_of_, moment));
  return &values_.emplace(site.site.id, std::move(values)).first->second;
}

Found AlertReadings::ReadObserved(const alerts::AlertRule& rule) {
  const ListedSite* site = nullptr;
  if (rule.site) {
    site = directory_->Find(*rule.site);
  } else if (const auto near = directory_->FindNearest(*rule.place);
             near && near->distance_km <= sources_.forecasts.options().max_distance_km) {
    site = near->site;
  }
  if (site == nullptr) return std::optional<AlertReading>();
  GC_ASSIGN_OR_RETURN(const CurrentValues* const current, ValuesOf(*site));
  // The overall AQI is its dominant pollutant's.
  std::optional<airquality::Pollutant> wanted = rule.pollutant;
  if (!wanted && current->overall) wanted = current->overall->pollutant;
  const auto value =
      std::find_if(current->values.begin(), current->values.end(),
                   [&](const CurrentValue& one) { return wanted && one.aqi.pollutant == *wanted; });
  if (value == current->values.end() || !IsRecent(*value, as_of_)) {
    return std::optional<AlertReading>();
  }
  AlertReading found;
  found.site = site->site.id;
  found.site_name = site->site.name;
  found.pollutant = value->aqi.pollutant;
  found.aqi = value->aqi.aqi;
  found.concentration = value->value.value();
  found.method = value->method;
  SetPeriod(*value, site->site, found);
  found.reading = {.value = rule.measure == alerts::Measure::kAqi ? static_cast<double>(found.aqi)
                                                                  : *found.concentration,
                   .episode = {},
                   .utc_offset = site->site.utc_offset};
  return std::optional(std::move(found));
}

}  // namespace geoclimate::service
