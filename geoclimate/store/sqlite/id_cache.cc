#include "geoclimate/store/sqlite/id_cache.h"

#include <fmt/format.h>

#include <utility>

#include "geoclimate/store/sqlite/series_columns.h"

namespace geoclimate::store::sqlite {
namespace {

// The first column of the first row; 0 when there is none, which is no id.
base::Result<std::int64_t> FindId(Statement& query) {
  GC_ASSIGN_OR_RETURN(const bool row, query.Step());
  const std::int64_t id = row ? query.Integer(0) : 0;
  query.Reset();
  return id;
}

base::Result<void> CheckSite(Session& session, airquality::SiteId site) {
  GC_ASSIGN_OR_RETURN(Statement * query, session.Prepared("site_offset"));
  query->Bind(1, std::int64_t{site.number()});
  GC_ASSIGN_OR_RETURN(const bool known, query->Step());
  query->Reset();
  if (known) return {};
  return base::FailedPrecondition(
      fmt::format("site {} is not known: put it before its observations", site.ToString()));
}

}  // namespace

base::Result<std::int64_t> IdCache::SeriesId(Session& session, const Series& series) {
  if (const auto known = series_.find(series); known != series_.end()) return known->second;
  GC_ASSIGN_OR_RETURN(Statement * find, session.Prepared("find_series"));
  BindSeries(*find, 1, series);
  GC_ASSIGN_OR_RETURN(std::int64_t id, FindId(*find));
  if (id == 0) {
    GC_RETURN_IF_ERROR(CheckSite(session, series.site));
    GC_ASSIGN_OR_RETURN(Statement * insert, session.Prepared("insert_series"));
    BindSeries(*insert, 1, series);
    GC_RETURN_IF_ERROR(insert->Run());
    id = insert->InsertedRow();
  }
  series_.emplace(series, id);
  return id;
}

base::Result<std::int32_t> IdCache::OriginId(Session& session, std::string_view name) {
  if (const auto known = origin_ids_.find(std::string(name)); known != origin_ids_.end()) {
    return known->second;
  }
  GC_ASSIGN_OR_RETURN(Statement * find, session.Prepared("find_origin"));
  find->Bind(1, name);
  GC_ASSIGN_OR_RETURN(std::int64_t id, FindId(*find));
  if (id == 0) {
    GC_ASSIGN_OR_RETURN(Statement * insert, session.Prepared("insert_origin"));
    insert->Bind(1, name);
    GC_RETURN_IF_ERROR(insert->Run());
    id = insert->InsertedRow();
  }
  const auto short_id = static_cast<std::int32_t>(id);
  origin_ids_.emplace(name, short_id);
  return short_id;
}

base::Result<std::string_view> IdCache::OriginName(Session& session, std::int32_t id) {
  if (const auto known = origin_names_.find(id); known != origin_names_.end()) {
    return std::string_view(known->second);
  }
  GC_ASSIGN_OR_RETURN(Statement * query, session.Prepared("origin_name"));
  query->Bind(1, std::int64_t{id});
  GC_ASSIGN_OR_RETURN(const bool row, query->Step());
  std::string name(row ? query->Text(0) : "");
  query->Reset();
  if (!row) {
    return base::DataLoss(fmt::format("{}: damaged: the origin {} is not there; restore a backup",
                                      session.connection().path(), id));
  }
  return std::string_view(origin_names_.emplace(id, std::move(name)).first->second);
}

void IdCache::Clear() {
  series_.clear();
  origin_ids_.clear();
  origin_names_.clear();
}

}  // namespace geoclimate::store::sqlite
