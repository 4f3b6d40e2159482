#include "apps/geoclimate/training_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "geoclimate/base/check.h"
#include "geoclimate/features/feature_builder.h"
#include "geoclimate/features/weather_columns.h"
#include "geoclimate/forecast/baselines.h"
#include "geoclimate/forecast/past_rows.h"

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
      : history_(history), options_(options), progress_(progress), builder_(history) {
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
  std::uint64_t Steps() const { return static_cast<std::uint64_t>(training::FitSteps(options_)); }

  void Plan(std::span<TrainedJob> results) {
    std::map<airquality::Pollutant, std::vector<int>> horizons;
    for (TrainedJob& result : results) {
      horizons[result.job.pollutant].push_back(result.job.horizon_days);
      const auto last = history_.LastDay(result.job.pollutant);
      PlannedJob planned{.result = &result, .past = {}};
      if (last) {
        planned.past = forecast::FindPastRows(
            history_, result.job.pollutant, result.job.horizon_days,
            {.from = forecast::FirstTrainingDay(result.job.pollutant), .to = *last});
      }
      result.rows = planned.past.keys.size();
      progress_.rows += result.rows;
      progress_.work += result.rows * Steps();
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
    result.trained = past.keys.empty()
                         ? base::Result<training::TrainedForecaster>(
                               base::FailedPrecondition("there are no rows to fit on"))
                         : Fit(past, after_step, result.cards);
    if (!past.keys.empty()) {
      result.window = {
          .first = past.keys.front().issue_day,
          .last = past.keys.back().issue_day + std::chrono::days(result.job.horizon_days)};
    }
    progress_.work_done += result.rows * Steps() - announced;
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
    auto trained = training::Fit(options_,
                                 {.pollutant = past.pollutant,
                                  .horizon_days = past.horizon_days,
                                  .schema = schema,
                                  .features = *matrix,
                                  .issue_days = issue_days,
                                  .targets = past.targets,
                                  .baselines = baselines,
                                  .last_column = FeatureBuilder::LastValueName(past.pollutant),
                                  .reference_columns = references,
                                  .fallback_schema = &FeatureBuilder::Schema(past.pollutant)},
                                 after_step);
    if (!trained.ok()) return trained;
    GC_ASSIGN_OR_RETURN(cards, BuildTrainingCards({.history = history_,
                                                   .past = past,
                                                   .features = *matrix,
                                                   .baselines = *baselines_of_.at(past.pollutant),
                                                   .options = options_,
                                                   .trained = *trained}));
    return trained;
  }

  const features::SiteHistory& history_;
  training::TrainingOptions options_;
  TrainingProgress& progress_;
  const FeatureBuilder builder_;
  std::optional<features::WeatherColumns> weather_;
  std::map<airquality::Pollutant, std::unique_ptr<forecast::Baselines>> baselines_of_;
  std::vector<PlannedJob> planned_;
  std::atomic<std::size_t> next_{0};
};

}  // namespace

std::string ModelName(const TrainingJob& job) {
  return fmt::format("{}_d{}", airquality::Slug(job.pollutant), job.horizon_days);
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
