#include "geoclimate/store/sqlite/site_writer.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "geoclimate/store/site_merge.h"

namespace geoclimate::store::sqlite {
namespace {

using airquality::Site;
using base::Result;

struct KnownVersion {
  SiteVersion version;
  std::int64_t row = 0;
};

Result<std::vector<KnownVersion>> KnownVersions(Session& session, airquality::SiteId site) {
  GC_ASSIGN_OR_RETURN(Statement * query, session.Prepared("versions_of_site"));
  query->Bind(1, std::int64_t{site.number()});
  std::vector<KnownVersion> known;
  while (true) {
    GC_ASSIGN_OR_RETURN(const bool row, query->Step());
    if (!row) return known;
    known.push_back({{ReadSite(*query), std::string(query->Text(8))}, query->Integer(9)});
  }
}

void BindSite(Statement& statement, const Site& site) {
  statement.Bind(1, std::int64_t{site.id.number()});
  statement.Bind(2, std::string_view(site.name));
  statement.Bind(3, std::string_view(site.county));
  statement.Bind(4, std::string_view(site.state));
  statement.Bind(5, std::string_view(site.cbsa));
  if (site.coordinates) {
    statement.Bind(6, site.coordinates->latitude);
    statement.Bind(7, site.coordinates->longitude);
  } else {
    statement.BindNull(6);
    statement.BindNull(7);
  }
  statement.Bind(8, std::int64_t{site.utc_offset.count()});
}

Site Merge(const std::vector<KnownVersion>& known) {
  std::vector<SiteVersion> versions;
  versions.reserve(known.size());
  for (const KnownVersion& one : known) versions.push_back(one.version);
  return MergeSite(versions);
}

Result<void> PutMerged(Session& session, const Site& site) {
  GC_ASSIGN_OR_RETURN(Statement * put, session.Prepared("put_site"));
  BindSite(*put, site);
  return put->Run();
}

Result<void> RaiseOrigin(Session& session, std::int64_t row, std::int64_t origin) {
  GC_ASSIGN_OR_RETURN(Statement * raise, session.Prepared("raise_site_origin"));
  raise->Bind(1, row);
  raise->Bind(2, origin);
  return raise->Run();
}

Result<void> AddVersion(Session& session, const Site& site, std::int64_t origin) {
  GC_ASSIGN_OR_RETURN(Statement * insert, session.Prepared("insert_site_version"));
  BindSite(*insert, site);
  insert->Bind(9, origin);
  return insert->Run();
}

}  // namespace

Site ReadSite(const Statement& statement) {
  Site site;
  site.id = airquality::SiteId::FromNumber(static_cast<std::uint32_t>(statement.Integer(0)));
  site.name = statement.Text(1);
  site.county = statement.Text(2);
  site.state = statement.Text(3);
  site.cbsa = statement.Text(4);
  if (!statement.IsNull(5) && !statement.IsNull(6)) {
    site.coordinates = airquality::Coordinates{statement.Real(5), statement.Real(6)};
  }
  site.utc_offset = std::chrono::minutes(statement.Integer(7));
  return site;
}

Result<SiteChange> WriteSite(WriteTransaction& transaction, const Site& site,
                             std::string_view origin) {
  Session& session = transaction.session();
  GC_ASSIGN_OR_RETURN(std::vector<KnownVersion> known, KnownVersions(session, site.id));
  const std::optional<Site> before = known.empty() ? std::nullopt : std::optional(Merge(known));

  const auto same = std::ranges::find_if(
      known, [&](const KnownVersion& one) { return SameSite(one.version.site, site); });
  if (same != known.end() && same->version.origin >= origin) return SiteChange::kNone;

  GC_ASSIGN_OR_RETURN(const std::int64_t origin_id, transaction.ids().OriginId(session, origin));
  std::int64_t version_row = 0;
  if (same != known.end()) {
    version_row = same->row;
    same->version.origin = origin;
  } else {
    known.push_back({{site, std::string(origin)}, 0});
  }
  const Site now = Merge(known);
  // The site's own row first: its versions refer to it.
  if (!before || !SameSite(*before, now)) GC_RETURN_IF_ERROR(PutMerged(session, now));
  GC_RETURN_IF_ERROR(version_row != 0 ? RaiseOrigin(session, version_row, origin_id)
                                      : AddVersion(session, site, origin_id));
  return before && before->utc_offset != now.utc_offset ? SiteChange::kOffset : SiteChange::kText;
}

}  // namespace geoclimate::store::sqlite
