#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/airquality/basis.h"
#include "geoclimate/airquality/method.h"
#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/airquality/site.h"
#include "geoclimate/base/clock.h"
#include "geoclimate/base/day.h"
#include "geoclimate/base/result.h"
#include "geoclimate/features/place_features.h"
#include "geoclimate/forecast/error_correlation.h"
#include "geoclimate/forecast/nearest_site.h"
#include "geoclimate/model/forecaster.h"

namespace geoclimate::forecast {

// The lead times that are forecast, in days.
inline constexpr int kMaxHorizonDays = 3;

// One pollutant on one day at one site.
struct PollutantForecast {
  airquality::Pollutant pollutant = airquality::Pollutant::kPm25;
  airquality::Method method = airquality::Method::kModel;
  airquality::Basis basis = airquality::Basis::kSite;
  std::uint16_t model = 0;            // index into TableContent::model_ids
  base::LocalDay last_observed;       // the newest value that it is made from
  model::Distribution concentration;  // EPA unit; may be negative, as observations may
  float probability_over_100 = 0;     // of AQI > 100, calibrated as the quantiles are
  // AQI of p10, p50 and p90 under TableContent::aqi_tables; a negative concentration counts as 0.
  std::int32_t aqi_p10 = 0;
  std::int32_t aqi = 0;
  std::int32_t aqi_p90 = 0;
  friend bool operator==(const PollutantForecast&, const PollutantForecast&) = default;
};

// One day at one site, over its pollutants.
struct DayForecast {
  int horizon_days = 1;
  // The pollutant with the highest AQI of p50, and that AQI; of equals the first in `pollutants`.
  airquality::Pollutant dominant = airquality::Pollutant::kPm25;
  std::int32_t aqi = 0;
  // 10 % and 90 % points of the highest AQI over the pollutants, from joint samples
  // (overall_aqi.h); p10 <= aqi <= p90.
  std::int32_t aqi_p10 = 0;
  std::int32_t aqi_p90 = 0;
  float probability_over_100 = 0;             // that any pollutant's AQI is over 100
  std::vector<PollutantForecast> pollutants;  // ordered by pollutant; not empty
  friend bool operator==(const DayForecast&, const DayForecast&) = default;
};

struct SiteForecast {
  airquality::SiteId id;
  std::string name;
  std::optional<airquality::Coordinates> coordinates;
  std::chrono::minutes utc_offset{0};  // of local standard time
  std::vector<DayForecast> days;       // ordered by horizon; not empty
  friend bool operator==(const SiteForecast&, const SiteForecast&) = default;

  // Null when there is none for that lead time.
  const DayForecast* Find(int horizon_days) const;
};

// A site as the places around it see it at the end of TableContent::as_of.
struct ReportingSite {
  airquality::SiteId id;
  airquality::Coordinates coordinates;
  std::chrono::minutes utc_offset{0};
  // By pollutant; features::Silent() of those that it does not report. One at least is reported.
  std::array<features::ReportedValues, airquality::kPollutantCount> values;
};
bool operator==(const ReportingSite& a, const ReportingSite& b);  // NaN equals NaN

// Who forecasts places of one pollutant and lead time. Indexes into TableContent::model_ids.
struct PlaceModels {
  std::optional<std::uint16_t> production;
  std::optional<std::uint16_t> fallback;
  friend bool operator==(const PlaceModels&, const PlaceModels&) = default;
};

// What a forecast of any place needs besides the models themselves and the correlations
// (place_forecast.h), so that it is as fixed as the forecasts of sites are.
struct PlaceBasis {
  // By pollutant, then by horizon - 1.
  std::array<std::array<PlaceModels, kMaxHorizonDays>, airquality::kPollutantCount> models;
  std::vector<ReportingSite> sites;  // ordered by id; empty without any model
  friend bool operator==(const PlaceBasis&, const PlaceBasis&) = default;
};

// What a table says: made by the issue cycle, read by everybody else.
struct TableContent {
  base::LocalDay as_of;       // the last day whose values were known: the only "today"
  base::Timestamp issued_at;  // when it was computed
  std::array<std::string, airquality::kPollutantCount> aqi_tables;  // "epa-2024", by pollutant
  // Of which the overall AQI's intervals are made (overall_aqi.h).
  ErrorCorrelations error_correlations = EqualCorrelations(0);
  std::vector<std::string> model_ids;
  std::vector<SiteForecast> sites;  // ordered by id
  PlaceBasis places = {};
  friend bool operator==(const TableContent&, const TableContent&) = default;
};

struct BoundingBox {
  double south = -90;  // degrees
  double west = -180;
  double north = 90;
  double east = 180;  // less than west: the box crosses the 180th meridian
  bool Contains(const airquality::Coordinates& point) const;
};

// The current forecasts of every site: an immutable artifact (docs/formats/forecast_table.md),
// computed by one writer and only loaded by the others, so that every replica gives the same
// answers and the same ETag. Loading 1 300 sites of three days takes a few milliseconds.
//
// Thread-safe without locks: nothing changes after Parse(). Views live as long as the table.
class ForecastTable {
 public:
  // kDataLoss naming where, for bytes that EncodeForecastTable did not write. Safe on hostile
  // input.
  static base::Result<ForecastTable> Parse(std::string_view bytes);

  const TableContent& content() const { return content_; }
  // SHA-256 of the bytes, 64 hexadecimal digits: the artifact's name and its ETag.
  const std::string& digest() const { return digest_; }

  // Null for a site without a forecast.
  const SiteForecast* Find(airquality::SiteId site) const;
  struct Nearest {
    const SiteForecast* site;
    double distance_km;
  };
  // Nothing when no site has coordinates. Logarithmic in the number of sites.
  std::optional<Nearest> FindNearest(const airquality::Coordinates& point) const;
  // Sites with coordinates in `box`, in the order of their ids.
  void ForEachIn(const BoundingBox& box,
                 const std::function<void(const SiteForecast&)>& visit) const;

  // When the local standard day of a forecast begins and ends, UTC.
  base::Timestamp ValidFrom(const SiteForecast& site, int horizon_days) const;
  base::Timestamp ValidTo(const SiteForecast& site, int horizon_days) const;
  // The end of as_of at the site: nothing measured later is in its forecasts. Of one pollutant, see
  // PollutantForecast::last_observed.
  base::Timestamp DataCutoff(const SiteForecast& site) const;

 private:
  ForecastTable(TableContent content, std::string digest);
  TableContent content_;
  std::string digest_;
  NearestSite nearest_;
};

// The artifact's bytes: deterministic, equal content gives equal bytes. `content` holds what its
// comments say; anything else is a bug.
std::string EncodeForecastTable(const TableContent& content);

}  // namespace geoclimate::forecast
