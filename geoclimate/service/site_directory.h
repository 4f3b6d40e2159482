#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/airquality/site.h"
#include "geoclimate/base/day.h"
#include "geoclimate/base/mutex.h"
#include "geoclimate/base/result.h"
#include "geoclimate/forecast/forecast_table.h"
#include "geoclimate/forecast/nearest_site.h"
#include "geoclimate/inference/snapshot_cell.h"
#include "geoclimate/service/watcher.h"
#include "geoclimate/store/observation_store.h"

namespace geoclimate::service {

using forecast::BoundingBox;

struct DayRange {
  base::LocalDay first;
  base::LocalDay last;
  std::uint64_t days = 0;  // with a value
};

struct ListedSite {
  airquality::Site site;
  // By pollutant; nothing where the site never had a daily value of it.
  std::array<std::optional<DayRange>, airquality::kPollutantCount> coverage;

  const std::optional<DayRange>& Coverage(airquality::Pollutant pollutant) const {
    return coverage[static_cast<std::size_t>(airquality::Index(pollutant))];
  }
  // Over all pollutants.
  std::optional<base::LocalDay> FirstDay() const;
  std::optional<base::LocalDay> LastDay() const;
};

struct SiteSearch {
  std::optional<BoundingBox> box;
  std::optional<airquality::Pollutant> pollutant;
  // Part of the id, name, county, state or metropolitan area, without regard to case (ASCII).
  std::string text;
  // Only sites whose id comes after it: where the page before ended.
  std::optional<airquality::SiteId> after;
  std::size_t limit = 100;
};

struct SitePage {
  std::vector<const ListedSite*> sites;  // ordered by id
  enum class More : std::uint8_t { kNo, kYes } more = More::kNo;
};

struct NearbySite {
  const ListedSite* site = nullptr;
  double distance_km = 0;
};

// All sites with what was measured there. Immutable; thread-safe.
class SiteDirectory {
 public:
  // Sites ordered by id.
  explicit SiteDirectory(std::vector<ListedSite> sites);

  std::span<const ListedSite> sites() const { return sites_; }
  // Null for an unknown site.
  const ListedSite* Find(airquality::SiteId id) const;
  // Nothing when no site has coordinates.
  std::optional<NearbySite> FindNearest(const airquality::Coordinates& point) const;
  SitePage Search(const SiteSearch& search) const;

 private:
  std::vector<ListedSite> sites_;
  forecast::NearestSite nearest_;
};

// The directory of a store, rebuilt in the background when the store has changed.
//
// Thread-safe. `store` must outlive it.
class Sites {
 public:
  // Reads the directory before it returns. Without an interval (zero) nobody looks in the
  // background: who has it calls Refresh().
  static base::Result<std::unique_ptr<Sites>> Start(store::ObservationStore& store,
                                                    std::chrono::milliseconds watch_interval);

  // For one request. Never null.
  inference::SnapshotRef<SiteDirectory> Directory() const { return directory_.Acquire(); }

  base::Result<void> Refresh() EXCLUDES(mutex_);
  // Looks soon; for a writer that has just changed the store.
  void Nudge() {
    if (watcher_ != nullptr) watcher_->Nudge();
  }

 private:
  explicit Sites(store::ObservationStore& store) : store_(store) {}

  store::ObservationStore& store_;
  mutable inference::SnapshotCell<SiteDirectory> directory_;
  base::Mutex mutex_;
  std::optional<std::uint64_t> generation_ GUARDED_BY(mutex_);
  std::unique_ptr<Watcher> watcher_;  // last: stops before what it uses goes
};

}  // namespace geoclimate::service
