#include "geoclimate/store/postgres/site_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

namespace geoclimate::store::postgres {
namespace {

using airquality::Site;
using base::Result;

// The arrays id, name, county, state, cbsa, latitude, longitude, utc_offset.
struct SiteColumns {
  Column id{Type::kInteger4};
  Column name{Type::kText};
  Column county{Type::kText};
  Column state{Type::kText};
  Column cbsa{Type::kText};
  Column latitude{Type::kReal8};
  Column longitude{Type::kReal8};
  Column utc_offset{Type::kInteger4};

  void Add(const Site& site) {
    id.Add(site.id.number());
    name.AddText(site.name);
    county.AddText(site.county);
    state.AddText(site.state);
    cbsa.AddText(site.cbsa);
    if (site.coordinates) {
      latitude.AddReal(site.coordinates->latitude);
      longitude.AddReal(site.coordinates->longitude);
    } else {
      latitude.AddNull();
      longitude.AddNull();
    }
    utc_offset.Add(site.utc_offset.count());
  }
  void AddTo(Parameters& parameters) const {
    for (const Column* column :
         {&id, &name, &county, &state, &cbsa, &latitude, &longitude, &utc_offset}) {
      parameters.Array(*column);
    }
  }
};

Site Merged(const auto& known) {
  std::vector<SiteVersion> versions;
  versions.reserve(known.size());
  for (const auto& one : known) versions.push_back(one.version);
  return store::MergeSite(versions);
}

}  // namespace

struct SiteWriter::Writes {
  SiteColumns put;
  SiteColumns added;
  Column raised{Type::kInteger4};
};

Result<void> SiteWriter::Put(std::span<const Site> sites) {
  for (const Site& site : sites) {
    if (site.coordinates && !(std::isfinite(site.coordinates->latitude) &&
                              std::isfinite(site.coordinates->longitude))) {
      return base::InvalidArgument(
          fmt::format("site {}: its coordinates are not finite", site.id.ToString()));
    }
    std::vector<Site>& versions = sites_[site.id];
    const bool given =
        std::ranges::any_of(versions, [&](const Site& other) { return SameSite(site, other); });
    if (!given) versions.push_back(site);
  }
  return {};
}

Call SiteWriter::Lookup() const {
  Column ids(Type::kInteger4);
  for (const auto& [id, versions] : sites_) ids.Add(id.number());
  return {"versions_of_sites", Parameters().Array(ids)};
}

void SiteWriter::MergeSite(const std::vector<Site>& versions, std::vector<KnownVersion> known,
                           Outcome& outcome, Writes& writes) const {
  const std::optional<Site> before = known.empty() ? std::nullopt : std::optional(Merged(known));
  bool changed = false;
  for (const Site& site : versions) {
    const auto same = std::ranges::find_if(
        known, [&](const KnownVersion& one) { return SameSite(one.version.site, site); });
    if (same == known.end()) {
      known.push_back({{site, origin_}, 0});
      writes.added.Add(site);
      changed = true;
    } else if (same->version.origin < origin_) {
      same->version.origin = origin_;
      writes.raised.Add(same->id);
      changed = true;
    }
  }
  const Site now = changed ? Merged(known) : *before;
  outcome.offsets[now.id] = now.utc_offset;
  if (!changed) return;
  outcome.changed = true;
  if (!before || !SameSite(*before, now)) writes.put.Add(now);
  if (before && before->utc_offset != now.utc_offset) outcome.moved.push_back(now.id);
}

SiteWriter::Outcome SiteWriter::Merge(const Rows& known,
                                      const std::function<std::int32_t()>& origin_id,
                                      WriteTransaction& transaction) {
  std::map<airquality::SiteId, std::vector<KnownVersion>> of_site;
  for (int row = 0; row < known.size(); ++row) {
    Site site = ReadSite(known, row);
    const airquality::SiteId id = site.id;
    of_site[id].push_back(
        {{std::move(site), std::string(known.Text(row, 8))}, known.Integer(row, 9)});
  }
  Outcome outcome;
  Writes writes;
  for (const auto& [id, versions] : sites_) {
    MergeSite(versions, std::move(of_site[id]), outcome, writes);
  }
  sites_.clear();
  if (!outcome.changed) return outcome;
  // The site's own row first: its versions refer to it.
  if (writes.put.id.size() > 0) {
    Call put{"put_sites", {}};
    writes.put.AddTo(put.parameters);
    transaction.Defer(std::move(put));
  }
  if (writes.added.id.size() > 0) {
    Call add{"insert_site_versions", {}};
    writes.added.AddTo(add.parameters);
    add.parameters.Integer4(origin_id());
    transaction.Defer(std::move(add));
  }
  if (writes.raised.size() > 0) {
    transaction.Defer(
        {"raise_site_origins", Parameters().Array(writes.raised).Integer4(origin_id())});
  }
  return outcome;
}

Site ReadSite(const Rows& rows, int row) {
  Site site;
  site.id = airquality::SiteId::FromNumber(static_cast<std::uint32_t>(rows.Integer(row, 0)));
  site.name = rows.Text(row, 1);
  site.county = rows.Text(row, 2);
  site.state = rows.Text(row, 3);
  site.cbsa = rows.Text(row, 4);
  if (!rows.IsNull(row, 5) && !rows.IsNull(row, 6)) {
    site.coordinates = airquality::Coordinates{rows.Real(row, 5), rows.Real(row, 6)};
  }
  site.utc_offset = std::chrono::minutes(rows.Integer(row, 7));
  return site;
}

}  // namespace geoclimate::store::postgres
