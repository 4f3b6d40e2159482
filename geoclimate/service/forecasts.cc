#include "geoclimate/service/forecasts.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "geoclimate/base/log.h"

namespace geoclimate::service {

base::Result<void> ForecastsOptions::Validate() const {
  if (watch_interval < std::chrono::milliseconds(1)) {
    return base::InvalidArgument("watch_interval must be at least 1 ms");
  }
  if (!(max_distance_km > 0)) return base::InvalidArgument("max_distance_km must be positive");
  return {};
}

Forecasts::Forecasts(const forecast::TableStore& tables, store::ObservationStore& observations,
                     const base::Clock& clock, const ForecastsOptions& options)
    : tables_(tables),
      observations_(observations),
      clock_(clock),
      options_(options),
      confirmed_at_(clock.MonotonicNow()),
      database_answered_at_(clock.MonotonicNow()) {}

base::Result<std::unique_ptr<Forecasts>> Forecasts::Start(const forecast::TableStore& tables,
                                                          store::ObservationStore& observations,
                                                          const base::Clock& clock,
                                                          telemetry::MetricRegistry& metrics,
                                                          const ForecastsOptions& options) {
  GC_RETURN_IF_ERROR(options.Validate());
  std::unique_ptr<Forecasts> forecasts(new Forecasts(tables, observations, clock, options));
  Forecasts* raw = forecasts.get();
  metrics.AddReader(
      telemetry::MetricRegistry::ReadKind::kGauge, "forecast_age_seconds",
      "Time since the served forecasts were computed; -1 without any", {}, [raw] {
        const base::MutexLock lock(raw->mutex_);
        if (raw->table_ == nullptr) return -1.0;
        return std::chrono::duration<double>(raw->clock_.Now() - raw->table_->content().issued_at)
            .count();
      });
  raw->Refresh();
  raw->watcher_ = std::make_unique<Watcher>(options.watch_interval, [raw] { raw->Refresh(); });
  return forecasts;
}

void Forecasts::Subscribe(std::function<void(const SharedTable&)> on_table) {
  const base::MutexLock lock(mutex_);
  if (table_ != nullptr) on_table(table_);
  subscribers_.push_back(std::move(on_table));
}

base::Timestamp Forecasts::CurrentUntil(const forecast::ForecastTable& table) const {
  if (options_.as_of) return base::Timestamp::max();
  base::Timestamp until = base::Timestamp::min();
  for (const forecast::SiteForecast& site : table.content().sites) {
    until = std::max(until, table.ValidTo(site, site.days.back().horizon_days));
  }
  return until;
}

base::LocalDay Forecasts::AsOf(base::Timestamp now) const {
  if (options_.as_of) return *options_.as_of;
  return base::DayOf(now, std::chrono::minutes(0)) - std::chrono::days(1);
}

base::Timestamp Forecasts::CurrentMoment(std::chrono::minutes utc_offset,
                                         base::Timestamp now) const {
  if (!options_.as_of) return now;
  return base::DayStart(*options_.as_of + std::chrono::days(1), utc_offset);
}

base::Result<SharedTable> Forecasts::Current(base::Timestamp now) const {
  {
    const base::MutexLock lock(mutex_);
    if (table_ != nullptr && now < current_until_) return table_;
  }
  return WhyNone(now);
}

base::Error Forecasts::WhyNone(base::Timestamp now) const {
  const base::MutexLock lock(mutex_);
  if (computing_ == Computing::kYes) {
    return base::Unavailable("the forecasts are being computed: ask again in some seconds");
  }
  for (const std::optional<base::Error>* const failure : {&failure_, &database_failure_}) {
    if (!*failure) continue;
    return base::Unavailable(
        fmt::format("the forecasts cannot be read: {}", (*failure)->message()));
  }
  std::string why =
      fmt::format("there is no current forecast as of {}: ", base::FormatDay(AsOf(now)));
  if (newest_day_) {
    why += fmt::format("the newest observation is of {}, {} days before",
                       base::FormatDay(*newest_day_), (AsOf(now) - *newest_day_).count());
  } else {
    why += "there is no observation yet";
  }
  if (not_computed_) why += fmt::format("; {}", not_computed_->message());
  return base::NotFound(std::move(why));
}

void Forecasts::ReportComputing(Computing computing, std::optional<base::Error> failure) {
  const base::MutexLock lock(mutex_);
  computing_ = computing;
  not_computed_ = std::move(failure);
}

std::chrono::seconds Forecasts::SinceConfirmed() const {
  return std::chrono::duration_cast<std::chrono::seconds>(clock_.MonotonicNow() -
                                                          confirmed_at_.load());
}

DatabaseReading Forecasts::Database() const {
  const base::MutexLock lock(mutex_);
  return {.newest_day = newest_day_,
          .failure = database_failure_,
          .since_answer = std::chrono::duration_cast<std::chrono::seconds>(clock_.MonotonicNow() -
                                                                           database_answered_at_)};
}

void Forecasts::Refresh() {
  const base::MutexLock refresh_lock(refresh_mutex_);
  AskDatabase();
  const auto followed = Follow();
  if (followed.ok()) confirmed_at_.store(clock_.MonotonicNow());
  const base::MutexLock lock(mutex_);
  if (!followed.ok() && (!failure_ || failure_->message() != followed.error().message())) {
    base::Log(base::LogLevel::kWarning, "service", "cannot follow the forecast table",
              {{"error", followed.error().ToString()}});
  }
  failure_ = followed.ok() ? std::nullopt : std::optional(followed.error());
}

void Forecasts::AskDatabase() {
  const auto newest = observations_.NewestDay();
  const base::MutexLock lock(mutex_);
  if (newest.ok()) {
    newest_day_ = *newest;
    database_answered_at_ = clock_.MonotonicNow();
  } else if (!database_failure_ || database_failure_->message() != newest.error().message()) {
    base::Log(base::LogLevel::kWarning, "service", "cannot read the newest observation",
              {{"error", newest.error().ToString()}});
  }
  database_failure_ = newest.ok() ? std::nullopt : std::optional(newest.error());
}

base::Result<void> Forecasts::Follow() {
  const auto current = tables_.Current();
  if (!current.ok()) {
    if (current.error().code() == base::ErrorCode::kNotFound) return {};
    return current.error();
  }
  if (options_.as_of && current->as_of != *options_.as_of) return {};
  {
    const base::MutexLock lock(mutex_);
    if (table_ != nullptr && table_->digest() == current->digest) return {};
  }
  GC_ASSIGN_OR_RETURN(const SharedTable table, tables_.Load(current->digest));
  std::vector<std::function<void(const SharedTable&)>> subscribers;
  {
    const base::MutexLock lock(mutex_);
    table_ = table;
    current_until_ = CurrentUntil(*table_);
    subscribers = subscribers_;
  }
  // One who subscribes meanwhile has been shown this table already.
  for (const auto& on_table : subscribers) on_table(table);
  return {};
}

}  // namespace geoclimate::service
