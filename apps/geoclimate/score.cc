#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include "apps/geoclimate/score_html.h"
#include "apps/geoclimate/score_json.h"
#include "apps/geoclimate/score_output.h"
#include "apps/geoclimate/score_run.h"
#include "apps/geoclimate/verbs.h"

namespace geoclimate::app {
namespace {

constexpr const char* kFooter =
    R"(Judges any forecasts of daily concentrations against what was measured and against six simple
methods on exactly the same rows: persistence, the 7- and the 30-day mean, persistence damped
towards the 30-day mean and towards the mean of everything, climatology of earlier years.
skill is 1 - MSE / MSE of the best of the six; CRPS skill is against that one with the quantiles
of its own past errors. In brackets: 95 %, from weeks drawn again. docs/scores.md says more.

FORECASTS.csv, plain or gzip, has a header with pollutant, site_id, issued_date (the last day
whose values were known), horizon_days or valid_date, and of mean, p10, p50, p90 and
p_aqi_over_100 what there is. Concentrations are in the unit of EPA's daily files. A line that
cannot be read is left out, counted, and told in --rejects.

The observations are those of --obs, files or folders in any of EPA's shapes, else those of the
database: PostgreSQL where the settings name one, else SQLite below --data-dir. The simple methods need the years before the forecasts too.)";

const std::map<std::string, GroupBy>& GroupNames() {
  static const std::map<std::string, GroupBy> names = {{"none", GroupBy::kNone},
                                                       {"state", GroupBy::kState},
                                                       {"site", GroupBy::kSite},
                                                       {"group", GroupBy::kGroup}};
  return names;
}

struct Output {
  bool json = false;
  std::filesystem::path html;
};

base::Result<void> WriteHtml(const std::filesystem::path& path, const ScoreReport& report) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << RenderScoreHtml(report);
  file.close();
  if (file) return {};
  return base::Internal("cannot write " + path.string());
}

int Run(const ScoreArguments& arguments, const Output& output, const GlobalOptions& options) {
  const base::Result<ScoreReport> report = RunScore(arguments, options, std::cerr);
  if (!report.ok()) {
    std::cerr << "geoclimate score: " << report.error().ToString() << '\n';
    return kExitFailure;
  }
  std::cout << (output.json ? RenderScoreJson(*report) : RenderScoreText(*report)) << std::flush;
  if (!output.html.empty()) {
    if (const auto written = WriteHtml(output.html, *report); !written.ok()) {
      std::cerr << "geoclimate score: " << written.error().ToString() << '\n';
      return kExitFailure;
    }
  }
  if (report->judged > 0) return kExitOk;
  std::cerr << "geoclimate score: none of the forecasts could be judged\n";
  return kExitFailure;
}

}  // namespace

void AddScoreVerb(CLI::App& app, const GlobalOptions& options, int& exit_code) {
  const auto arguments = std::make_shared<ScoreArguments>();
  const auto output = std::make_shared<Output>();
  arguments->threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  CLI::App* verb =
      app.add_subcommand("score", "Judge forecasts against measurements and baselines");
  verb->add_option("forecasts", arguments->forecasts, "CSV of forecasts")->required();
  verb->add_option("--obs", arguments->observations, "Files or folders of measurements");
  verb->add_option("--against", arguments->against,
                   "Other forecasts to hold these against, on the rows that both have");
  verb->add_option("--group-by", arguments->group_by,
                   "Groups of sites beside seasons: none, state, site, or the column 'group'")
      ->transform(CLI::CheckedTransformer(GroupNames()))
      ->default_str("state");
  verb->add_option("--alert-threshold", arguments->rules.alert_threshold,
                   "p_aqi_over_100 at which a warning counts as given")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  verb->add_option("--replicates", arguments->bootstrap.replicates,
                   "Draws behind each interval; 0 for none")
      ->check(CLI::Range(0, 100'000))
      ->capture_default_str();
  verb->add_option("--threads", arguments->threads, "Changes nothing but the time it takes")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  verb->add_option("--rejects", arguments->rejects, "Write the lines that cannot be read here");
  verb->add_option("--html", output->html, "Write one page with plots here");
  verb->add_flag("--json", output->json, "One JSON object on stdout");
  verb->footer(kFooter);
  verb->callback(
      [arguments, output, &options, &exit_code] { exit_code = Run(*arguments, *output, options); });
}

}  // namespace geoclimate::app
