#pragma once

#include <span>
#include <string>

#include "geoclimate/airquality/site.h"

namespace geoclimate::store {

// What one origin says of a site.
struct SiteVersion {
  airquality::Site site;
  std::string origin;
};

// The same in every field.
bool SameSite(const airquality::Site& a, const airquality::Site& b);

// The site as ObservationWriter::PutSites() promises: field by field the value that is not empty
// of the greatest origin, then the greater value; the offset comes with the coordinates, or, where
// no version has any, from the greatest origin. Does not depend on the order of `versions`, of
// which there is at least one and all are of one site.
airquality::Site MergeSite(std::span<const SiteVersion> versions);

}  // namespace geoclimate::store
