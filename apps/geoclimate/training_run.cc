#include "apps/geoclimate/training_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <thread>
#include <utility>

#include "geoclimate/base/check.h"
#include "geoclimate/features/feature_builder.h"
#include "geoclimate/features/place_row_builder.h"
#include "geoclimate/features/weather_columns.h"
#include "geoclimate/forecast/baselines.h"
#include "geoclimate/forecast/model_name.h"
#include "geoclimate/forecast/past_rows.h"
#include "geoclimate/forecast/place_rows.h"
#include "geoclimate/training/cross_site_fit.h"
#include "geoclimate/training/training_sample.h"

namespace geoclimate::app {
namespace {

using features::FeatureBuilder;

// One job's rows before anything is built from them.
struct PlannedJob {
  TrainedJob* result;
  forecast::PastRows past;
};

class Run {
 public:
  Run(const features::SiteHistory& history, const training::TrainingOptions& options,
      TrainingProgress& progress, const features::WeatherHistory* weather)
      : history_(history),
        options_(options),
        progress_(progress),
        builder_(history),
        places_(history) {
    options_.keep_judged = training::KeepJudged::kYes;  // for the cards
    if (weather != nullptr) {
      weather_.emplace(*weather, history.sites(), features::WeatherColumns::kEndOfDay);
    }
  }

  void Execute(std::span<TrainedJob> results, int threads) {
    Plan(results);
    std::vector<std::jthread> workers;
    const auto count = std::min(planned_.size(), static_cast<std::size_t>(threads));
    workers.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      workers.emplace_back([this] {
        for (std::size_t next = next_++; next < planned_.size(); next = next_++) {
          FitOne(planned_[next]);
        }
      });
    }
  }

 private:
  std::uint64_t StepsOf(const TrainingJob& job) const {
    return static_cast<std::uint64_t>(job.basis == airquality::Basis::kSite
                                          ? training::FitSteps(options_)
                                          : training::CrossSiteFitSteps(options_));
  }

  void Plan(std::span<TrainedJob> results) {
    std::map<airquality::Pollutant, std::vector<int>> horizons;
    for (TrainedJob& result : results) {
      if (result.job.basis == airquality::Basis::kSite) {
        horizons[result.job.pollutant].push_back(result.job.horizon_days);
      }
      const auto last = history_.LastDay(result.job.pollutant);
      PlannedJob planned{.result = &result, .past = {}};
      if (last) {
        planned.past = forecast::FindPastRows(
            history_, result.job.pollutant, result.job.horizon_days,
            {.from = forecast::FirstTrainingDay(result.job.pollutant), .to = *last});
      }
      result.rows = planned.past.keys.size();
      progress_.rows += result.rows;
      progress_.work += result.rows * StepsOf(result.job);
      planned_.push_back(std::move(planned));
    }
    std::ranges::sort(planned_, [](const PlannedJob& a, const PlannedJob& b) {
      return std::pair(b.past.keys.size(), a.result) < std::pair(a.past.keys.size(), b.result);
    });
    for (const auto& [pollutant, of_pollutant] : horizons) {
      baselines_of_.try_emplace(
          pollutant, std::make_unique<forecast::Baselines>(history_, pollutant, of_pollutant));
    }
  }

  void FitOne(PlannedJob& planned) {
    TrainedJob& result = *planned.result;
    const forecast::PastRows past = std::exchange(planned.past, {});
    std::uint64_t announced = 0;  // a fit that is refused takes no steps
    const auto after_step = [&] {
      announced += result.rows;
      progress_.work_done += result.rows;
    };
    result.trained =
        past.keys.empty() ? base::Result<training::TrainedForecaster>(
                                base::FailedPrecondition("there are no rows to fit on"))
        : result.job.basis == airquality::Basis::kSite ? Fit(past, after_step, result.cards)
                                                       : FitPlaces(past, after_step);
    if (!past.keys.empty()) {
      result.window = {
          .first = past.keys.front().issue_day,
          .last = past.keys.back().issue_day + std::chrono::days(result.job.horizon_days)};
    }
    progress_.work_done += result.rows * StepsOf(result.job) - announced;
    ++progress_.jobs_done;
  }

