#include "geoclimate/backtest/published_models.h"

#include <algorithm>
#include <utility>

#include "geoclimate/backtest/fitted_model.h"
#include "geoclimate/base/check.h"
#include "geoclimate/training/fallback.h"

namespace geoclimate::backtest {
namespace {

base::Result<forecast::HorizonModels> FallbackAlone(const Origin& origin,
                                                    const training::TrainingRows& past) {
  forecast::HorizonModels models;
  base::Result<model::Forecaster> fallback = training::FitFallback(past);
  if (!fallback.ok()) {
    if (fallback.error().code() == base::ErrorCode::kFailedPrecondition) return models;
    return fallback.error();
  }
  GC_ASSIGN_OR_RETURN(models.fallback, LoadFitted(origin, "_fallback", *std::move(fallback)));
  return models;
}

bool Beats(const std::optional<training::TrainedForecaster>& judged) {
  return judged && judged->report.beats_baselines();
}

}  // namespace

PublishedModels::PublishedModels(const Knowledge& knowledge, const PollutantRows& rows,
                                 const PastTasks& tasks, const BacktestOptions& options,
                                 std::span<const Origin> origins)
    : knowledge_(knowledge),
      rows_(rows),
      tasks_(tasks),
      options_(options),
      origins_(origins),
      first_of_runs_(FirstOfRuns(origins, rows, tasks)),
      runs_(first_of_runs_.size()) {}

base::Result<forecast::HorizonModels> PublishedModels::At(std::size_t origin) {
  GC_CHECK(origin < origins_.size(), "an origin of the backtest");
  const auto after = std::ranges::upper_bound(first_of_runs_, origin);
  const auto run = static_cast<std::size_t>(after - first_of_runs_.begin()) - 1;
  const Origin& at = origins_[origin];
  GC_ASSIGN_OR_RETURN(const Judgement* const judged, Judged(run));
  forecast::HorizonModels models;
  if (!judged->has_value()) {
    const TrainingSet past(knowledge_, rows_, tasks_, at.day, options_.hold_out_share);
    GC_ASSIGN_OR_RETURN(models, FallbackAlone(at, past.View()));
  } else {
    GC_ASSIGN_OR_RETURN(training::TrainedForecaster fitted, FittedAt(run, origin, **judged));
    if (Beats(*judged)) {
      GC_ASSIGN_OR_RETURN(models.production, LoadFitted(at, "", std::move(fitted.model)));
    }
    GC_ASSIGN_OR_RETURN(models.fallback, LoadFitted(at, "_fallback", std::move(fitted.fallback)));
  }
  if (models.production == nullptr && run > 0) {
    GC_ASSIGN_OR_RETURN(models.production, Promoted(run - 1));
  }
  return models;
}

std::size_t PublishedModels::EndOf(std::size_t run) const {
  return run + 1 < first_of_runs_.size() ? first_of_runs_[run + 1] : origins_.size();
}

base::Result<const PublishedModels::Judgement*> PublishedModels::Judged(std::size_t run) {
  Run& of_run = runs_[run];
  const base::MutexLock lock(of_run.judging);
  if (!of_run.judged) {
    const TrainingSet past(knowledge_, rows_, tasks_, origins_[first_of_runs_[run]].day,
                           options_.hold_out_share);
    base::Result<training::TrainedForecaster> trained =
        training::Fit(options_.training, past.View());
    if (trained.ok()) {
      of_run.judged.emplace(*std::move(trained));
    } else if (trained.error().code() == base::ErrorCode::kFailedPrecondition) {
      of_run.judged.emplace(Judgement());
    } else {
      of_run.judged.emplace(trained.error());
    }
  }
  if (!of_run.judged->ok()) return of_run.judged->error();
  return &**of_run.judged;
}

base::Result<PublishedModels::Model> PublishedModels::Promoted(std::size_t run) {
  Run& of_run = runs_[run];
  const base::MutexLock lock(of_run.promoting);
  if (!of_run.promoted) of_run.promoted.emplace(FindPromoted(run));
  return *of_run.promoted;
}

base::Result<PublishedModels::Model> PublishedModels::FindPromoted(std::size_t run) {
  GC_ASSIGN_OR_RETURN(const Judgement* const judged, Judged(run));
  if (!Beats(*judged)) return run > 0 ? Promoted(run - 1) : Model();
  const std::size_t last = EndOf(run) - 1;
  GC_ASSIGN_OR_RETURN(training::TrainedForecaster fitted, FittedAt(run, last, **judged));
  return LoadFitted(origins_[last], "", std::move(fitted.model));
}

base::Result<training::TrainedForecaster> PublishedModels::FittedAt(
    std::size_t run, std::size_t origin, const training::TrainedForecaster& judged) {
  if (origin == first_of_runs_[run]) return judged;
  training::TrainingOptions options = options_.training;
  // Of what will not serve only the baseline is wanted.
  if (!judged.report.beats_baselines()) options.form = training::MemberForm::kLinear;
  const TrainingSet past(knowledge_, rows_, tasks_, origins_[origin].day, options_.hold_out_share);
  return training::Refitted(options, judged, past.View());
}

std::vector<std::size_t> FirstOfRuns(std::span<const Origin> origins, const PollutantRows& rows,
                                     const PastTasks& tasks) {
  constexpr std::chrono::days kYear(365);
  constexpr double kGrowth = 1.25;
  std::vector<std::size_t> first;
  double judged_on = 0;  // rows
  for (std::size_t i = 0; i < origins.size(); ++i) {
    const auto count = static_cast<double>(tasks.CountBefore(rows, origins[i].day));
    const bool judged =
        i > 0 && origins[i].day - origins[first.back()].day < kYear && count <= kGrowth * judged_on;
    if (judged) continue;
    first.push_back(i);
    judged_on = count;
  }
  return first;
}

}  // namespace geoclimate::backtest
