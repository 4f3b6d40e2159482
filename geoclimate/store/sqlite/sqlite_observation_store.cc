#include "geoclimate/store/sqlite/sqlite_observation_store.h"

#include <fmt/format.h>

#include "geoclimate/store/sqlite/site_writer.h"
#include "geoclimate/store/sqlite/sqlite_observation_writer.h"
#include "geoclimate/store/sqlite/version_reader.h"

namespace geoclimate::store::sqlite {
namespace {

using base::Result;

constexpr std::size_t kMaxOriginBytes = 4096;

base::LocalDay DayAt(const Statement& statement, int column) {
  return base::DayFromNumber(static_cast<std::int32_t>(statement.Integer(column)));
}

}  // namespace

Result<std::unique_ptr<ObservationWriter>> SqliteObservationStore::BeginWrite(
    std::string_view origin) {
  if (origin.empty() || origin.size() > kMaxOriginBytes) {
    return base::InvalidArgument(
        fmt::format("an origin has 1 to {} bytes, this one {}", kMaxOriginBytes, origin.size()));
  }
  return std::unique_ptr<ObservationWriter>(
      std::make_unique<SqliteObservationWriter>(database_, origin));
}

Result<std::vector<WriteCounts>> SqliteObservationStore::CommitTogether(
    std::span<const std::unique_ptr<ObservationWriter>> writers) {
  std::vector<SqliteObservationWriter*> own;
  own.reserve(writers.size());
  for (const std::unique_ptr<ObservationWriter>& writer : writers) {
    own.push_back(dynamic_cast<SqliteObservationWriter*>(writer.get()));
    GC_CHECK(own.back() != nullptr && own.back()->IsOf(*database_), "a writer of this store");
  }
  return SqliteObservationWriter::CommitTogether(own);
}

Result<std::vector<airquality::Site>> SqliteObservationStore::Sites() {
  GC_ASSIGN_OR_RETURN(ReadTransaction transaction, database_->BeginRead());
  GC_ASSIGN_OR_RETURN(Statement * query, transaction.session().Prepared("all_sites"));
  std::vector<airquality::Site> sites;
  while (true) {
    GC_ASSIGN_OR_RETURN(const bool row, query->Step());
    if (!row) return sites;
    sites.push_back(ReadSite(*query));
  }
}

Result<void> SqliteObservationStore::Visit(
    const ObservationQuery& query, const std::function<void(const StoredObservation&)>& visit) {
  GC_ASSIGN_OR_RETURN(ReadTransaction transaction, database_->BeginRead());
  return VersionReader(transaction).Visit(query, visit);
}

Result<std::vector<SiteCoverage>> SqliteObservationStore::Coverage() {
  GC_ASSIGN_OR_RETURN(ReadTransaction transaction, database_->BeginRead());
  GC_ASSIGN_OR_RETURN(Statement * query, transaction.session().Prepared("coverage"));
  std::vector<SiteCoverage> coverage;
  while (true) {
    GC_ASSIGN_OR_RETURN(const bool row, query->Step());
    if (!row) return coverage;
    coverage.push_back(
        {airquality::SiteId::FromNumber(static_cast<std::uint32_t>(query->Integer(0))),
         static_cast<airquality::Pollutant>(query->Integer(1)), DayAt(*query, 2), DayAt(*query, 3),
         static_cast<std::uint64_t>(query->Integer(4))});
  }
}

Result<std::optional<base::LocalDay>> SqliteObservationStore::NewestDay() {
  GC_ASSIGN_OR_RETURN(ReadTransaction transaction, database_->BeginRead());
  GC_ASSIGN_OR_RETURN(Statement * query, transaction.session().Prepared("newest_day"));
  GC_ASSIGN_OR_RETURN(const bool row, query->Step());
  std::optional<base::LocalDay> day;
  if (row && !query->IsNull(0)) day = DayAt(*query, 0);
  query->Reset();
  return day;
}

Result<std::uint64_t> SqliteObservationStore::Generation() {
  GC_ASSIGN_OR_RETURN(ReadTransaction transaction, database_->BeginRead());
  GC_ASSIGN_OR_RETURN(Statement * query, transaction.session().Prepared("newest_receipt"));
  GC_ASSIGN_OR_RETURN(const bool row, query->Step());
  const auto generation = static_cast<std::uint64_t>(row ? query->Integer(0) : 0);
  query->Reset();
  return generation;
}

Result<void> SqliteObservationStore::VisitSiteVersions(
    const std::function<void(const SiteVersion&)>& visit) {
  GC_ASSIGN_OR_RETURN(ReadTransaction transaction, database_->BeginRead());
  GC_ASSIGN_OR_RETURN(Statement * query, transaction.session().Prepared("all_site_versions"));
  while (true) {
    GC_ASSIGN_OR_RETURN(const bool row, query->Step());
    if (!row) return {};
    visit({ReadSite(*query), std::string(query->Text(8))});
  }
}

}  // namespace geoclimate::store::sqlite
