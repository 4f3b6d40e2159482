#include "geoclimate/store/sqlite/sqlite_observation_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "geoclimate/store/period.h"
#include "geoclimate/store/site_merge.h"
#include "geoclimate/store/sqlite/chunk_table.h"
#include "geoclimate/store/sqlite/site_writer.h"

namespace geoclimate::store::sqlite {
namespace {

using base::Result;

Result<void> CheckCoordinates(const airquality::Site& site) {
  if (!site.coordinates ||
      (std::isfinite(site.coordinates->latitude) && std::isfinite(site.coordinates->longitude))) {
    return {};
  }
  return base::InvalidArgument(
      fmt::format("site {}: its coordinates are not finite", site.id.ToString()));
}

}  // namespace

base::Error SqliteObservationWriter::Failed(base::Error error) {
  ended_ = true;
  coverage_.reset();
  transaction_.reset();
  return error;
}

Result<void> SqliteObservationWriter::PutSites(std::span<const airquality::Site> sites) {
  GC_CHECK(!ended_, "a writer that has committed or failed is only destroyed");
  for (const airquality::Site& site : sites) {
    if (const Result<void> valid = CheckCoordinates(site); !valid.ok()) {
      return Failed(valid.error());
    }
    std::vector<airquality::Site>& versions = sites_[site.id];
    const bool given = std::ranges::any_of(
        versions, [&](const airquality::Site& other) { return SameSite(site, other); });
    if (!given) versions.push_back(site);
  }
  return {};
}

Result<void> SqliteObservationWriter::Append(std::span<const airquality::Observation> observations,
                                             std::optional<base::Timestamp> available_at_floor) {
  GC_CHECK(!ended_, "a writer that has committed or failed is only destroyed");
  for (const airquality::Observation& observation : observations) {
    if (const Result<void> added = batch_.Add(observation, available_at_floor); !added.ok()) {
      return Failed(added.error());
    }
    if (batch_.size() >= database_->options().write_buffer_rows) {
      if (const Result<void> flushed = Flush(); !flushed.ok()) return Failed(flushed.error());
    }
  }
  return {};
}

Result<WriteCounts> SqliteObservationWriter::Commit() {
  SqliteObservationWriter* const self = this;
  GC_ASSIGN_OR_RETURN(const std::vector<WriteCounts> counts, CommitTogether(std::span(&self, 1)));
  return counts.front();
}

// The transaction goes from writer to writer, each of which adds its part.
Result<std::vector<WriteCounts>> SqliteObservationWriter::CommitTogether(
    std::span<SqliteObservationWriter* const> writers) {
  // Whoever holds the lock begins: the others could not get it.
  std::vector<SqliteObservationWriter*> order(writers.begin(), writers.end());
  std::ranges::partition(order,
                         [](const auto* writer) { return writer->transaction_.has_value(); });
  for (SqliteObservationWriter* writer : order) {
    GC_CHECK(!writer->ended_, "a writer that has committed or failed is only destroyed");
    writer->ended_ = true;
  }
  std::optional<WriteTransaction> transaction;
  for (SqliteObservationWriter* writer : order) {
    if (transaction) {
      writer->transaction_.emplace(std::move(*transaction));
      transaction.reset();
    }
    if (const Result<void> prepared = writer->Prepare(); !prepared.ok()) {
      return writer->Failed(prepared.error());
    }
    transaction.emplace(std::move(*writer->transaction_));
    writer->coverage_.reset();
    writer->transaction_.reset();
  }
  // Without a receipt nothing has changed, and the commit writes nothing.
  if (transaction) GC_RETURN_IF_ERROR(transaction->Commit());
  std::vector<WriteCounts> counts;
  counts.reserve(writers.size());
  for (const SqliteObservationWriter* writer : writers) counts.push_back(writer->counts_);
  return counts;
}

Result<void> SqliteObservationWriter::Prepare() {
  GC_RETURN_IF_ERROR(Flush());
  GC_RETURN_IF_ERROR(coverage_->Write());
  return receipt_ ? CloseReceipt() : Result<void>();
}

Result<void> SqliteObservationWriter::Flush() {
  // Without the lock, as others may be waiting for it.
  const std::vector<Batch::Part> sorted = batch_.Sort();
  if (!transaction_) {
    GC_ASSIGN_OR_RETURN(WriteTransaction transaction, database_->BeginWrite());
    transaction_.emplace(std::move(transaction));
  }
  if (!coverage_) coverage_.emplace(transaction_->session());
  GC_RETURN_IF_ERROR(WriteSites());
  GC_ASSIGN_OR_RETURN(const std::vector<Piece> pieces, ResolveSeries(sorted));
  for (const Piece& piece : pieces) GC_RETURN_IF_ERROR(WriteSeries(piece));
  batch_.Clear();
  return {};
}

Result<void> SqliteObservationWriter::WriteSites() {
  for (const auto& [id, versions] : sites_) {
    for (const airquality::Site& site : versions) {
      GC_ASSIGN_OR_RETURN(const SiteChange change, WriteSite(*transaction_, site, origin_));
      if (change == SiteChange::kNone) continue;
      GC_ASSIGN_OR_RETURN(const Receipt* receipt, TheReceipt());
      static_cast<void>(receipt);
      if (change == SiteChange::kOffset) coverage_->Recount(id);
    }
  }
  sites_.clear();
  return {};
}

// New series get their ids in the order of the series, and the pieces come in the order of the ids:
// both keep the table's pages together.
Result<std::vector<SqliteObservationWriter::Piece>> SqliteObservationWriter::ResolveSeries(
    std::span<const Batch::Part> parts) {
  std::vector<Piece> pieces;
  pieces.reserve(parts.size());
  for (const Batch::Part& part : parts) pieces.push_back({0, part});
  std::ranges::sort(pieces, {}, [&](const Piece& piece) -> const Series& {
    return batch_.series()[piece.part.series];
  });
  for (Piece& piece : pieces) {
    GC_ASSIGN_OR_RETURN(piece.id, transaction_->ids().SeriesId(transaction_->session(),
                                                               batch_.series()[piece.part.series]));
  }
  std::ranges::sort(pieces, {}, &Piece::id);
  return pieces;
}

Result<MergedVersions> SqliteObservationWriter::Merge(std::span<const Version> incoming,
                                                      std::span<const Version> existing) {
  // Few origins name the versions of a period: each is compared by name once.
  std::map<std::int32_t, std::int32_t> raised;
  for (const Version& version : existing) {
    const auto [position, inserted] = raised.try_emplace(version.origin, version.origin);
    if (!inserted) continue;
    GC_ASSIGN_OR_RETURN(const std::string_view name,
                        transaction_->ids().OriginName(transaction_->session(), version.origin));
    if (name >= origin_) continue;
    GC_ASSIGN_OR_RETURN(position->second,
                        transaction_->ids().OriginId(transaction_->session(), origin_));
  }
  return MergeVersions(incoming, existing, [&](std::int32_t origin) { return raised.at(origin); });
}

Result<void> SqliteObservationWriter::Admit(const Series& series, std::span<Version> versions) {
  GC_ASSIGN_OR_RETURN(const Receipt* receipt, TheReceipt());
  DailyRule rule(series);
  for (Version& version : versions) {
    if (version.receipt != 0) continue;
    version.receipt = receipt->id;
    version.origin = receipt->origin;
    if (rule.Counts(version.source, version.completeness)) {
      GC_RETURN_IF_ERROR(coverage_->Add(series, TimeOfMinutes(version.start)));
    }
  }
  return {};
}

Result<void> SqliteObservationWriter::WritePeriod(const Piece& piece, std::int64_t period,
                                                  std::span<const Version> incoming) {
  Session& session = transaction_->session();
  GC_ASSIGN_OR_RETURN(const std::vector<Version> existing, ReadChunk(session, piece.id, period));
  GC_ASSIGN_OR_RETURN(MergedVersions merged, Merge(incoming, existing));
  counts_.observations_new += merged.counts.observations_new;
  counts_.observations_replaced += merged.counts.observations_replaced;
  counts_.observations_unchanged += merged.counts.observations_unchanged;
  if (!merged.changed) return {};
  GC_RETURN_IF_ERROR(Admit(batch_.series()[piece.part.series], merged.versions));
  return WriteChunk(session, piece.id, period, merged.versions);
}

Result<void> SqliteObservationWriter::WriteSeries(const Piece& piece) {
  const airquality::Duration duration = batch_.series()[piece.part.series].duration;
  std::span<const Version> rest = piece.part.versions;
  while (!rest.empty()) {
    const Period period = PeriodOf(rest.front().start, duration);
    const auto end = std::ranges::partition_point(
        rest, [&](const Version& version) { return version.start < period.to; });
    const auto count = static_cast<std::size_t>(end - rest.begin());
    GC_RETURN_IF_ERROR(WritePeriod(piece, period.id, rest.first(count)));
    rest = rest.subspan(count);
  }
  return {};
}

Result<const SqliteObservationWriter::Receipt*> SqliteObservationWriter::TheReceipt() {
  if (receipt_) return &*receipt_;
  Session& session = transaction_->session();
  Receipt receipt;
  GC_ASSIGN_OR_RETURN(receipt.origin, transaction_->ids().OriginId(session, origin_));
  GC_ASSIGN_OR_RETURN(Statement * newest, session.Prepared("newest_receipt"));
  GC_ASSIGN_OR_RETURN(const bool row, newest->Step());
  receipt.id = static_cast<std::int32_t>(row ? newest->Integer(0) : 0) + 1;
  receipt.not_before =
      base::Timestamp(std::chrono::microseconds(row ? newest->Integer(1) : kNoFloor));
  newest->Reset();
  GC_ASSIGN_OR_RETURN(Statement * insert, session.Prepared("insert_receipt"));
  insert->Bind(1, std::int64_t{receipt.id});
  insert->Bind(2, std::int64_t{receipt.origin});
  insert->Bind(3, std::int64_t{receipt.not_before.time_since_epoch().count()});
  GC_RETURN_IF_ERROR(insert->Run());
  receipt_ = receipt;
  return &*receipt_;
}

Result<void> SqliteObservationWriter::CloseReceipt() {
  GC_ASSIGN_OR_RETURN(Statement * close, transaction_->session().Prepared("close_receipt"));
  const base::Timestamp received_at = std::max(database_->clock().Now(), receipt_->not_before);
  close->Bind(1, std::int64_t{receipt_->id});
  close->Bind(2, std::int64_t{received_at.time_since_epoch().count()});
  close->Bind(3, static_cast<std::int64_t>(counts_.observations_new));
  close->Bind(4, static_cast<std::int64_t>(counts_.observations_replaced));
  return close->Run();
}

}  // namespace geoclimate::store::sqlite