  base::Result<training::TrainedForecaster> Fit(const forecast::PastRows& past,
                                                const std::function<void()>& after_step,
                                                TrainingCards& cards) const {
    const features::WeatherColumns* const weather = weather_ ? &*weather_ : nullptr;
    const features::FeatureSchema schema = features::SchemaWithWeather(past.pollutant, weather);
    const std::optional<features::FeatureMatrix> matrix =
        features::RowsWithWeather(schema, builder_.Build(past.pollutant, past.keys, 1), past.keys,
                                  past.horizon_days, weather);
    GC_CHECK(matrix.has_value(), "the schema is of this weather");
    const forecast::BaselineColumns columns =
        baselines_of_.at(past.pollutant)->Columns(past.keys, past.horizon_days);
    std::vector<training::BaselinePredictions> baselines;
    baselines.reserve(forecast::kBaselines.size());
    for (const forecast::Baseline baseline : forecast::kBaselines) {
      baselines.push_back({std::string(forecast::BaselineName(baseline)),
                           columns[static_cast<std::size_t>(baseline)]});
    }
    std::vector<base::LocalDay> issue_days;
    issue_days.reserve(past.keys.size());
    for (const features::RowKey& key : past.keys) issue_days.push_back(key.issue_day);
    const std::array references = {FeatureBuilder::Mean30Name(past.pollutant),
                                   FeatureBuilder::ExpandingMeanName(past.pollutant)};
    const training::TrainingRows rows{.pollutant = past.pollutant,
                                      .horizon_days = past.horizon_days,
                                      .schema = schema,
                                      .features = *matrix,
                                      .issue_days = issue_days,
                                      .targets = past.targets,
                                      .baselines = baselines,
                                      .last_column = FeatureBuilder::LastValueName(past.pollutant),
                                      .reference_columns = references,
                                      .fallback_schema = &FeatureBuilder::Schema(past.pollutant)};
    auto trained = training::Fit(options_, rows, after_step);
    if (!trained.ok()) return trained;
    AddSamples(rows, *trained);
    GC_ASSIGN_OR_RETURN(cards, BuildTrainingCards({.history = history_,
                                                   .past = past,
                                                   .features = *matrix,
                                                   .baselines = *baselines_of_.at(past.pollutant),
                                                   .options = options_,
                                                   .trained = *trained}));
    return trained;
  }

  // Every row as if its own site had never measured.
  base::Result<training::TrainedForecaster> FitPlaces(
      const forecast::PastRows& past, const std::function<void()>& after_step) const {
    const forecast::PlaceRows rows =
        forecast::BuildPlaceRows(places_, past.pollutant, past.keys, 1);
    std::vector<float> targets;
    std::vector<base::LocalDay> issue_days;
    std::vector<std::size_t> sites;
    for (const std::size_t i : rows.asked_for) {
      targets.push_back(past.targets[i]);
      issue_days.push_back(past.keys[i].issue_day);
      sites.push_back(past.keys[i].site);
    }
    std::vector<std::size_t> every_row(rows.asked_for.size());
    std::iota(every_row.begin(), every_row.end(), std::size_t{0});
    const forecast::InterpolationColumns columns =
        forecast::Interpolate(past.pollutant, {.keys = rows.keys.keys,
                                               .features = rows.features,
                                               .rows = every_row,
                                               .observed = targets,
                                               .wait = std::chrono::days(past.horizon_days)});
    std::vector<training::BaselinePredictions> baselines;
    baselines.reserve(columns.size());
    for (std::size_t i = 0; i < columns.size(); ++i) {
      baselines.push_back(
          {std::string(forecast::InterpolationName(static_cast<forecast::Interpolation>(i))),
           columns[i]});
    }
    const forecast::PlaceBaselineColumns own = forecast::BaselineColumnsOfPlaces(past.pollutant);
    const training::TrainingRows training_rows{.pollutant = past.pollutant,
                                               .horizon_days = past.horizon_days,
                                               .schema = features::PlaceSchema(past.pollutant),
                                               .features = rows.features,
                                               .issue_days = issue_days,
                                               .targets = targets,
                                               .baselines = baselines,
                                               .last_column = own.last,
                                               .reference_columns = own.references};
    auto trained =
        training::FitAcrossSites(options_, {.rows = training_rows, .sites = sites}, after_step);
    if (trained.ok()) AddSamples(training_rows, *trained);
    return trained;
  }

  // What is published says what it was fitted on.
  static void AddSamples(const training::TrainingRows& rows, training::TrainedForecaster& trained) {
    for (model::Forecaster* const forecaster : {&trained.model, &trained.fallback}) {
      forecaster->training_sample = training::SampleOf(rows, *forecaster);
    }
  }

  const features::SiteHistory& history_;
  training::TrainingOptions options_;
  TrainingProgress& progress_;
  const FeatureBuilder builder_;
  const features::PlaceRowBuilder places_;
  std::optional<features::WeatherColumns> weather_;
  std::map<airquality::Pollutant, std::unique_ptr<forecast::Baselines>> baselines_of_;
  std::vector<PlannedJob> planned_;
  std::atomic<std::size_t> next_{0};
};

}  // namespace

std::string ModelName(const TrainingJob& job) {
  return forecast::ModelName(job.pollutant, job.horizon_days, job.basis);
}

std::vector<TrainedJob> TrainAll(const features::SiteHistory& history,
                                 std::span<const TrainingJob> jobs,
                                 const training::TrainingOptions& options, int threads,
                                 TrainingProgress& progress,
                                 const features::WeatherHistory* weather) {
  std::vector<TrainedJob> results;
  for (const TrainingJob& job : jobs) {
    TrainedJob result;
    result.job = job;
    results.push_back(std::move(result));
  }
  Run(history, options, progress, weather).Execute(results, threads);
  return results;
}

}  // namespace geoclimate::app
