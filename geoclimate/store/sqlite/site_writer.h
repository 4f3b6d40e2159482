#pragma once

#include <string_view>

#include "geoclimate/airquality/site.h"
#include "geoclimate/base/result.h"
#include "geoclimate/store/sqlite/database.h"

namespace geoclimate::store::sqlite {

enum class SiteChange {
  kNone,
  kText,    // or a new site
  kOffset,  // its days begin at another time than before
};

// Adds what `origin` says of a site to its versions and to what its readers see.
base::Result<SiteChange> WriteSite(WriteTransaction& transaction, const airquality::Site& site,
                                   std::string_view origin);

// The site in the columns from 0 on: id, name, county, state, cbsa, latitude, longitude,
// utc_offset.
airquality::Site ReadSite(const Statement& statement);

}  // namespace geoclimate::store::sqlite
