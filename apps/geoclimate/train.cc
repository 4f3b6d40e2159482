#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "apps/geoclimate/audit_trail.h"
#include "apps/geoclimate/card_completion.h"
#include "apps/geoclimate/model_publishing.h"
#include "apps/geoclimate/progress.h"
#include "apps/geoclimate/storage.h"
#include "apps/geoclimate/training_output.h"
#include "apps/geoclimate/training_run.h"
#include "apps/geoclimate/verbs.h"
#include "apps/geoclimate/weather_option.h"
#include "geoclimate/forecast/forecast_table.h"

namespace geoclimate::app {
namespace {

constexpr const char* kFooter =
    R"(Fits one forecaster a pollutant and day ahead, on all observations: the oldest three fifths of the
rows to fit, the next fifth to stop and to calibrate the interval, the newest fifth to judge; then
the same again on every row. A forecaster that beats the best of six simple methods on the newest
fifth is published in the registry as pm25_d1 and so on, in stage dev; --promote puts it into
production at once. For every one a fallback, a simple method with an interval, is published too: it
forecasts, labelled so, where no model is in production. With each goes its model card, which
`geoclimate models show` prints: what it learnt from, how good it is, and its limits.

With --weather the forecasters read, besides, what was forecast of the weather of the day to come by
the end of the issue day; `issue` and `serve` must be given such files too, or the fallback speaks.

Each has a twin for places that have no values of their own, pm25_d1_neighbours: fitted on the same
days as if each site had never measured, without weather, judged at sites that no fit has seen,
against six ways to interpolate; where it does not beat them, damped interpolation forecasts places.
--basis site or --basis neighbours leaves the other out.

The same data give the same models, byte for byte.)";

struct TrainArguments {
  std::vector<std::string> pollutants = {"PM2.5", "PM10", "O3", "NO2", "SO2", "CO"};
  std::vector<int> horizons = {1, 2, 3};
  std::vector<std::string> bases = {"site", "neighbours"};
  int threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  WeatherArguments weather;
  bool promote = false;
  bool json = false;
};

base::Result<std::vector<TrainingJob>> JobsOf(const TrainArguments& arguments) {
  std::vector<TrainingJob> jobs;
  for (const airquality::Basis basis : {airquality::Basis::kSite, airquality::Basis::kNeighbours}) {
    if (std::ranges::find(arguments.bases, airquality::BasisName(basis)) == arguments.bases.end()) {
      continue;
    }
    for (const std::string& name : arguments.pollutants) {
      GC_ASSIGN_OR_RETURN(const airquality::Pollutant pollutant, airquality::ParsePollutant(name));
      for (const int horizon : arguments.horizons) {
        const TrainingJob job = {pollutant, horizon, basis};
        if (std::ranges::find(jobs, job) == jobs.end()) jobs.push_back(job);
      }
    }
  }
  return jobs;
}

base::Result<Measurements> OpenMeasurements(const Settings& settings, const GlobalOptions& options,
                                            const base::Clock& clock) {
  GC_ASSIGN_OR_RETURN(const Stores stores, OpenStores(settings, options.data_dir, clock));
  GC_ASSIGN_OR_RETURN(const std::optional<base::LocalDay> newest, stores.observations->NewestDay());
  if (!newest) {
    return base::FailedPrecondition(
        fmt::format("there are no observations in '{}': run geoclimate ingest first",
                    options.data_dir.string()));
  }
  return LoadMeasurements(*stores.observations, *newest);
}

ProgressSample Sample(const TrainingProgress& progress, std::size_t jobs) {
  ProgressSample sample;
  const std::uint64_t work = progress.work;
  if (work > 0) {
    sample.fraction = static_cast<double>(progress.work_done.load()) / static_cast<double>(work);
  }
  sample.text = fmt::format("{}/{} forecasters, {} rows", progress.jobs_done.load(), jobs,
                            WithThousands(progress.rows));
  return sample;
}

// Between its two records of the audit.
base::Result<PublishedJob> Publish(registry::Registry& registry, const TrainedJob& job,
                                   PromoteTrained promote, const GlobalOptions& options) {
  base::Result<PublishedJob> published = PublishedJob();
  GC_RETURN_IF_ERROR(WithAudit(options, EntryOf("model.train", ModelName(job.job)),
                               [&](access::AuditEntry& entry) -> base::Result<void> {
                                 published = PublishTrained(registry, job, promote);
                                 if (!published.ok()) return published.error();
                                 entry.to = fmt::format("fallback {}", published->fallback_id);
                                 if (!published->model_id.empty())
                                   entry.to += ", " + published->model_id;
                                 if (!published->promoted.empty()) entry.to += " in production";
                                 return {};
                               }));
  return published;
}

base::Result<std::vector<TrainingResult>> Train(const TrainArguments& arguments,
                                                std::span<const TrainingJob> jobs,
                                                const GlobalOptions& options) {
  const base::SystemClock clock;
  GC_ASSIGN_OR_RETURN(const Settings settings, SettingsOf(options));
  GC_ASSIGN_OR_RETURN(const Measurements measurements, OpenMeasurements(settings, options, clock));
  GC_ASSIGN_OR_RETURN(const std::unique_ptr<service::WeatherFiles> weather_files,
                      OpenWeather(arguments.weather, std::cerr));
  const std::shared_ptr<const features::WeatherHistory> weather =
      weather_files == nullptr ? nullptr : weather_files->history();
  std::vector<TrainedJob> trained;
  {
    TrainingProgress progress;
    const Progress shown("train", StyleFor(stderr),
                         [&progress, &jobs] { return Sample(progress, jobs.size()); });
    trained = TrainAll(measurements.vintages.truth(), jobs, training::TrainingOptions(),
                       arguments.threads, progress, weather.get());
  }
  GC_RETURN_IF_ERROR(CompleteCards(measurements, weather.get(), arguments.threads, trained));
  GC_ASSIGN_OR_RETURN(const std::unique_ptr<Storage> storage, OpenStorage(settings, options));
  registry::Registry registry(storage->blobs(), clock);
  const PromoteTrained promote =
      arguments.promote ? PromoteTrained::kWhereTheGateAllows : PromoteTrained::kNo;
  std::vector<TrainingResult> results;
  for (TrainedJob& job : trained) {
    TrainingResult result;
    result.published = job.trained.ok() ? Publish(registry, job, promote, options)
                                        : base::Result<PublishedJob>(job.trained.error());
    result.job = std::move(job);
    results.push_back(std::move(result));
  }
  return results;
}

// A pollutant with too few rows is no failure: it is said, and the others are trained.
bool Failed(const TrainingResult& result) {
  return !result.published.ok() &&
         result.published.error().code() != base::ErrorCode::kFailedPrecondition;
}

int RunTrain(const TrainArguments& arguments, const GlobalOptions& options) {
  const auto jobs = JobsOf(arguments);
  if (!jobs.ok()) {
    std::cerr << "geoclimate train: " << jobs.error().ToString() << '\n';
    return kExitUsage;
  }
  const auto results = Train(arguments, *jobs, options);
  if (!results.ok()) {
    std::cerr << "geoclimate train: " << results.error().ToString() << '\n';
    return kExitFailure;
  }
  std::cout << (arguments.json ? RenderTrainingJson(*results) : RenderTrainingTable(*results))
            << std::flush;
  return std::ranges::any_of(*results, Failed) ? kExitFailure : kExitOk;
}

}  // namespace

