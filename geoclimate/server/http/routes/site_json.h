#pragma once

#include <optional>

#include "geoclimate/base/day.h"
#include "geoclimate/formats/json.h"
#include "geoclimate/server/http/request.h"
#include "geoclimate/server/http/routes/query_fields.h"
#include "geoclimate/service/forecasts.h"
#include "geoclimate/service/site_directory.h"
#include "geoclimate/service/site_values.h"

namespace geoclimate::server::http::routes {

// Members of a site, written into an open object: site_id, name, county, state, cbsa, latitude,
// longitude, utc_offset_minutes, first_day, last_day, pollutants[{pollutant, first_day, last_day,
// days}].
void WriteListedSite(formats::JsonWriter& json, const service::ListedSite& listed);

// Members of the newest observed values, written into an open object: date, aqi, category, color,
// dominant_pollutant (null without values), pollutants[...].
void WriteCurrentValues(formats::JsonWriter& json, const service::CurrentValues& current,
                        const airquality::Site& site);

// Finds the site that `site` or latitude and longitude name. kNotFound for an unknown site, or when
// none lies within `max_distance_km`. One of the two must be there: check the query before.
base::Result<service::NearbySite> Locate(const service::SiteDirectory& directory,
                                         std::optional<airquality::SiteId> site,
                                         const std::optional<airquality::Coordinates>& place,
                                         double max_distance_km);

}  // namespace geoclimate::server::http::routes
