#include "geoclimate/store/sqlite/coverage_writer.h"

#include <limits>
#include <string_view>
#include <vector>

#include "geoclimate/store/sqlite/chunk_table.h"
#include "geoclimate/store/sqlite/series_columns.h"
#include "geoclimate/store/version.h"

namespace geoclimate::store::sqlite {

using base::Result;

Result<std::chrono::minutes> CoverageWriter::OffsetOf(airquality::SiteId site) {
  GC_ASSIGN_OR_RETURN(Statement * query, session_.Prepared("site_offset"));
  query->Bind(1, std::int64_t{site.number()});
  GC_ASSIGN_OR_RETURN(const bool row, query->Step());
  const std::chrono::minutes offset(row ? query->Integer(0) : 0);
  query->Reset();
  return offset;
}

Result<CoverageWriter::Entry*> CoverageWriter::Load(const Key& key) {
  const auto [position, inserted] = entries_.try_emplace(key);
  Entry& entry = position->second;
  if (!inserted) return &entry;
  GC_ASSIGN_OR_RETURN(entry.utc_offset, OffsetOf(key.first));
  GC_ASSIGN_OR_RETURN(Statement * query, session_.Prepared("coverage_bits"));
  query->Bind(1, std::int64_t{key.first.number()});
  query->Bind(2, std::int64_t{airquality::Index(key.second)});
  GC_ASSIGN_OR_RETURN(const bool row, query->Step());
  if (row) {
    entry.days = DaySet::Decode(query->Bytes(0),
                                base::DayFromNumber(static_cast<std::int32_t>(query->Integer(1))));
  }
  query->Reset();
  return &entry;
}

Result<void> CoverageWriter::Add(const Series& series, base::Timestamp start) {
  const Key key(series.site, series.pollutant);
  if (last_key_ != key) {
    GC_ASSIGN_OR_RETURN(last_, Load(key));
    last_key_ = key;
  }
  if (last_->days.Add(base::DayOf(start, last_->utc_offset))) last_->changed = true;
  return {};
}

Result<void> CoverageWriter::CountSeries(std::int64_t id, const Series& series, Entry& entry) {
  DailyRule rule(series);
  using Limits = std::numeric_limits<std::int64_t>;
  GC_ASSIGN_OR_RETURN(const std::vector<Version> versions,
                      ReadChunks(session_, id, Limits::min(), Limits::max()));
  for (const Version& version : versions) {
    if (!rule.Counts(version.source, version.completeness)) continue;
    entry.days.Add(base::DayOf(TimeOfMinutes(version.start), entry.utc_offset));
  }
  return {};
}

Result<void> CoverageWriter::CountAnew(airquality::SiteId site) {
  GC_ASSIGN_OR_RETURN(Statement * remove, session_.Prepared("remove_coverage"));
  remove->Bind(1, std::int64_t{site.number()});
  GC_RETURN_IF_ERROR(remove->Run());
  std::erase_if(entries_, [&](const auto& entry) { return entry.first.first == site; });

  GC_ASSIGN_OR_RETURN(Statement * query, session_.Prepared("series_of_site"));
  query->BindNull(1);
  query->BindNull(2);
  query->Bind(3, std::int64_t{site.number()});
  std::vector<std::pair<std::int64_t, Series>> all;
  while (true) {
    GC_ASSIGN_OR_RETURN(const bool row, query->Step());
    if (!row) break;
    all.emplace_back(query->Integer(0), ReadSeries(*query, 1));
  }
  for (const auto& [id, series] : all) {
    GC_ASSIGN_OR_RETURN(Entry * entry, Load({site, series.pollutant}));
    entry->changed = true;
    GC_RETURN_IF_ERROR(CountSeries(id, series, *entry));
  }
  return {};
}

Result<void> CoverageWriter::Put(const Key& key, const DaySet& days) {
  GC_ASSIGN_OR_RETURN(Statement * put, session_.Prepared("put_coverage"));
  put->Bind(1, std::int64_t{key.first.number()});
  put->Bind(2, std::int64_t{airquality::Index(key.second)});
  put->Bind(3, std::int64_t{base::DayNumber(days.first())});
  put->Bind(4, std::int64_t{base::DayNumber(days.last())});
  put->Bind(5, static_cast<std::int64_t>(days.count()));
  put->BindBytes(6, days.Bytes());
  put->Bind(7, std::int64_t{base::DayNumber(days.FirstBitDay())});
  return put->Run();
}

Result<void> CoverageWriter::Write() {
  for (const airquality::SiteId site : recount_) GC_RETURN_IF_ERROR(CountAnew(site));
  for (const auto& [key, entry] : entries_) {
    if (entry.changed && !entry.days.empty()) GC_RETURN_IF_ERROR(Put(key, entry.days));
  }
  return {};
}

}  // namespace geoclimate::store::sqlite
