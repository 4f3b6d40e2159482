#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/base/result.h"
#include "geoclimate/store/batch.h"
#include "geoclimate/store/observation_store.h"
#include "geoclimate/store/postgres/coverage_writer.h"
#include "geoclimate/store/postgres/database.h"
#include "geoclimate/store/postgres/site_writer.h"
#include "geoclimate/store/postgres/version_rows.h"
#include "geoclimate/store/postgres/write_transaction.h"
#include "geoclimate/store/version_merge.h"

namespace geoclimate::store::postgres {

// Gathers a batch and the sites in memory without any lock. A flush takes the write lock, reads the
// versions that the batch's stand beside, merges in memory as the SQLite store does, and writes
// what is new (a COPY, or one INSERT where it is little) and what has changed.
class PostgresObservationWriter final : public ObservationWriter {
 public:
  PostgresObservationWriter(std::shared_ptr<Database> database, std::string_view origin)
      : database_(std::move(database)), origin_(origin), sites_(origin) {}

  base::Result<void> PutSites(std::span<const airquality::Site> sites) override;
  base::Result<void> Append(std::span<const airquality::Observation> observations,
                            std::optional<base::Timestamp> available_at_floor) override;
  base::Result<WriteCounts> Commit() override;

  bool IsOf(const Database& database) const { return database_.get() == &database; }
  // See ObservationStore::CommitTogether().
  static base::Result<std::vector<WriteCounts>> CommitTogether(
      std::span<PostgresObservationWriter* const> writers);

 private:
  // Versions of the batch that belong to one series and period.
  struct Piece {
    const Series* series;
    std::int32_t id = 0;
    bool new_series = false;
    std::int64_t from = 0;  // the period, in minutes
    std::int64_t to = 0;
    std::span<const Version> versions;
  };

  // Remembers that the writer has failed, and rolls back.
  base::Error Failed(base::Error error);

  // Everything of a commit but the commit itself.
  base::Result<void> Prepare();
  base::Result<void> Flush();
  // The series of the batch that have versions.
  std::vector<Series> SeriesOf(std::span<const Batch::Part> parts) const;
  base::Result<void> LookUp(std::span<const Batch::Part> parts, std::vector<Piece>& pieces);
  base::Result<void> TakeSites(const Rows& offsets, const Rows& known,
                               std::span<const Series> series);
  base::Result<void> NumberSeries(const Rows& found, std::vector<Piece>& pieces);
  // Merges pieces, few enough for their answer to be held in memory.
  base::Result<void> MergePieces(std::span<const Piece> pieces);
  base::Result<void> MergePiece(const Piece& piece, std::span<const Version> existing,
                                const Dictionary::Names& names);
  base::Result<void> WriteVersions();
  // The id of the transaction's origin, and of its receipt, which exist when the first change needs
  // them.
  std::int32_t OriginId();
  void CloseReceipt();

  const std::shared_ptr<Database> database_;
  const std::string origin_;
  SiteWriter sites_;
  Batch batch_;
  WriteCounts counts_;
  std::optional<WriteTransaction> transaction_;
  CoverageWriter coverage_;
  Dictionary dictionary_;  // not the database's: what it reads may be rolled back
  std::optional<std::int32_t> origin_id_;
  std::int32_t newest_origin_ = 0;
  std::int32_t newest_receipt_ = 0;
  base::Timestamp newest_received_at_;
  bool looked_up_ = false;  // origin and receipt
  bool changed_ = false;
  std::vector<VersionRow> added_;  // of this flush
  std::vector<VersionRow> updated_;
  bool ended_ = false;  // committed or failed
};

}  // namespace geoclimate::store::postgres
