#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <utility>

#include "geoclimate/store/prediction_log_store.h"
#include "geoclimate/store/sqlite/database.h"

namespace geoclimate::store::sqlite {

class SqlitePredictionLogStore final : public PredictionLogStore {
 public:
  explicit SqlitePredictionLogStore(std::shared_ptr<Database> database)
      : database_(std::move(database)) {}

  base::Result<Inserted> Insert(const PredictionBatch& batch) override;
  base::Result<PredictionLogSize> Maintain(const PredictionLogBounds& bounds,
                                           base::LocalDay today) override;
  base::Result<void> Sample(std::string_view model_id, base::LocalDay day, std::size_t most,
                            const std::function<void(const LoggedPrediction&)>& visit) override;

 private:
  // Takes a day away, some rows a transaction: others that write wait for none of them for long.
  base::Result<void> RemoveDay(base::LocalDay day);
  base::Result<void> ForgetBatches(base::LocalDay before);

  const std::shared_ptr<Database> database_;
};

}  // namespace geoclimate::store::sqlite
