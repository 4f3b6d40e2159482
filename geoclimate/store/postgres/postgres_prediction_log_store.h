#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "geoclimate/base/mutex.h"
#include "geoclimate/store/postgres/database.h"
#include "geoclimate/store/postgres/write_transaction.h"
#include "geoclimate/store/prediction_log_store.h"

namespace geoclimate::store::postgres {

// Batches are inserted under no lock: any number of processes insert at once. Only partitions are
// made and dropped one after the other.
class PostgresPredictionLogStore final : public PredictionLogStore {
 public:
  explicit PostgresPredictionLogStore(std::shared_ptr<Database> database)
      : database_(std::move(database)) {}

  base::Result<Inserted> Insert(const PredictionBatch& batch) override EXCLUDES(mutex_);
  base::Result<PredictionLogSize> Maintain(const PredictionLogBounds& bounds,
                                           base::LocalDay today) override EXCLUDES(mutex_);
  base::Result<void> Sample(std::string_view model_id, base::LocalDay day, std::size_t most,
                            const std::function<void(const LoggedPrediction&)>& visit) override;

 private:
  struct Day {
    base::LocalDay day;
    std::uint64_t bytes = 0;
    bool has_rows = false;
  };
  // Those that have a partition, rising.
  static base::Result<std::vector<Day>> ReadDays(WriteTransaction& transaction);
  // Defers what is to be dropped of `days`, and takes it from there.
  static PredictionLogSize DropDays(const PredictionLogBounds& bounds, base::LocalDay first_kept,
                                    std::span<const Day> days, WriteTransaction& transaction);
  base::Result<void> MakeDays(const std::set<base::LocalDay>& days) EXCLUDES(mutex_);
  base::Result<std::vector<std::int32_t>> NumberModels(const PredictionBatch& batch)
      EXCLUDES(mutex_);
  base::Result<Inserted> InsertRows(const PredictionBatch& batch, base::LocalDay newest,
                                    const std::vector<std::int32_t>& models);

  const std::shared_ptr<Database> database_;
  base::Mutex mutex_;
  std::map<std::string, std::int32_t, std::less<>> models_ GUARDED_BY(mutex_);
  // That have a partition, as far as is known: another process may have dropped one.
  std::set<base::LocalDay> days_ GUARDED_BY(mutex_);
};

}  // namespace geoclimate::store::postgres
