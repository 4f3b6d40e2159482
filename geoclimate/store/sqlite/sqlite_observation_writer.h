#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/base/result.h"
#include "geoclimate/store/batch.h"
#include "geoclimate/store/observation_store.h"
#include "geoclimate/store/sqlite/coverage_writer.h"
#include "geoclimate/store/sqlite/database.h"
#include "geoclimate/store/version_merge.h"

namespace geoclimate::store::sqlite {

// Gathers a batch and the sites in memory without any lock. A flush takes the write lock, which
// begins the transaction, and then, series by series and period by period, reads the row that the
// batch touches and writes it when it differs.
class SqliteObservationWriter final : public ObservationWriter {
 public:
  SqliteObservationWriter(std::shared_ptr<Database> database, std::string_view origin)
      : database_(std::move(database)), origin_(origin) {}

  base::Result<void> PutSites(std::span<const airquality::Site> sites) override;
  base::Result<void> Append(std::span<const airquality::Observation> observations,
                            std::optional<base::Timestamp> available_at_floor) override;
  base::Result<WriteCounts> Commit() override;

  bool IsOf(const Database& database) const { return database_.get() == &database; }
  // See ObservationStore::CommitTogether().
  static base::Result<std::vector<WriteCounts>> CommitTogether(
      std::span<SqliteObservationWriter* const> writers);

 private:
  // The part of the batch that belongs to one series, with the series' id.
  struct Piece {
    std::int64_t id;
    Batch::Part part;
  };
  struct Receipt {
    std::int32_t id = 0;
    std::int32_t origin = 0;
    base::Timestamp not_before;
  };

  // Remembers that the writer has failed, and rolls back.
  base::Error Failed(base::Error error);

  // Everything of a commit but the commit itself.
  base::Result<void> Prepare();
  base::Result<void> Flush();
  base::Result<void> WriteSites();
  base::Result<std::vector<Piece>> ResolveSeries(std::span<const Batch::Part> parts);
  base::Result<void> WriteSeries(const Piece& piece);
  base::Result<void> WritePeriod(const Piece& piece, std::int64_t period,
                                 std::span<const Version> incoming);
  base::Result<MergedVersions> Merge(std::span<const Version> incoming,
                                     std::span<const Version> existing);
  // Gives the versions that were not there their origin and receipt, and counts their days.
  base::Result<void> Admit(const Series& series, std::span<Version> versions);
  // The transaction's receipt, made when the first change needs it.
  base::Result<const Receipt*> TheReceipt();
  base::Result<void> CloseReceipt();

  const std::shared_ptr<Database> database_;
  const std::string origin_;
  std::map<airquality::SiteId, std::vector<airquality::Site>> sites_;  // not written yet
  Batch batch_;
  WriteCounts counts_;
  std::optional<WriteTransaction> transaction_;
  std::optional<CoverageWriter> coverage_;  // while there is a transaction
  std::optional<Receipt> receipt_;
  bool ended_ = false;  // committed or failed
};

}  // namespace geoclimate::store::sqlite
