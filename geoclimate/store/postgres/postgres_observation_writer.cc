#include "geoclimate/store/postgres/postgres_observation_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "geoclimate/store/period.h"
#include "geoclimate/store/postgres/series_rows.h"

namespace geoclimate::store::postgres {
namespace {

using base::Result;

// Fewer rows go with the statements around them; a COPY takes two round trips of its own.
constexpr std::size_t kCopyFrom = 512;
// Versions whose neighbours are read at once.
constexpr std::size_t kMergeVersions = 1 << 15;

bool SameState(const Version& a, const Version& b) {
  return std::tie(a.monitor, a.available_at_floor, a.origin) ==
         std::tie(b.monitor, b.available_at_floor, b.origin);
}

}  // namespace

base::Error PostgresObservationWriter::Failed(base::Error error) {
  ended_ = true;
  transaction_.reset();
  return error;
}

Result<void> PostgresObservationWriter::PutSites(std::span<const airquality::Site> sites) {
  GC_CHECK(!ended_, "a writer that has committed or failed is only destroyed");
  if (const Result<void> put = sites_.Put(sites); !put.ok()) return Failed(put.error());
  return {};
}

Result<void> PostgresObservationWriter::Append(
    std::span<const airquality::Observation> observations,
    std::optional<base::Timestamp> available_at_floor) {
  GC_CHECK(!ended_, "a writer that has committed or failed is only destroyed");
  for (const airquality::Observation& observation : observations) {
    if (const Result<void> added = batch_.Add(observation, available_at_floor); !added.ok()) {
      return Failed(added.error());
    }
    if (batch_.size() >= database_->options().query.bulk_batch_rows) {
      if (const Result<void> flushed = Flush(); !flushed.ok()) return Failed(flushed.error());
    }
  }
  return {};
}

Result<WriteCounts> PostgresObservationWriter::Commit() {
  PostgresObservationWriter* const self = this;
  GC_ASSIGN_OR_RETURN(const std::vector<WriteCounts> counts, CommitTogether(std::span(&self, 1)));
  return counts.front();
}

// The transaction goes from writer to writer, each of which adds its part.
Result<std::vector<WriteCounts>> PostgresObservationWriter::CommitTogether(
    std::span<PostgresObservationWriter* const> writers) {
  // Whoever holds the lock begins: the others could not get it.
  std::vector<PostgresObservationWriter*> order(writers.begin(), writers.end());
  std::ranges::partition(order,
                         [](const auto* writer) { return writer->transaction_.has_value(); });
  for (PostgresObservationWriter* writer : order) {
    GC_CHECK(!writer->ended_, "a writer that has committed or failed is only destroyed");
    writer->ended_ = true;
  }
  std::optional<WriteTransaction> transaction;
  bool changed = false;
  for (PostgresObservationWriter* writer : order) {
    if (transaction) {
      writer->transaction_.emplace(std::move(*transaction));
      transaction.reset();
    }
    if (const Result<void> prepared = writer->Prepare(); !prepared.ok()) {
      return writer->Failed(prepared.error());
    }
    changed = changed || writer->changed_;
    // A writer of nothing may have begun none.
    if (writer->transaction_) transaction.emplace(std::move(*writer->transaction_));
    writer->transaction_.reset();
  }
  if (transaction && changed) GC_RETURN_IF_ERROR(transaction->Commit());
  std::vector<WriteCounts> counts;
  counts.reserve(writers.size());
  for (const PostgresObservationWriter* writer : writers) counts.push_back(writer->counts_);
  return counts;
}

Result<void> PostgresObservationWriter::Prepare() {
  if (batch_.size() > 0 || !sites_.empty()) GC_RETURN_IF_ERROR(Flush());
  if (!changed_) return {};
  GC_RETURN_IF_ERROR(coverage_.Write(*transaction_));
  CloseReceipt();
  return {};
}

std::vector<Series> PostgresObservationWriter::SeriesOf(std::span<const Batch::Part> parts) const {
  std::vector<Series> series;
  series.reserve(parts.size());
  for (const Batch::Part& part : parts) series.push_back(batch_.series()[part.series]);
  return series;
}

Result<void> PostgresObservationWriter::Flush() {
  // Without the lock, as others may be waiting for it.
  const std::vector<Batch::Part> parts = batch_.Sort();
  std::vector<Piece> pieces;
  for (const Batch::Part& part : parts) {
    const Series& series = batch_.series()[part.series];
    for (std::span<const Version> rest = part.versions; !rest.empty();) {
      const Period period = PeriodOf(rest.front().start, series.duration);
      const auto end = std::ranges::partition_point(
          rest, [&](const Version& version) { return version.start < period.to; });
      const auto count = static_cast<std::size_t>(end - rest.begin());
      pieces.push_back(
          {.series = &series, .from = period.from, .to = period.to, .versions = rest.first(count)});
      rest = rest.subspan(count);
    }
  }
  if (!transaction_) {
    GC_ASSIGN_OR_RETURN(WriteTransaction transaction,
                        database_->BeginWrite(WriteLock::kObservations));
    transaction_.emplace(std::move(transaction));
  }
  GC_RETURN_IF_ERROR(LookUp(parts, pieces));
  for (std::span<const Piece> rest = pieces; !rest.empty();) {
    std::size_t count = 0;
    for (std::size_t versions = 0; count < rest.size() && versions < kMergeVersions; ++count) {
      versions += rest[count].versions.size();
    }
    GC_RETURN_IF_ERROR(MergePieces(rest.first(count)));
    rest = rest.subspan(count);
  }
  batch_.Clear();
  return WriteVersions();
}

// Everything that does not depend on each other's answer is asked in one round trip.
Result<void> PostgresObservationWriter::LookUp(std::span<const Batch::Part> parts,
                                               std::vector<Piece>& pieces) {
  std::vector<Series> series = SeriesOf(parts);
  std::set<airquality::SiteId> sites;
  for (const Series& one : series) sites.insert(one.site);
  Column site_ids(Type::kInteger4);
  for (const airquality::SiteId site : sites) site_ids.Add(site.number());
  SeriesCall find("find_series");
  for (const Series& one : series) find.Add(one);
  std::vector<Call> calls;
  calls.push_back({"find_origin", Parameters().Text(origin_)});
  calls.push_back({"newest_receipt", {}});
  calls.push_back(sites_.Lookup());
  calls.push_back({"site_offsets", Parameters().Array(site_ids)});
  calls.push_back(coverage_.Lookup(series));
  calls.push_back(find.Take());
  GC_ASSIGN_OR_RETURN(const std::vector<Rows> rows, transaction_->Run(std::move(calls)));
  if (!looked_up_) {
    looked_up_ = true;
    if (!rows[0].IsNull(0, 0)) origin_id_ = static_cast<std::int32_t>(rows[0].Integer(0, 0));
    newest_origin_ = static_cast<std::int32_t>(rows[0].Integer(0, 1));
    if (rows[1].size() > 0) {
      newest_receipt_ = static_cast<std::int32_t>(rows[1].Integer(0, 0));
      newest_received_at_ = rows[1].Time(0, 1);
    }
  }
  coverage_.TakeAnswer(rows[4]);
  GC_RETURN_IF_ERROR(TakeSites(rows[3], rows[2], series));
  return NumberSeries(rows[5], pieces);
}

Result<void> PostgresObservationWriter::TakeSites(const Rows& offsets, const Rows& known,
                                                  std::span<const Series> series) {
  std::set<airquality::SiteId> known_sites;
  for (int row = 0; row < offsets.size(); ++row) {
    const auto site =
        airquality::SiteId::FromNumber(static_cast<std::uint32_t>(offsets.Integer(row, 0)));
    known_sites.insert(site);
    coverage_.SetOffset(site, std::chrono::minutes(offsets.Integer(row, 1)));
  }
  const SiteWriter::Outcome outcome =
      sites_.Merge(known, [this] { return OriginId(); }, *transaction_);
  changed_ = changed_ || outcome.changed;
  for (const auto& [site, offset] : outcome.offsets) {
    known_sites.insert(site);
    coverage_.SetOffset(site, offset);
  }
  for (const airquality::SiteId site : outcome.moved) coverage_.Recount(site);
  for (const Series& one : series) {
    if (known_sites.contains(one.site)) continue;
    return base::FailedPrecondition(
        fmt::format("site {} is not known: put it before its observations", one.site.ToString()));
  }
  return {};
}

// New series get their ids in the order of the series, and the pieces come in the order of the ids:
// both keep the table's pages together.
Result<void> PostgresObservationWriter::NumberSeries(const Rows& found,
                                                     std::vector<Piece>& pieces) {
  std::map<Series, std::int32_t> ids;
  const auto take = [&](const Rows& rows) {
    for (int row = 0; row < rows.size(); ++row) {
      ids.emplace(ReadSeries(rows, row, 1), static_cast<std::int32_t>(rows.Integer(row, 0)));
    }
  };
  take(found);
  std::set<Series> missing;
  for (const Piece& piece : pieces) {
    if (!ids.contains(*piece.series)) missing.insert(*piece.series);
  }
  if (!missing.empty()) {
    SeriesCall insert("insert_series");
    for (const Series& series : missing) insert.Add(series);
    std::vector<Call> calls;
    calls.push_back(insert.Take());
    GC_ASSIGN_OR_RETURN(const std::vector<Rows> rows, transaction_->Run(std::move(calls)));
    take(rows.front());
  }
  for (Piece& piece : pieces) {
    piece.id = ids.at(*piece.series);
    piece.new_series = missing.contains(*piece.series);
  }
  std::ranges::sort(pieces, {}, [](const Piece& piece) { return std::pair(piece.id, piece.from); });
  return {};
}

Result<void> PostgresObservationWriter::MergePieces(std::span<const Piece> pieces) {
  Column series(Type::kInteger4);
  Column from(Type::kTime);
  Column to(Type::kTime);
  for (const Piece& piece : pieces) {
    // In an order by number the answer needs one for each piece; a new series has no versions.
    series.Add(piece.new_series ? 0 : piece.id);
    from.AddTime(TimeOfMinutes(piece.from).time_since_epoch().count());
    to.AddTime(TimeOfMinutes(piece.to).time_since_epoch().count());
  }
  std::vector<std::vector<Version>> existing(pieces.size());
  Dictionary::Names names;
  if (!std::ranges::all_of(pieces, &Piece::new_series)) {
    std::vector<Call> calls;
    calls.push_back({"versions_of_ranges", Parameters().Array(series).Array(from).Array(to)});
    GC_ASSIGN_OR_RETURN(const std::vector<Rows> answers, transaction_->Run(std::move(calls)));
    const Rows& rows = answers.front();
    Dictionary::Wanted wanted;
    for (int row = 0; row < rows.size(); ++row) {
      const auto number = static_cast<std::size_t>(rows.Integer(row, 0) - 1);
      existing[number].push_back(ReadVersion(rows, row, 1));
      wanted.origins.insert(existing[number].back().origin);
    }
    GC_RETURN_IF_ERROR(dictionary_.Complete(transaction_->connection(), wanted, names));
  }
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    std::ranges::sort(existing[i], {}, &Version::Identity);
    GC_RETURN_IF_ERROR(MergePiece(pieces[i], existing[i], names));
  }
  return {};
}

