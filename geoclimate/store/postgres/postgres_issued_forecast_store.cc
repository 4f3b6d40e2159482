#include "geoclimate/store/postgres/postgres_issued_forecast_store.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <tuple>

#include "geoclimate/store/issued_forecast_check.h"

namespace geoclimate::store::postgres {
namespace {

using airquality::IssuedForecast;
using base::Result;

constexpr std::size_t kPart = 1 << 14;

// What makes a forecast the successor of another.
using Key =
    std::tuple<base::LocalDay, airquality::SiteId, airquality::Pollutant, int, std::int32_t>;

struct KeyColumns {
  Column valid_day{Type::kDay};
  Column site{Type::kInteger4};
  Column pollutant{Type::kInteger2};
  Column horizon{Type::kInteger4};
  Column model{Type::kInteger4};

  void Add(const Key& key) {
    valid_day.AddDay(std::get<0>(key));
    site.Add(std::get<1>(key).number());
    pollutant.Add(airquality::Index(std::get<2>(key)));
    horizon.Add(std::get<3>(key));
    model.Add(std::get<4>(key));
  }
  void AddTo(Parameters& parameters) const {
    parameters.Array(valid_day).Array(site).Array(pollutant).Array(horizon).Array(model);
  }
};

struct ForecastColumns {
  KeyColumns key;
  Column issued_at{Type::kTime};
  Column method{Type::kInteger2};
  Column mean{Type::kReal4};
  Column p10{Type::kReal4};
  Column p50{Type::kReal4};
  Column p90{Type::kReal4};
  Column probability{Type::kReal4};
  Column aqi{Type::kInteger4};

