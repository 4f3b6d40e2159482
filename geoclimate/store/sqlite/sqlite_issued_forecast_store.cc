#include "geoclimate/store/sqlite/sqlite_issued_forecast_store.h"

#include <sqlite3.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "geoclimate/store/issued_forecast_check.h"

namespace geoclimate::store::sqlite {
namespace {

using airquality::IssuedForecast;
using base::Result;

Result<std::int64_t> ModelId(Session& session, const std::string& name) {
  GC_ASSIGN_OR_RETURN(Statement * find, session.Prepared("find_forecast_model"));
  find->Bind(1, std::string_view(name));
  GC_ASSIGN_OR_RETURN(const bool row, find->Step());
  const std::int64_t id = row ? find->Integer(0) : 0;
  find->Reset();
  if (row) return id;
  GC_ASSIGN_OR_RETURN(Statement * insert, session.Prepared("insert_forecast_model"));
  insert->Bind(1, std::string_view(name));
  GC_RETURN_IF_ERROR(insert->Run());
  return insert->InsertedRow();
}

void BindForecast(Statement& put, const IssuedForecast& forecast, std::int64_t model) {
  put.Bind(1, std::int64_t{base::DayNumber(forecast.valid_day())});
  put.Bind(2, std::int64_t{forecast.site.number()});
  put.Bind(3, std::int64_t{airquality::Index(forecast.pollutant)});
  put.Bind(4, std::int64_t{forecast.horizon_days});
  put.Bind(5, model);
  put.Bind(6, std::int64_t{forecast.issued_at.time_since_epoch().count()});
  put.Bind(7, static_cast<std::int64_t>(forecast.method));
  put.Bind(8, double{forecast.mean});
  put.Bind(9, double{forecast.p10});
  put.Bind(10, double{forecast.p50});
  put.Bind(11, double{forecast.p90});
  put.Bind(12, double{forecast.probability_over_100});
  put.Bind(13, std::int64_t{forecast.aqi});
}

IssuedForecast ReadForecast(const Statement& row) {
  IssuedForecast forecast;
  forecast.site = airquality::SiteId::FromNumber(static_cast<std::uint32_t>(row.Integer(1)));
  forecast.pollutant = static_cast<airquality::Pollutant>(row.Integer(2));
  forecast.horizon_days = static_cast<int>(row.Integer(3));
  forecast.issue_day = base::DayFromNumber(static_cast<std::int32_t>(row.Integer(0))) -
                       std::chrono::days(forecast.horizon_days);
  forecast.model_id = row.Text(4);
  forecast.issued_at = base::Timestamp(std::chrono::microseconds(row.Integer(5)));
  forecast.method = static_cast<airquality::Method>(row.Integer(6));
  forecast.mean = static_cast<float>(row.Real(7));
  forecast.p10 = static_cast<float>(row.Real(8));
  forecast.p50 = static_cast<float>(row.Real(9));
  forecast.p90 = static_cast<float>(row.Real(10));
  forecast.probability_over_100 = static_cast<float>(row.Real(11));
  forecast.aqi = static_cast<int>(row.Integer(12));
  return forecast;
}

// One is the other's replacement, from another model.
bool SameForecast(const IssuedForecast& a, const IssuedForecast& b) {
  return a.site == b.site && a.pollutant == b.pollutant && a.issue_day == b.issue_day &&
         a.horizon_days == b.horizon_days;
}

}  // namespace

Result<std::uint64_t> SqliteIssuedForecastStore::Put(std::span<const IssuedForecast> forecasts) {
  for (const IssuedForecast& forecast : forecasts) GC_RETURN_IF_ERROR(CheckForecast(forecast));
  GC_ASSIGN_OR_RETURN(WriteTransaction transaction, database_->BeginWrite());
  Session& session = transaction.session();
  GC_ASSIGN_OR_RETURN(Statement * put, session.Prepared("put_issued_forecast"));
  std::map<std::string, std::int64_t> models;
  std::uint64_t changed = 0;
  for (const IssuedForecast& forecast : forecasts) {
    const auto [model, inserted] = models.try_emplace(forecast.model_id, 0);
    if (inserted) {
      GC_ASSIGN_OR_RETURN(model->second, ModelId(session, forecast.model_id));
    }
    BindForecast(*put, forecast, model->second);
    GC_RETURN_IF_ERROR(put->Run());
    changed += static_cast<std::uint64_t>(sqlite3_changes64(session.connection().handle()));
  }
  if (changed > 0) GC_RETURN_IF_ERROR(transaction.Commit());
  return changed;
}

Result<void> SqliteIssuedForecastStore::VisitRows(
    const IssuedForecastQuery& query, const std::function<void(IssuedForecast&&)>& visit) {
  GC_ASSIGN_OR_RETURN(ReadTransaction transaction, database_->BeginRead());
  GC_ASSIGN_OR_RETURN(Statement * statement, transaction.session().Prepared("issued_forecasts"));
  statement->Bind(1, std::int64_t{base::DayNumber(query.from)});
  statement->Bind(2, std::int64_t{base::DayNumber(query.to)});
  statement->BindNull(3);
  if (query.pollutant) statement->Bind(3, std::int64_t{airquality::Index(*query.pollutant)});
  statement->BindNull(4);
  if (query.horizon_days) statement->Bind(4, std::int64_t{*query.horizon_days});
  while (true) {
    GC_ASSIGN_OR_RETURN(const bool row, statement->Step());
    if (!row) return {};
    visit(ReadForecast(*statement));
  }
}

Result<void> SqliteIssuedForecastStore::Visit(
    const IssuedForecastQuery& query, const std::function<void(const IssuedForecast&)>& visit) {
  // The one issued last comes last: each is given when the next is another.
  std::optional<IssuedForecast> held;
  GC_RETURN_IF_ERROR(VisitRows(query, [&](IssuedForecast&& forecast) {
    if (held && !SameForecast(*held, forecast)) visit(*held);
    held = std::move(forecast);
  }));
  if (held) visit(*held);
  return {};
}

Result<void> SqliteIssuedForecastStore::VisitEvery(
    const std::function<void(const IssuedForecast&)>& visit) {
  using Limits = std::numeric_limits<std::int32_t>;
  const IssuedForecastQuery everything{.from = base::DayFromNumber(Limits::min()),
                                       .to = base::DayFromNumber(Limits::max()),
                                       .pollutant = std::nullopt,
                                       .horizon_days = std::nullopt};
  return VisitRows(everything, visit);
}

}  // namespace geoclimate::store::sqlite