Result<void> PostgresObservationWriter::MergePiece(const Piece& piece,
                                                   std::span<const Version> existing,
                                                   const Dictionary::Names& names) {
  const MergedVersions merged = MergeVersions(piece.versions, existing, [&](std::int32_t origin) {
    return names.origins.at(origin) < origin_ ? OriginId() : origin;
  });
  counts_.observations_new += merged.counts.observations_new;
  counts_.observations_replaced += merged.counts.observations_replaced;
  counts_.observations_unchanged += merged.counts.observations_unchanged;
  if (!merged.changed) return {};
  changed_ = true;
  DailyRule rule(*piece.series);
  std::size_t old = 0;
  for (const Version& version : merged.versions) {
    if (version.receipt != 0) {
      if (!SameState(version, existing[old++])) updated_.push_back({piece.id, version});
      continue;
    }
    VersionRow& row = added_.emplace_back(piece.id, version);
    row.version.origin = OriginId();
    row.version.receipt = newest_receipt_ + 1;
    if (rule.Counts(version.source, version.completeness)) {
      coverage_.Add(*piece.series, TimeOfMinutes(version.start));
    }
  }
  return {};
}

Result<void> PostgresObservationWriter::WriteVersions() {
  if (!updated_.empty()) transaction_->Defer(UpdateVersions(updated_));
  if (added_.size() >= kCopyFrom) {
    GC_RETURN_IF_ERROR(transaction_->CopyIn("copy_versions", CopyVersions(added_)));
  } else if (!added_.empty()) {
    transaction_->Defer(InsertVersions(added_));
  }
  added_.clear();
  updated_.clear();
  return {};
}

std::int32_t PostgresObservationWriter::OriginId() {
  if (!origin_id_) {
    origin_id_ = newest_origin_ + 1;
    transaction_->Defer({"insert_origin", Parameters().Integer4(*origin_id_).Text(origin_)});
  }
  return *origin_id_;
}

void PostgresObservationWriter::CloseReceipt() {
  const base::Timestamp received_at = newest_receipt_ == 0
                                          ? database_->clock().Now()
                                          : std::max(database_->clock().Now(), newest_received_at_);
  transaction_->Defer(
      {"insert_receipt", Parameters()
                             .Integer4(newest_receipt_ + 1)
                             .Integer4(OriginId())
                             .Time(received_at.time_since_epoch().count())
                             .Integer8(static_cast<std::int64_t>(counts_.observations_new))
                             .Integer8(static_cast<std::int64_t>(counts_.observations_replaced))});
}

}  // namespace geoclimate::store::postgres
