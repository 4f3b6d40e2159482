#include "geoclimate/store/sqlite/sqlite_prediction_log_store.h"

#include <sqlite3.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "geoclimate/store/prediction_batch_check.h"

namespace geoclimate::store::sqlite {
namespace {

using base::Result;

constexpr std::int64_t kRowsRemovedAtOnce = 10'000;
// What a row takes beside its texts and numbers: the other columns, and its place in the index.
constexpr std::size_t kRowBytes = 80;

struct DayTotals {
  std::int64_t predictions = 0;
  std::int64_t bytes = 0;
};

Result<std::int64_t> ModelId(Session& session, const std::string& name) {
  GC_ASSIGN_OR_RETURN(Statement * find, session.Prepared("find_prediction_model"));
  find->Bind(1, std::string_view(name));
  GC_ASSIGN_OR_RETURN(const bool row, find->Step());
  const std::int64_t id = row ? find->Integer(0) : 0;
  find->Reset();
  if (row) return id;
  GC_ASSIGN_OR_RETURN(Statement * insert, session.Prepared("insert_prediction_model"));
  insert->Bind(1, std::string_view(name));
  GC_RETURN_IF_ERROR(insert->Run());
  return insert->InsertedRow();
}

std::string_view BytesOf(const std::vector<float>& numbers) {
  static_assert(std::endian::native == std::endian::little, "the file's floats are little-endian");
  return {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(float)};
}

std::vector<float> FloatsOf(std::string_view bytes) {
  std::vector<float> numbers(bytes.size() / sizeof(float));
  if (!numbers.empty()) std::memcpy(numbers.data(), bytes.data(), numbers.size() * sizeof(float));
  return numbers;
}

void BindFloat(Statement& statement, int parameter, float value) {
  if (std::isnan(value)) {
    statement.BindNull(parameter);
  } else {
    statement.Bind(parameter, double{value});
  }
}

float FloatOrNan(const Statement& row, int column) {
  return row.IsNull(column) ? std::numeric_limits<float>::quiet_NaN()
                            : static_cast<float>(row.Real(column));
}

std::int64_t SizeOf(const LoggedPrediction& one) {
  return static_cast<std::int64_t>(kRowBytes + one.request_id.size() + one.caller.size() +
                                   (one.row.size() + one.outputs.size()) * sizeof(float));
}

void BindPrediction(Statement& insert, const LoggedPrediction& one, std::int64_t model,
                    std::int32_t lot) {
  insert.Bind(1, std::int64_t{base::DayNumber(DayOfPrediction(one))});
  insert.Bind(2, model);
  insert.Bind(3, std::int64_t{lot});
  insert.Bind(4, std::int64_t{one.at.time_since_epoch().count()});
  insert.Bind(5, double{one.duration_us});
  insert.Bind(6, static_cast<std::int64_t>(one.arm));
  insert.Bind(7, static_cast<std::int64_t>(one.route));
  insert.Bind(8, std::string_view(one.request_id));
  insert.Bind(9, std::string_view(one.caller));
  insert.BindBytes(10, BytesOf(one.row));
  insert.BindBytes(11, BytesOf(one.outputs));
  BindFloat(insert, 12, one.p10);
  BindFloat(insert, 13, one.p90);
}

LoggedPrediction ReadPrediction(const Statement& row, std::string_view model_id) {
  LoggedPrediction one;
  one.model_id = model_id;
  one.at = base::Timestamp(std::chrono::microseconds(row.Integer(0)));
  one.duration_us = static_cast<float>(row.Real(1));
  one.arm = static_cast<LoggedArm>(row.Integer(2));
  one.route = static_cast<LoggedRoute>(row.Integer(3));
  one.request_id = row.Text(4);
  one.caller = row.Text(5);
  one.row = FloatsOf(row.Bytes(6));
  one.outputs = FloatsOf(row.Bytes(7));
  one.p10 = FloatOrNan(row, 8);
  one.p90 = FloatOrNan(row, 9);
  return one;
}

std::map<base::LocalDay, DayTotals> TotalsOf(const PredictionBatch& batch) {
  std::map<base::LocalDay, DayTotals> days;
  for (const LoggedPrediction& one : batch.predictions) {
    DayTotals& totals = days[DayOfPrediction(one)];
    ++totals.predictions;
    totals.bytes += SizeOf(one);
  }
  return days;
}

Result<void> InsertRows(Session& session, const PredictionBatch& batch) {
  std::map<std::string_view, std::int64_t> models;
  GC_ASSIGN_OR_RETURN(Statement * insert, session.Prepared("insert_prediction"));
  for (std::size_t i = 0; i < batch.predictions.size(); ++i) {
    const LoggedPrediction& one = batch.predictions[i];
    const auto [model, is_new] = models.try_emplace(one.model_id, 0);
    if (is_new) {
      GC_ASSIGN_OR_RETURN(model->second, ModelId(session, one.model_id));
    }
    BindPrediction(*insert, one, model->second, LotOf(batch, i));
    GC_RETURN_IF_ERROR(insert->Run());
  }
  return {};
}

}  // namespace

Result<PredictionLogStore::Inserted> SqlitePredictionLogStore::Insert(
    const PredictionBatch& batch) {
  GC_RETURN_IF_ERROR(CheckBatch(batch));
  if (batch.predictions.empty()) return Inserted::kYes;
  const std::map<base::LocalDay, DayTotals> days = TotalsOf(batch);
  GC_ASSIGN_OR_RETURN(WriteTransaction transaction, database_->BeginWrite());
  Session& session = transaction.session();
  GC_ASSIGN_OR_RETURN(Statement * note, session.Prepared("insert_prediction_batch"));
  note->Bind(1, std::string_view(batch.id));
  note->Bind(2, std::int64_t{base::DayNumber(days.rbegin()->first)});
  note->Bind(3, static_cast<std::int64_t>(batch.predictions.size()));
  GC_RETURN_IF_ERROR(note->Run());
  if (sqlite3_changes64(session.connection().handle()) == 0) return Inserted::kBefore;
  GC_ASSIGN_OR_RETURN(Statement * add, session.Prepared("add_prediction_day"));
  for (const auto& [day, totals] : days) {
    add->Bind(1, std::int64_t{base::DayNumber(day)});
    add->Bind(2, totals.predictions);
    add->Bind(3, totals.bytes);
    GC_RETURN_IF_ERROR(add->Run());
  }
  GC_RETURN_IF_ERROR(InsertRows(session, batch));
  GC_RETURN_IF_ERROR(transaction.Commit());
  return Inserted::kYes;
}

Result<void> SqlitePredictionLogStore::RemoveDay(base::LocalDay day) {
  const std::int64_t number = base::DayNumber(day);
  while (true) {
    GC_ASSIGN_OR_RETURN(WriteTransaction transaction, database_->BeginWrite());
    Session& session = transaction.session();
    GC_ASSIGN_OR_RETURN(Statement * remove, session.Prepared("remove_predictions"));
    remove->Bind(1, number);
    remove->Bind(2, kRowsRemovedAtOnce);
    GC_RETURN_IF_ERROR(remove->Run());
    const bool last = sqlite3_changes64(session.connection().handle()) < kRowsRemovedAtOnce;
    if (last) {
      GC_ASSIGN_OR_RETURN(Statement * remove_day, session.Prepared("remove_prediction_day"));
      remove_day->Bind(1, number);
      GC_RETURN_IF_ERROR(remove_day->Run());
    }
    GC_RETURN_IF_ERROR(transaction.Commit());
    if (last) return {};
  }
}

Result<void> SqlitePredictionLogStore::ForgetBatches(base::LocalDay before) {
  GC_ASSIGN_OR_RETURN(WriteTransaction transaction, database_->BeginWrite());
  GC_ASSIGN_OR_RETURN(Statement * forget,
                      transaction.session().Prepared("forget_prediction_batches"));
  forget->Bind(1, std::int64_t{base::DayNumber(before)});
  GC_RETURN_IF_ERROR(forget->Run());
  return transaction.Commit();
}

Result<PredictionLogSize> SqlitePredictionLogStore::Maintain(const PredictionLogBounds& bounds,
                                                             base::LocalDay today) {
  PredictionLogSize size;
  std::vector<std::uint64_t> bytes;
  {
    GC_ASSIGN_OR_RETURN(ReadTransaction transaction, database_->BeginRead());
    GC_ASSIGN_OR_RETURN(Statement * days, transaction.session().Prepared("prediction_days"));
    while (true) {
      GC_ASSIGN_OR_RETURN(const bool row, days->Step());
      if (!row) break;
      size.days.push_back(base::DayFromNumber(static_cast<std::int32_t>(days->Integer(0))));
      bytes.push_back(static_cast<std::uint64_t>(days->Integer(1)));
      size.bytes += bytes.back();
    }
  }
  const base::LocalDay first_kept = today - std::chrono::days(bounds.retention_days);
  std::size_t removed = 0;
  while (removed < size.days.size()) {
    const bool expired = size.days[removed] < first_kept;
    const bool is_last = removed + 1 == size.days.size();
    if (!expired && (size.bytes <= bounds.max_bytes || is_last)) break;
    GC_RETURN_IF_ERROR(RemoveDay(size.days[removed]));
    size.bytes -= bytes[removed];
    ++removed;
  }
  size.days.erase(size.days.begin(), size.days.begin() + static_cast<std::ptrdiff_t>(removed));
  // The batches of a day that made room for others are still remembered: they may come again.
  if (removed > 0) GC_RETURN_IF_ERROR(ForgetBatches(first_kept));
  return size;
}

Result<void> SqlitePredictionLogStore::Sample(
    std::string_view model_id, base::LocalDay day, std::size_t most,
    const std::function<void(const LoggedPrediction&)>& visit) {
  GC_ASSIGN_OR_RETURN(ReadTransaction transaction, database_->BeginRead());
  GC_ASSIGN_OR_RETURN(Statement * sample, transaction.session().Prepared("sample_predictions"));
  sample->Bind(1, std::int64_t{base::DayNumber(day)});
  sample->Bind(2, model_id);
  sample->Bind(3, static_cast<std::int64_t>(
                      std::min(most, std::size_t{std::numeric_limits<std::int32_t>::max()})));
  while (true) {
    GC_ASSIGN_OR_RETURN(const bool row, sample->Step());
    if (!row) return {};
    visit(ReadPrediction(*sample, model_id));
  }
}

}  // namespace geoclimate::store::sqlite