  void Add(const Key& of, const IssuedForecast& forecast) {
    key.Add(of);
    issued_at.AddTime(forecast.issued_at.time_since_epoch().count());
    method.Add(static_cast<int>(forecast.method));
    mean.AddReal(double{forecast.mean});
    p10.AddReal(double{forecast.p10});
    p50.AddReal(double{forecast.p50});
    p90.AddReal(double{forecast.p90});
    probability.AddReal(double{forecast.probability_over_100});
    aqi.Add(forecast.aqi);
  }
  Call Put() const {
    Call call{"put_issued_forecasts", {}};
    key.AddTo(call.parameters);
    for (const Column* column :
         {&issued_at, &method, &mean, &p10, &p50, &p90, &probability, &aqi}) {
      call.parameters.Array(*column);
    }
    return call;
  }
};

IssuedForecast ReadForecast(const Rows& rows, int row) {
  IssuedForecast forecast;
  forecast.site = airquality::SiteId::FromNumber(static_cast<std::uint32_t>(rows.Integer(row, 1)));
  forecast.pollutant = static_cast<airquality::Pollutant>(rows.Integer(row, 2));
  forecast.horizon_days = static_cast<int>(rows.Integer(row, 3));
  forecast.issue_day = rows.Day(row, 0) - std::chrono::days(forecast.horizon_days);
  forecast.model_id = rows.Text(row, 4);
  forecast.issued_at = rows.Time(row, 5);
  forecast.method = static_cast<airquality::Method>(rows.Integer(row, 6));
  forecast.mean = static_cast<float>(rows.Real(row, 7));
  forecast.p10 = static_cast<float>(rows.Real(row, 8));
  forecast.p50 = static_cast<float>(rows.Real(row, 9));
  forecast.p90 = static_cast<float>(rows.Real(row, 10));
  forecast.probability_over_100 = static_cast<float>(rows.Real(row, 11));
  forecast.aqi = static_cast<int>(rows.Integer(row, 12));
  return forecast;
}

// One is the other's replacement, from another model.
bool SameForecast(const IssuedForecast& a, const IssuedForecast& b) {
  return a.site == b.site && a.pollutant == b.pollutant && a.issue_day == b.issue_day &&
         a.horizon_days == b.horizon_days;
}

}  // namespace

Result<PostgresIssuedForecastStore::ModelIds> PostgresIssuedForecastStore::NumberModels(
    WriteTransaction& transaction, std::span<const IssuedForecast> forecasts) {
  std::set<std::string_view> names;
  for (const IssuedForecast& forecast : forecasts) names.insert(forecast.model_id);
  Column wanted(Type::kText);
  for (const std::string_view name : names) wanted.AddText(name);
  std::vector<Call> calls;
  calls.push_back({"find_forecast_models", Parameters().Array(wanted)});
  calls.push_back({"newest_forecast_model", {}});
  GC_ASSIGN_OR_RETURN(const std::vector<Rows> rows, transaction.Run(std::move(calls)));
  ModelIds ids;
  for (int row = 0; row < rows[0].size(); ++row) {
    ids.emplace(rows[0].Text(row, 1), static_cast<std::int32_t>(rows[0].Integer(row, 0)));
  }
  auto newest = static_cast<std::int32_t>(rows[1].Integer(0, 0));
  Column new_ids(Type::kInteger4);
  Column new_names(Type::kText);
  for (const std::string_view name : names) {
    if (ids.contains(name)) continue;
    ids.emplace(name, ++newest);
    new_ids.Add(newest);
    new_names.AddText(name);
  }
  if (new_ids.size() > 0) {
    transaction.Defer({"insert_forecast_models", Parameters().Array(new_ids).Array(new_names)});
  }
  return ids;
}

// As if one after the other: each that is newer than what is there by then is a change, the last of
// them is kept.
Result<std::uint64_t> PostgresIssuedForecastStore::PutPart(
    WriteTransaction& transaction, const ModelIds& models,
    std::span<const IssuedForecast> forecasts) {
  struct State {
    std::optional<base::Timestamp> issued_at;
    const IssuedForecast* put = nullptr;
  };
  std::map<Key, State> states;
  const auto key_of = [&](const IssuedForecast& forecast) {
    return Key(forecast.valid_day(), forecast.site, forecast.pollutant, forecast.horizon_days,
               models.find(forecast.model_id)->second);
  };
  for (const IssuedForecast& forecast : forecasts) states.try_emplace(key_of(forecast));
  KeyColumns keys;
  std::vector<State*> by_number;
  by_number.reserve(states.size());
  for (auto& [key, state] : states) {
    keys.Add(key);
    by_number.push_back(&state);
  }
  std::vector<Call> calls(1);
  calls.front().statement = "issue_times";
  keys.AddTo(calls.front().parameters);
  GC_ASSIGN_OR_RETURN(const std::vector<Rows> rows, transaction.Run(std::move(calls)));
  for (int row = 0; row < rows[0].size(); ++row) {
    by_number[static_cast<std::size_t>(rows[0].Integer(row, 0) - 1)]->issued_at =
        rows[0].Time(row, 1);
  }
  std::uint64_t changed = 0;
  for (const IssuedForecast& forecast : forecasts) {
    State& state = states[key_of(forecast)];
    if (state.issued_at && forecast.issued_at <= *state.issued_at) continue;
    state = {forecast.issued_at, &forecast};
    ++changed;
  }
  ForecastColumns columns;
  for (const auto& [key, state] : states) {
    if (state.put != nullptr) columns.Add(key, *state.put);
  }
  if (changed > 0) transaction.Defer(columns.Put());
  return changed;
}

Result<std::uint64_t> PostgresIssuedForecastStore::Put(std::span<const IssuedForecast> forecasts) {
  for (const IssuedForecast& forecast : forecasts) GC_RETURN_IF_ERROR(CheckForecast(forecast));
  if (forecasts.empty()) return std::uint64_t{0};
  GC_ASSIGN_OR_RETURN(WriteTransaction transaction,
                      database_->BeginWrite(WriteLock::kIssuedForecasts));
  GC_ASSIGN_OR_RETURN(const ModelIds models, NumberModels(transaction, forecasts));
  std::uint64_t changed = 0;
  for (std::span<const IssuedForecast> rest = forecasts; !rest.empty();) {
    const auto part = rest.first(std::min(rest.size(), kPart));
    GC_ASSIGN_OR_RETURN(const std::uint64_t of_part, PutPart(transaction, models, part));
    changed += of_part;
    rest = rest.subspan(part.size());
  }
  if (changed > 0) GC_RETURN_IF_ERROR(transaction.Commit());
  return changed;
}

Result<void> PostgresIssuedForecastStore::VisitRows(
    const IssuedForecastQuery& query, const std::function<void(IssuedForecast&&)>& visit) {
  GC_ASSIGN_OR_RETURN(Lease lease, database_->Connect());
  std::optional<std::int64_t> pollutant;
  if (query.pollutant) pollutant = airquality::Index(*query.pollutant);
  const auto next = [] {
    std::vector<Call> calls;
    calls.push_back({"next_issued_forecasts", {}});
    return calls;
  };
  std::vector<Call> begin = next();
  begin.insert(begin.begin(), {"open_issued_forecasts", Parameters()
                                                            .Day(query.from)
                                                            .Day(query.to)
                                                            .Optional4(pollutant)
                                                            .Optional4(query.horizon_days)});
  begin.insert(begin.begin(), {"begin_read", {}});
  GC_RETURN_IF_ERROR(lease->Send(std::move(begin)));
  while (true) {
    GC_ASSIGN_OR_RETURN(const std::vector<Rows> answers, lease->Receive());
    const Rows& rows = answers.back();
    if (rows.size() == 0) break;
    GC_RETURN_IF_ERROR(lease->Send(next()));
    for (int row = 0; row < rows.size(); ++row) visit(ReadForecast(rows, row));
  }
  // What was read stays read, whatever the server says now.
  static_cast<void>(lease->RunOne({"commit", {}}));
  return {};
}

Result<void> PostgresIssuedForecastStore::Visit(
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

Result<void> PostgresIssuedForecastStore::VisitEvery(
    const std::function<void(const IssuedForecast&)>& visit) {
  using Limits = std::numeric_limits<std::int32_t>;
  const IssuedForecastQuery everything{.from = base::DayFromNumber(Limits::min()),
                                       .to = base::DayFromNumber(Limits::max()),
                                       .pollutant = std::nullopt,
                                       .horizon_days = std::nullopt};
  return VisitRows(everything, visit);
}

}  // namespace geoclimate::store::postgres
