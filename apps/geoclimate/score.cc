#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "apps/geoclimate/data_folder.h"
#include "apps/geoclimate/file_history.h"
#include "apps/geoclimate/forecast_csv.h"
#include "apps/geoclimate/score_output.h"
#include "apps/geoclimate/verbs.h"
#include "geoclimate/forecast/history_loader.h"
#include "geoclimate/formats/compression.h"
#include "geoclimate/store/sqlite/sqlite_store.h"

namespace geoclimate::app {
namespace {

constexpr const char* kFooter =
    R"(Judges any forecasts of daily concentrations against what was measured and against six simple
methods on exactly the same rows: persistence, the 7- and the 30-day mean, persistence damped
towards the 30-day mean and towards the mean of everything, climatology of earlier years.
skill is 1 - MSE / MSE of the best of the six.

FORECASTS.csv, plain or gzip, has a header with pollutant, site_id, issued_date (the last day
whose values were known), horizon_days or valid_date, mean or p50, and perhaps p10, p90,
p_aqi_over_100. Concentrations are in the unit of EPA's daily files.

The observations are those of --obs, files or folders in any of EPA's shapes, else those of the
database below --data-dir. The simple methods need the years before the forecasts too.)";

struct ScoreArguments {
  std::string forecasts;
  std::vector<std::filesystem::path> observations;
  bool json = false;
};

base::Result<features::SiteHistory> LoadAll(const std::filesystem::path& database) {
  const base::SystemClock clock;
  GC_ASSIGN_OR_RETURN(const std::unique_ptr<store::ObservationStore> store,
                      store::OpenSqliteStore(database, store::SqliteOptions(), clock));
  GC_ASSIGN_OR_RETURN(const std::optional<base::LocalDay> newest, store->NewestDay());
  if (!newest) {
    return base::FailedPrecondition(fmt::format(
        "{} has no observations: ingest some, or name files with --obs", database.string()));
  }
  return forecast::LoadSiteHistory(*store, {.as_of = *newest, .from = {}, .pollutants = {}});
}

base::Result<ScoreReport> Score(const ScoreArguments& arguments, const GlobalOptions& options) {
  GC_ASSIGN_OR_RETURN(const std::unique_ptr<formats::ByteSource> bytes,
                      formats::OpenPlainOrGzip(arguments.forecasts));
  GC_ASSIGN_OR_RETURN(const std::vector<airquality::IssuedForecast> forecasts,
                      ReadForecasts(*bytes, arguments.forecasts));
  const std::filesystem::path database = DatabasePath(options.data_dir);
  if (arguments.observations.empty() && !std::filesystem::exists(database)) {
    return base::NotFound(
        fmt::format("{} does not exist: ingest observations first, or name files with --obs",
                    database.string()));
  }
  GC_ASSIGN_OR_RETURN(
      const features::SiteHistory history,
      arguments.observations.empty()
          ? LoadAll(database)
          : ReadFileHistory(
                {.paths = arguments.observations,
                 .threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()))},
                std::cerr));
  const forecast::Judgement judgement = forecast::Judge(history, forecasts);
  ScoreReport report;
  report.forecasts = forecasts.size();
  report.judged = judgement.judged.size();
  report.unknown_site = judgement.unknown_site;
  report.unobserved = judgement.unobserved;
  report.without_baseline = judgement.without_baseline;
  report.groups = forecast::ScoreForecasts(judgement.judged);
  return report;
}

int RunScore(const ScoreArguments& arguments, const GlobalOptions& options) {
  const base::Result<ScoreReport> report = Score(arguments, options);
  if (!report.ok()) {
    std::cerr << "geoclimate score: " << report.error().ToString() << '\n';
    return kExitFailure;
  }
  std::cout << (arguments.json ? RenderScoreJson(*report) : RenderScoreText(*report)) << std::flush;
  if (report->judged > 0) return kExitOk;
  std::cerr << "geoclimate score: none of the forecasts could be judged\n";
  return kExitFailure;
}

}  // namespace

void AddScoreVerb(CLI::App& app, const GlobalOptions& options, int& exit_code) {
  const auto arguments = std::make_shared<ScoreArguments>();
  CLI::App* verb =
      app.add_subcommand("score", "Judge forecasts against measurements and baselines");
  verb->add_option("forecasts", arguments->forecasts, "CSV of forecasts")->required();
  verb->add_option("--obs", arguments->observations, "Files or folders of measurements");
  verb->add_flag("--json", arguments->json, "One JSON object on stdout");
  verb->footer(kFooter);
  verb->callback([arguments, &options, &exit_code] { exit_code = RunScore(*arguments, options); });
}

}  // namespace geoclimate::app
