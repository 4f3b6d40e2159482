#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/airquality/site.h"
#include "geoclimate/store/postgres/rows.h"
#include "geoclimate/store/postgres/write_transaction.h"
#include "geoclimate/store/site_merge.h"

namespace geoclimate::store::postgres {

// The sites of a transaction, gathered until they are merged with the versions that are there.
class SiteWriter {
 public:
  explicit SiteWriter(std::string_view origin) : origin_(origin) {}

  // kInvalidArgument when the coordinates are not finite.
  base::Result<void> Put(std::span<const airquality::Site> sites);
  bool empty() const { return sites_.empty(); }
  bool Has(airquality::SiteId site) const { return sites_.contains(site); }

  // Asks for what is known of the gathered sites.
  Call Lookup() const;

  struct Outcome {
    bool changed = false;
    // Of all gathered sites, as they are now.
    std::map<airquality::SiteId, std::chrono::minutes> offsets;
    // Those that had another one before.
    std::vector<airquality::SiteId> moved;
  };
  // Defers the writes that follow from the answer to Lookup(), and forgets the gathered sites.
  // `origin_id` is asked for when something changes.
  Outcome Merge(const Rows& known, const std::function<std::int32_t()>& origin_id,
                WriteTransaction& transaction);

 private:
  struct KnownVersion {
    SiteVersion version;
    std::int64_t id = 0;  // 0: not there yet
  };
  struct Writes;
  void MergeSite(const std::vector<airquality::Site>& versions, std::vector<KnownVersion> known,
                 Outcome& outcome, Writes& writes) const;

  const std::string origin_;
  std::map<airquality::SiteId, std::vector<airquality::Site>> sites_;
};

// The site in the columns id, name, county, state, cbsa, latitude, longitude, utc_offset.
airquality::Site ReadSite(const Rows& rows, int row);

}  // namespace geoclimate::store::postgres