void AddTrainVerb(CLI::App& app, const GlobalOptions& options, int& exit_code) {
  const auto arguments = std::make_shared<TrainArguments>();
  CLI::App* verb = app.add_subcommand("train", "Fit forecasters and publish them");
  verb->add_option("--pollutants", arguments->pollutants, "Comma list")
      ->delimiter(',')
      ->capture_default_str();
  verb->add_option("--horizons", arguments->horizons, "Days ahead, comma list")
      ->delimiter(',')
      ->check(CLI::Range(1, forecast::kMaxHorizonDays))
      ->capture_default_str();
  AddWeatherOptions(*verb, arguments->weather);
  verb->add_option("--basis", arguments->bases, "From what: site, neighbours")
      ->delimiter(',')
      ->check(CLI::IsMember({"site", "neighbours"}))
      ->capture_default_str();
  verb->add_flag("--promote", arguments->promote,
                 "Put what beats its baselines into production at once");
  verb->add_option("--threads", arguments->threads, "Forecasters that are fitted side by side")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  verb->add_flag("--json", arguments->json, "One JSON object on stdout at the end");
  verb->footer(kFooter);
  verb->callback([arguments, &options, &exit_code] { exit_code = RunTrain(*arguments, options); });
}

}  // namespace geoclimate::app
