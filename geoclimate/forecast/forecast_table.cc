#include "geoclimate/forecast/forecast_table.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace geoclimate::forecast {
namespace {

std::vector<std::optional<airquality::Coordinates>> PlacesOf(const TableContent& content) {
  std::vector<std::optional<airquality::Coordinates>> places;
  places.reserve(content.sites.size());
  for (const SiteForecast& site : content.sites) places.push_back(site.coordinates);
  return places;
}

bool Same(const features::ReportedValues& a, const features::ReportedValues& b) {
  const auto same = [](float x, float y) { return x == y || (std::isnan(x) && std::isnan(y)); };
  return same(a.today, b.today) && same(a.yesterday, b.yesterday) && same(a.last, b.last) &&
         same(a.age_days, b.age_days) && same(a.mean7, b.mean7) && same(a.mean30, b.mean30) &&
         same(a.mean_all, b.mean_all);
}

}  // namespace

bool operator==(const ReportingSite& a, const ReportingSite& b) {
  return a.id == b.id && a.coordinates == b.coordinates && a.utc_offset == b.utc_offset &&
         std::ranges::equal(a.values, b.values, Same);
}

const DayForecast* SiteForecast::Find(int horizon_days) const {
  const auto day = std::ranges::find(days, horizon_days, &DayForecast::horizon_days);
  return day == days.end() ? nullptr : &*day;
}

bool BoundingBox::Contains(const airquality::Coordinates& point) const {
  if (point.latitude < south || point.latitude > north) return false;
  if (west <= east) return point.longitude >= west && point.longitude <= east;
  return point.longitude >= west || point.longitude <= east;
}

ForecastTable::ForecastTable(TableContent content, std::string digest)
    : content_(std::move(content)), digest_(std::move(digest)), nearest_(PlacesOf(content_)) {}

const SiteForecast* ForecastTable::Find(airquality::SiteId site) const {
  const auto found = std::ranges::lower_bound(content_.sites, site, {}, &SiteForecast::id);
  return found == content_.sites.end() || found->id != site ? nullptr : &*found;
}

std::optional<ForecastTable::Nearest> ForecastTable::FindNearest(
    const airquality::Coordinates& point) const {
  const std::optional<std::size_t> place = nearest_.Find(point);
  if (!place) return std::nullopt;
  const SiteForecast& site = content_.sites[*place];
  return Nearest{&site, airquality::DistanceKm(point, *site.coordinates)};
}

void ForecastTable::ForEachIn(const BoundingBox& box,
                              const std::function<void(const SiteForecast&)>& visit) const {
  for (const SiteForecast& site : content_.sites) {
    if (site.coordinates && box.Contains(*site.coordinates)) visit(site);
  }
}

base::Timestamp ForecastTable::ValidFrom(const SiteForecast& site, int horizon_days) const {
  return base::DayStart(content_.as_of + std::chrono::days(horizon_days), site.utc_offset);
}

base::Timestamp ForecastTable::ValidTo(const SiteForecast& site, int horizon_days) const {
  return ValidFrom(site, horizon_days + 1);
}

base::Timestamp ForecastTable::DataCutoff(const SiteForecast& site) const {
  return ValidFrom(site, 1);
}

}  // namespace geoclimate::forecast
