#include "geoclimate/service/site_directory.h"

#include <algorithm>
#include <utility>

#include "geoclimate/base/log.h"

namespace geoclimate::service {
namespace {

char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool Contains(std::string_view text, std::string_view part) {
  return std::search(text.begin(), text.end(), part.begin(), part.end(),
                     [](char a, char b) { return Lower(a) == Lower(b); }) != text.end();
}

bool Mentions(const airquality::Site& site, std::string_view text) {
  return Contains(site.name, text) || Contains(site.county, text) || Contains(site.state, text) ||
         Contains(site.cbsa, text) || Contains(site.id.ToString(), text);
}

bool Matches(const ListedSite& listed, const SiteSearch& search) {
  if (search.pollutant && !listed.Coverage(*search.pollutant)) return false;
  if (search.box && (!listed.site.coordinates || !search.box->Contains(*listed.site.coordinates))) {
    return false;
  }
  return search.text.empty() || Mentions(listed.site, search.text);
}

bool Before(const ListedSite& listed, airquality::SiteId id) {
  return listed.site.id < id;
}

std::vector<std::optional<airquality::Coordinates>> Places(std::span<const ListedSite> sites) {
  std::vector<std::optional<airquality::Coordinates>> places;
  places.reserve(sites.size());
  for (const ListedSite& listed : sites) places.push_back(listed.site.coordinates);
  return places;
}

}  // namespace

std::optional<base::LocalDay> ListedSite::FirstDay() const {
  std::optional<base::LocalDay> first;
  for (const auto& range : coverage) {
    if (range && (!first || range->first < *first)) first = range->first;
  }
  return first;
}

std::optional<base::LocalDay> ListedSite::LastDay() const {
  std::optional<base::LocalDay> last;
  for (const auto& range : coverage) {
    if (range && (!last || range->last > *last)) last = range->last;
  }
  return last;
}

SiteDirectory::SiteDirectory(std::vector<ListedSite> sites)
    : sites_(std::move(sites)), nearest_(Places(sites_)) {}

const ListedSite* SiteDirectory::Find(airquality::SiteId id) const {
  const auto found = std::lower_bound(sites_.begin(), sites_.end(), id, Before);
  return found != sites_.end() && found->site.id == id ? &*found : nullptr;
}

std::optional<NearbySite> SiteDirectory::FindNearest(const airquality::Coordinates& point) const {
  const auto found = nearest_.Find(point);
  if (!found) return std::nullopt;
  const ListedSite& listed = sites_[*found];
  return NearbySite{&listed, airquality::DistanceKm(point, *listed.site.coordinates)};
}

SitePage SiteDirectory::Search(const SiteSearch& search) const {
  SitePage page;
  auto at = sites_.begin();
  if (search.after) {
    at = std::lower_bound(sites_.begin(), sites_.end(), *search.after, Before);
    if (at != sites_.end() && at->site.id == *search.after) ++at;
  }
  for (; at != sites_.end(); ++at) {
    if (!Matches(*at, search)) continue;
    if (page.sites.size() == search.limit) {
      page.more = SitePage::More::kYes;
      break;
    }
    page.sites.push_back(&*at);
  }
  return page;
}

base::Result<std::unique_ptr<Sites>> Sites::Start(store::ObservationStore& store,
                                                  std::chrono::milliseconds watch_interval) {
  std::unique_ptr<Sites> sites(new Sites(store));
  GC_RETURN_IF_ERROR(sites->Refresh());
  Sites* raw = sites.get();
  if (watch_interval == std::chrono::milliseconds(0)) return sites;
  sites->watcher_ = std::make_unique<Watcher>(watch_interval, [raw] {
    if (const auto refreshed = raw->Refresh(); !refreshed.ok()) {
      base::Log(base::LogLevel::kWarning, "service", "cannot read the sites",
                {{"error", refreshed.error().ToString()}});
    }
    raw->directory_.Reclaim();
  });
  return sites;
}

base::Result<void> Sites::Refresh() {
  const base::MutexLock lock(mutex_);
  // The generation first: a change during the reads below is then seen by the next look.
  GC_ASSIGN_OR_RETURN(const std::uint64_t generation, store_.Generation());
  if (generation_ == generation) return {};
  GC_ASSIGN_OR_RETURN(std::vector<airquality::Site> sites, store_.Sites());
  GC_ASSIGN_OR_RETURN(const std::vector<store::SiteCoverage> coverage, store_.Coverage());
  std::vector<ListedSite> listed;
  listed.reserve(sites.size());
  for (airquality::Site& site : sites) listed.push_back({.site = std::move(site), .coverage = {}});
  for (const store::SiteCoverage& one : coverage) {
    const auto site = std::lower_bound(listed.begin(), listed.end(), one.site, Before);
    if (site == listed.end() || site->site.id != one.site) continue;
    site->coverage[static_cast<std::size_t>(airquality::Index(one.pollutant))] =
        DayRange{.first = one.first_day, .last = one.last_day, .days = one.days};
  }
  directory_.Publish(std::make_shared<const SiteDirectory>(std::move(listed)));
  generation_ = generation;
  return {};
}

}  // namespace geoclimate::service
