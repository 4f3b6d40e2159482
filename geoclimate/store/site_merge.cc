#include "geoclimate/store/site_merge.h"

#include <tuple>
#include <utility>

#include "geoclimate/base/check.h"

namespace geoclimate::store {
namespace {

using airquality::Site;

std::string MergeText(std::span<const SiteVersion> versions, std::string Site::* field) {
  const SiteVersion* best = nullptr;
  for (const SiteVersion& version : versions) {
    if ((version.site.*field).empty()) continue;
    if (best == nullptr ||
        std::tie(best->origin, best->site.*field) < std::tie(version.origin, version.site.*field)) {
      best = &version;
    }
  }
  return best == nullptr ? std::string() : best->site.*field;
}

// Orders the versions by what they say of the place; one without coordinates comes before any.
auto PlaceKey(const SiteVersion& version) {
  const auto& place = version.site.coordinates;
  return std::tuple(place.has_value(), std::string_view(version.origin),
                    place ? place->latitude : 0.0, place ? place->longitude : 0.0,
                    version.site.utc_offset.count());
}

}  // namespace

bool SameSite(const Site& a, const Site& b) {
  return a.id == b.id && a.name == b.name && a.county == b.county && a.state == b.state &&
         a.cbsa == b.cbsa && a.coordinates == b.coordinates && a.utc_offset == b.utc_offset;
}

Site MergeSite(std::span<const SiteVersion> versions) {
  GC_CHECK(!versions.empty(), "a known site has a version");
  const SiteVersion* place = &versions.front();
  for (const SiteVersion& version : versions) {
    if (PlaceKey(*place) < PlaceKey(version)) place = &version;
  }
  Site site;
  site.id = versions.front().site.id;
  site.name = MergeText(versions, &Site::name);
  site.county = MergeText(versions, &Site::county);
  site.state = MergeText(versions, &Site::state);
  site.cbsa = MergeText(versions, &Site::cbsa);
  site.coordinates = place->site.coordinates;
  site.utc_offset = place->site.utc_offset;
  return site;
}

}  // namespace geoclimate::store
