#include "geoclimate/service/issuer.h"

#include <utility>

#include <fmt/format.h>

#include "geoclimate/base/log.h"
#include "geoclimate/forecast/model_name.h"
#include "geoclimate/telemetry/trace_context.h"

namespace geoclimate::service {
namespace {

std::shared_ptr<const inference::LoadedModel> Forecasting(const ServedModels& served,
                                                          const ModelChoice& choice) {
  const auto chosen = served.Choose(choice);
  if (!chosen.ok() || (*chosen)->model->forecaster() == nullptr) return nullptr;
  return (*chosen)->model;
}

}  // namespace

base::Result<void> IssuerOptions::Validate() const {
  if (every < std::chrono::milliseconds(1)) {
    return base::InvalidArgument("every must be at least 1 ms");
  }
  if (threads < 1) return base::InvalidArgument("threads must be at least 1");
  return {};
}

forecast::IssueModels ChooseIssueModels(const ServedModels& served) {
  forecast::IssueModels models;
  for (const airquality::Pollutant pollutant : airquality::kPollutants) {
    for (int horizon = 1; horizon <= forecast::kMaxHorizonDays; ++horizon) {
      for (const airquality::Basis basis :
           {airquality::Basis::kSite, airquality::Basis::kNeighbours}) {
        const std::string name = forecast::ModelName(pollutant, horizon, basis);
        const std::string fallback = name + "@fallback";
        models.At(pollutant, horizon, basis) = {
            .production = Forecasting(served, {.model_id = {}, .model_name = name}),
            .fallback = Forecasting(served, {.model_id = fallback, .model_name = {}})};
      }
    }
  }
  return models;
}

Issuer::Issuer(store::ObservationStore& observations, store::IssuedForecastStore& issued,
               forecast::TableStore& tables, const Models& models, Forecasts& forecasts,
               const base::Clock& clock, const IssuerOptions& options,
               std::unique_ptr<WeatherFiles> weather)
    : observations_(observations),
      issued_(issued),
      tables_(tables),
      models_(models),
      forecasts_(forecasts),
      clock_(clock),
      options_(options),
      weather_(std::move(weather)) {}

base::Result<std::unique_ptr<Issuer>> Issuer::Start(
    store::ObservationStore& observations, store::IssuedForecastStore& issued,
    forecast::TableStore& tables, const Models& models, Forecasts& forecasts,
    const base::Clock& clock, const IssuerOptions& options, std::unique_ptr<WeatherFiles> weather) {
  GC_RETURN_IF_ERROR(options.Validate());
  std::unique_ptr<Issuer> issuer(new Issuer(observations, issued, tables, models, forecasts, clock,
                                            options, std::move(weather)));
  Issuer* raw = issuer.get();
  issuer->watcher_ = std::make_unique<Watcher>(options.every, [raw] {
    const auto done = raw->IssueIfNeeded();
    // Old observations are no failure of the server: /v1/forecast says what is to be done.
    if (done.ok() || done.error().code() == base::ErrorCode::kFailedPrecondition) return;
    if (done.error().code() == base::ErrorCode::kAborted) {
      base::Log(base::LogLevel::kInfo, "service", "another process computes the forecasts",
                {{"lease", done.error().message()}});
      return;
    }
    base::Log(base::LogLevel::kWarning, "service", "cannot compute the forecasts",
              {{"error", done.error().ToString()}});
  });
  issuer->Nudge();
  return issuer;
}

base::Result<Issuer::Basis> Issuer::CurrentBasis() {
  if (weather_ != nullptr) {
    // A file that is being written is whole at one of the next looks.
    if (const auto read = weather_->Refresh(); !read.ok()) {
      base::Log(base::LogLevel::kWarning, "service",
                "cannot read the weather again; the forecasts go on with what was read before",
                {{"error", read.error().ToString()}});
    }
  }
  GC_ASSIGN_OR_RETURN(const std::uint64_t generation, observations_.Generation());
  return Basis{.as_of = forecasts_.AsOf(clock_.Now()),
               .observations = generation,
               .models = models_.Served()->generations(),
               .weather = weather_ == nullptr ? 0 : weather_->generation()};
}

// A table of an earlier run of the program counts as current when it is of the right day: what it
// was made from is not known.
base::Result<bool> Issuer::IsCurrent(const Basis& basis) const {
  if (last_) return *last_ == basis;
  const auto current = tables_.Current();
  if (current.ok()) return current->as_of == basis.as_of;
  if (current.error().code() == base::ErrorCode::kNotFound) return false;
  return current.error();
}

base::Result<void> Issuer::IssueIfNeeded() {
  const base::MutexLock lock(mutex_);
  GC_ASSIGN_OR_RETURN(const Basis basis, CurrentBasis());
  GC_ASSIGN_OR_RETURN(const bool current, IsCurrent(basis));
  if (!current) {
    forecasts_.ReportComputing(Forecasts::Computing::kYes, std::nullopt);
    const auto issued = Issue(basis);
    forecasts_.ReportComputing(
        Forecasts::Computing::kNo,
        issued.ok() ? std::nullopt : std::optional<base::Error>(issued.error()));
    if (!issued.ok()) {
      // Old observations stay old until something changes; everything else is tried again.
      if (issued.error().code() == base::ErrorCode::kFailedPrecondition) last_ = basis;
      return issued.error();
    }
  }
  last_ = basis;
  return {};
}

void Issuer::NoteIssue(const forecast::PublishedIssue& published) const {
  if (options_.audit == nullptr) return;
  access::AuditEntry entry;
  entry.actor = "geoclimate serve";
  entry.address = "local";
  entry.action = "forecast.issue";
  entry.subject = base::FormatDay(published.table.as_of);
  entry.to = published.table.digest;
  entry.request_id = fmt::format("{:016x}", telemetry::RandomId());
  options_.audit->Note(std::move(entry));
}

base::Result<void> Issuer::Issue(const Basis& basis) {
  forecast::IssueOptions options;
  options.as_of = basis.as_of;
  options.issued_at = clock_.Now();
  options.threads = options_.threads;
  options.weather = weather_ == nullptr ? nullptr : weather_->history().get();
  GC_ASSIGN_OR_RETURN(
      const forecast::PublishedIssue published,
      forecast::PublishIssue({observations_, issued_, tables_},
                             ChooseIssueModels(*models_.Served()), options, options_.holder));
  base::Log(base::LogLevel::kInfo, "service", "computed the forecasts",
            {{"as_of", base::FormatDay(basis.as_of)},
             {"sites", fmt::format("{}", published.sites)},
             {"forecasts", fmt::format("{}", published.forecasts)},
             {"table", published.table.digest}});
  NoteIssue(published);
  forecasts_.Refresh();
  return {};
}

}  // namespace geoclimate::service
