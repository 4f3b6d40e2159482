#include "geoclimate/store/postgres/postgres_observation_store.h"

#include <fmt/format.h>

#include "geoclimate/store/postgres/postgres_observation_writer.h"
#include "geoclimate/store/postgres/site_writer.h"
#include "geoclimate/store/postgres/version_reader.h"

namespace geoclimate::store::postgres {
namespace {

using base::Result;

constexpr std::size_t kMaxOriginBytes = 4096;

}  // namespace

Result<std::unique_ptr<ObservationWriter>> PostgresObservationStore::BeginWrite(
    std::string_view origin) {
  if (origin.empty() || origin.size() > kMaxOriginBytes) {
    return base::InvalidArgument(
        fmt::format("an origin has 1 to {} bytes, this one {}", kMaxOriginBytes, origin.size()));
  }
  return std::unique_ptr<ObservationWriter>(
      std::make_unique<PostgresObservationWriter>(database_, origin));
}

Result<std::vector<WriteCounts>> PostgresObservationStore::CommitTogether(
    std::span<const std::unique_ptr<ObservationWriter>> writers) {
  std::vector<PostgresObservationWriter*> own;
  own.reserve(writers.size());
  for (const std::unique_ptr<ObservationWriter>& writer : writers) {
    own.push_back(dynamic_cast<PostgresObservationWriter*>(writer.get()));
    GC_CHECK(own.back() != nullptr && own.back()->IsOf(*database_), "a writer of this store");
  }
  return PostgresObservationWriter::CommitTogether(own);
}

Result<std::vector<airquality::Site>> PostgresObservationStore::Sites() {
  GC_ASSIGN_OR_RETURN(const Rows rows, database_->Read("all_sites"));
  std::vector<airquality::Site> sites;
  sites.reserve(static_cast<std::size_t>(rows.size()));
  for (int row = 0; row < rows.size(); ++row) sites.push_back(ReadSite(rows, row));
  return sites;
}

Result<void> PostgresObservationStore::Visit(
    const ObservationQuery& query, const std::function<void(const StoredObservation&)>& visit) {
  return VersionReader(*database_, visit).Visit(query);
}

Result<std::vector<SiteCoverage>> PostgresObservationStore::Coverage() {
  GC_ASSIGN_OR_RETURN(const Rows rows, database_->Read("coverage"));
  std::vector<SiteCoverage> coverage;
  coverage.reserve(static_cast<std::size_t>(rows.size()));
  for (int row = 0; row < rows.size(); ++row) {
    coverage.push_back(
        {airquality::SiteId::FromNumber(static_cast<std::uint32_t>(rows.Integer(row, 0))),
         static_cast<airquality::Pollutant>(rows.Integer(row, 1)), rows.Day(row, 2),
         rows.Day(row, 3), static_cast<std::uint64_t>(rows.Integer(row, 4))});
  }
  return coverage;
}

Result<std::optional<base::LocalDay>> PostgresObservationStore::NewestDay() {
  GC_ASSIGN_OR_RETURN(const Rows rows, database_->Read("newest_day"));
  std::optional<base::LocalDay> day;
  if (!rows.IsNull(0, 0)) day = rows.Day(0, 0);
  return day;
}

Result<std::uint64_t> PostgresObservationStore::Generation() {
  GC_ASSIGN_OR_RETURN(const Rows rows, database_->Read("newest_receipt"));
  return static_cast<std::uint64_t>(rows.size() == 0 ? 0 : rows.Integer(0, 0));
}

Result<void> PostgresObservationStore::VisitSiteVersions(
    const std::function<void(const SiteVersion&)>& visit) {
  GC_ASSIGN_OR_RETURN(const Rows rows, database_->Read("all_site_versions"));
  for (int row = 0; row < rows.size(); ++row) {
    visit({ReadSite(rows, row), std::string(rows.Text(row, 8))});
  }
  return {};
}

}  // namespace geoclimate::store::postgres
