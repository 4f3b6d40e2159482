#include "geoclimate/store/postgres/postgres_prediction_log_store.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <limits>

#include "geoclimate/store/postgres/prediction_rows.h"
#include "geoclimate/store/prediction_batch_check.h"

namespace geoclimate::store::postgres {
namespace {

using base::Result;

// Days of room ahead: the log goes on while whoever maintains it is away.
constexpr int kDaysAhead = 2;

std::int64_t StartOf(base::LocalDay day) {
  return base::DayStart(day, std::chrono::minutes(0)).time_since_epoch().count();
}

}  // namespace

Result<std::vector<PostgresPredictionLogStore::Day>> PostgresPredictionLogStore::ReadDays(
    WriteTransaction& transaction) {
  std::vector<Call> calls;
  calls.push_back({"prediction_days", {}});
  GC_ASSIGN_OR_RETURN(const std::vector<Rows> answers, transaction.Run(std::move(calls)));
  const Rows& rows = answers.front();
  std::vector<Day> days;
  days.reserve(static_cast<std::size_t>(rows.size()));
  for (int row = 0; row < rows.size(); ++row) {
    days.push_back({.day = rows.Day(row, 0),
                    .bytes = static_cast<std::uint64_t>(rows.Integer(row, 1)),
                    .has_rows = rows.Integer(row, 2) != 0});
  }
  return days;
}

Result<void> PostgresPredictionLogStore::MakeDays(const std::set<base::LocalDay>& days) {
  {
    const base::MutexLock lock(mutex_);
    if (std::ranges::includes(days_, days)) return {};
  }
  GC_ASSIGN_OR_RETURN(WriteTransaction transaction,
                      database_->BeginWrite(WriteLock::kPredictionLog));
  GC_ASSIGN_OR_RETURN(const std::vector<Day> there, ReadDays(transaction));
  std::set<base::LocalDay> made;
  for (const Day& day : there) made.insert(day.day);
  for (const base::LocalDay day : days) {
    if (made.insert(day).second) {
      transaction.Defer({"make_prediction_day", Parameters().Day(day)});
    }
  }
  GC_RETURN_IF_ERROR(transaction.Commit());
  const base::MutexLock lock(mutex_);
  days_ = std::move(made);
  return {};
}

Result<std::vector<std::int32_t>> PostgresPredictionLogStore::NumberModels(
    const PredictionBatch& batch) {
  std::set<std::string_view> names;
  for (const LoggedPrediction& one : batch.predictions) names.insert(one.model_id);
  {
    const base::MutexLock lock(mutex_);
    for (auto name = names.begin(); name != names.end();) {
      name = models_.contains(*name) ? names.erase(name) : std::next(name);
    }
  }
  if (!names.empty()) {
    Column wanted(Type::kText);
    for (const std::string_view name : names) wanted.AddText(name);
    std::vector<Call> calls;
    calls.push_back({"add_prediction_models", Parameters().Array(wanted)});
    calls.push_back({"find_prediction_models", Parameters().Array(wanted)});
    GC_ASSIGN_OR_RETURN(Lease lease, database_->Connect());
    GC_ASSIGN_OR_RETURN(const std::vector<Rows> rows, lease->Run(std::move(calls)));
    const base::MutexLock lock(mutex_);
    for (int row = 0; row < rows[1].size(); ++row) {
      models_.emplace(rows[1].Text(row, 1), static_cast<std::int32_t>(rows[1].Integer(row, 0)));
    }
  }
  std::vector<std::int32_t> ids;
  ids.reserve(batch.predictions.size());
  const base::MutexLock lock(mutex_);
  for (const LoggedPrediction& one : batch.predictions) {
    const auto found = models_.find(one.model_id);
    if (found == models_.end()) {
      return base::Unavailable("a model of the prediction log is being added elsewhere: try again");
    }
    ids.push_back(found->second);
  }
  return ids;
}

Result<PredictionLogStore::Inserted> PostgresPredictionLogStore::InsertRows(
    const PredictionBatch& batch, base::LocalDay newest, const std::vector<std::int32_t>& models) {
  // A connection that is given back within a transaction is closed, which rolls back.
  GC_ASSIGN_OR_RETURN(Lease lease, database_->Connect());
  std::vector<Call> calls;
  calls.push_back({"begin_write", {}});
  calls.push_back(
      {"insert_prediction_batch", Parameters().Text(batch.id).Day(newest).Integer4(
                                      static_cast<std::int32_t>(batch.predictions.size()))});
  GC_ASSIGN_OR_RETURN(const std::vector<Rows> noted, lease->Run(std::move(calls)));
  if (noted[1].size() == 0) {
    GC_ASSIGN_OR_RETURN(const Rows ended, lease->RunOne({"rollback", {}}));
    return Inserted::kBefore;
  }
  GC_RETURN_IF_ERROR(lease->CopyIn("copy_predictions", CopyPredictions(batch, models)));
  GC_ASSIGN_OR_RETURN(const Rows committed, lease->RunOne({"commit", {}}));
  return Inserted::kYes;
}

Result<PredictionLogStore::Inserted> PostgresPredictionLogStore::Insert(
    const PredictionBatch& batch) {
  GC_RETURN_IF_ERROR(CheckBatch(batch));
  if (batch.predictions.empty()) return Inserted::kYes;
  std::set<base::LocalDay> days;
  for (const LoggedPrediction& one : batch.predictions) days.insert(DayOfPrediction(one));
  GC_RETURN_IF_ERROR(MakeDays(days));
  GC_ASSIGN_OR_RETURN(const std::vector<std::int32_t> models, NumberModels(batch));
  Result<Inserted> inserted = InsertRows(batch, *days.rbegin(), models);
  if (inserted.ok() || inserted.error().code() != base::ErrorCode::kInternal) return inserted;
  // A partition may have been dropped by another process meanwhile.
  {
    const base::MutexLock lock(mutex_);
    days_.clear();
  }
  GC_RETURN_IF_ERROR(MakeDays(days));
  return InsertRows(batch, *days.rbegin(), models);
}

PredictionLogSize PostgresPredictionLogStore::DropDays(const PredictionLogBounds& bounds,
                                                       base::LocalDay first_kept,
                                                       std::span<const Day> days,
                                                       WriteTransaction& transaction) {
  PredictionLogSize size;
  for (const Day& day : days) size.bytes += day.bytes;
  for (std::size_t i = 0; i < days.size(); ++i) {
    const bool expired = days[i].day < first_kept;
    // Room that was made ahead does not count as the newest day.
    const bool has_newer = std::ranges::any_of(days.subspan(i + 1), &Day::has_rows);
    if (expired || (size.bytes > bounds.max_bytes && has_newer)) {
      transaction.Defer({"drop_prediction_day", Parameters().Day(days[i].day)});
      size.bytes -= days[i].bytes;
    } else {
      size.days.push_back(days[i].day);
    }
  }
  return size;
}

Result<PredictionLogSize> PostgresPredictionLogStore::Maintain(const PredictionLogBounds& bounds,
                                                               base::LocalDay today) {
  GC_ASSIGN_OR_RETURN(WriteTransaction transaction,
                      database_->BeginWrite(WriteLock::kPredictionLog));
  GC_ASSIGN_OR_RETURN(const std::vector<Day> there, ReadDays(transaction));
  const base::LocalDay first_kept = today - std::chrono::days(bounds.retention_days);
  PredictionLogSize size = DropDays(bounds, first_kept, there, transaction);
  transaction.Defer({"forget_prediction_batches", Parameters().Day(first_kept)});
  for (int ahead = 0; ahead <= kDaysAhead; ++ahead) {
    const base::LocalDay day = today + std::chrono::days(ahead);
    if (std::ranges::find(size.days, day) != size.days.end()) continue;
    transaction.Defer({"make_prediction_day", Parameters().Day(day)});
    size.days.push_back(day);
  }
  std::ranges::sort(size.days);
  GC_RETURN_IF_ERROR(transaction.Commit());
  const base::MutexLock lock(mutex_);
  days_ = {size.days.begin(), size.days.end()};
  return size;
}

Result<void> PostgresPredictionLogStore::Sample(
    std::string_view model_id, base::LocalDay day, std::size_t most,
    const std::function<void(const LoggedPrediction&)>& visit) {
  const auto limit = static_cast<std::int64_t>(
      std::min(most, std::size_t{std::numeric_limits<std::int32_t>::max()}));
  GC_ASSIGN_OR_RETURN(Lease lease, database_->Connect());
  GC_ASSIGN_OR_RETURN(const Rows rows, lease->RunOne({"sample_predictions",
                                                      Parameters()
                                                          .Time(StartOf(day))
                                                          .Time(StartOf(day + std::chrono::days(1)))
                                                          .Text(model_id)
                                                          .Integer8(limit)}));
  for (int row = 0; row < rows.size(); ++row) visit(ReadPrediction(rows, row, model_id));
  return {};
}

}  // namespace geoclimate::store::postgres
