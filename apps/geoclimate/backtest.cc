#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "apps/geoclimate/backtest_output.h"
#include "apps/geoclimate/file_history.h"
#include "apps/geoclimate/progress.h"
#include "apps/geoclimate/verbs.h"
#include "apps/geoclimate/weather_option.h"
#include "geoclimate/backtest/backtest.h"
#include "geoclimate/formats/digest.h"

namespace geoclimate::app {
namespace {

constexpr const char* kFooter =
    R"(At each origin, every --refit days from --from, the forecasters are fitted on the rows whose
valid day lies before it; then each site with a value in the last 7 days gets a forecast at the
end of every day up to the next origin.

--known archive: a value of day T counts as known at the end of T, whatever its source.
--known operational: forecasts are issued at 15:00 of local standard time, from values that were
available by then: a continuous monitor's 2 hours after its day, a filter's 30 days. What comes
later still counts as truth.

--weather: the forecasters read forecasts of the weather too, of each day the newest that was issued
by the end of the issue day, or operationally by 15:00.

What stops the fits, the trust in them and their intervals is found anew once a year, and when the
past has grown by a quarter; at the origins between only the models are fitted again.

--places forecasts every site from the sites around alone, as if it had never measured, by fits that
have not seen it: what silent sites, new sites and places between sites get. It prints how these
forecasts do beside the interpolation that speaks where they do not beat it, damped as the data want
it. Such fits are judged anew at every origin.

Finished parts are kept in FILE.work until the end. When a run was stopped, the same command
with --resume takes them over and writes the same bytes as if it had never been stopped.

Judge the file with `geoclimate score FILE --obs DIR`.)";

constexpr const char* kArchive = "archive";
constexpr const char* kOperational = "operational";

std::map<std::string, training::MemberForm> MemberForms() {
  return {{"trees", training::MemberForm::kTrees},
          {"ridge", training::MemberForm::kLinear},
          {"ridge+trees", training::MemberForm::kLinearAndTrees}};
}

struct BacktestArguments {
  std::vector<std::filesystem::path> data;
  std::string from;
  std::string to;
  int refit = 90;
  std::vector<std::string> pollutants;
  std::vector<int> horizons = {1, 2, 3};
  std::filesystem::path out;
  std::string known = kArchive;
  double hold_out_sites = 0;
  training::MemberForm form = training::TrainingOptions().form;
  int threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  WeatherArguments weather;
  bool places = false;
  bool resume = false;
  bool json = false;
};

base::Result<backtest::BacktestOptions> ParseArguments(const BacktestArguments& arguments) {
  backtest::BacktestOptions options;
  GC_ASSIGN_OR_RETURN(options.from, base::ParseDay(arguments.from));
  GC_ASSIGN_OR_RETURN(options.to, base::ParseDay(arguments.to));
  options.refit_days = arguments.refit;
  for (const std::string& name : arguments.pollutants) {
    GC_ASSIGN_OR_RETURN(const airquality::Pollutant pollutant, airquality::ParsePollutant(name));
    options.pollutants.push_back(pollutant);
  }
  options.horizons = arguments.horizons;
  options.hold_out_share = arguments.hold_out_sites;
  options.training.form = arguments.form;
  options.threads = arguments.threads;
  if (arguments.places && !arguments.weather.paths.empty()) {
    return base::InvalidArgument("forecasts of places read no weather: leave out --weather");
  }
  options.basis = arguments.places ? airquality::Basis::kNeighbours : airquality::Basis::kSite;
  GC_RETURN_IF_ERROR(options.Validate());
  return options;
}

// The program's own bytes: another build may fit otherwise.
std::string ProgramDigest() {
  std::ifstream file("/proc/self/exe", std::ios::binary);
  formats::Sha256Stream digest;
  std::vector<char> block(1 << 20);
  while (file.read(block.data(), static_cast<std::streamsize>(block.size())) || file.gcount() > 0) {
    digest.Update({block.data(), static_cast<std::size_t>(file.gcount())});
  }
  return digest.Finish().Hex();
}

base::Result<backtest::BacktestReport> RunShown(const backtest::Knowledge& knowledge,
                                                const backtest::BacktestOptions& options,
                                                const backtest::BacktestFiles& files) {
  backtest::BacktestProgress progress;
  const auto start = std::chrono::steady_clock::now();
  const Progress shown("backtest", StyleFor(stderr), [&progress, start] {
    return SampleBacktest(progress, std::chrono::steady_clock::now() - start);
  });
  return backtest::RunBacktest(knowledge, options, files, progress);
}

base::Result<backtest::BacktestReport> Backtest(const BacktestArguments& arguments,
                                                const backtest::BacktestOptions& options) {
  backtest::BacktestFiles files;
  files.out = arguments.out;
  files.work = arguments.out.string() + ".work";
  files.earlier = arguments.resume ? backtest::PieceFolder::Earlier::kKeep
                                   : backtest::PieceFolder::Earlier::kDiscard;
  files.program = ProgramDigest();
  const FileHistoryOptions reading = {
      .paths = arguments.data, .scratch = files.work, .threads = arguments.threads};
  GC_ASSIGN_OR_RETURN(const std::unique_ptr<service::WeatherFiles> opened,
                      OpenWeather(arguments.weather, std::cerr));
  const features::WeatherHistory* const weather =
      opened == nullptr ? nullptr : opened->history().get();
  if (arguments.known == kOperational) {
    GC_ASSIGN_OR_RETURN(const forecast::VintageHistory vintages,
                        ReadFileVintages(reading, std::cerr));
    return RunShown(backtest::Knowledge::Operational(vintages, weather), options, files);
  }
  GC_ASSIGN_OR_RETURN(const features::SiteHistory history, ReadFileHistory(reading, std::cerr));
  return RunShown(backtest::Knowledge::Archive(history, weather), options, files);
}

int RunBacktestVerb(const BacktestArguments& arguments) {
  const base::Result<backtest::BacktestOptions> options = ParseArguments(arguments);
  if (!options.ok()) {
    std::cerr << "geoclimate backtest: " << options.error().ToString() << '\n';
    return kExitUsage;
  }
  const auto start = std::chrono::steady_clock::now();
  const base::Result<backtest::BacktestReport> report = Backtest(arguments, *options);
  if (!report.ok()) {
    std::cerr << "geoclimate backtest: " << report.error().ToString() << '\n';
    return kExitFailure;
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::cout << (arguments.json ? RenderBacktestJson(*report, took)
                               : RenderBacktestText(*report, took))
            << std::flush;
  return kExitOk;
}

}  // namespace

void AddBacktestVerb(CLI::App& app, const GlobalOptions& /*options*/, int& exit_code) {
  const auto arguments = std::make_shared<BacktestArguments>();
  CLI::App* verb =
      app.add_subcommand("backtest", "What the forecasts would have been, over past measurements");
  verb->add_option("--data", arguments->data, "Files or folders of measurements")
      ->required()
      ->check(CLI::ExistingPath);
  verb->add_option("--from", arguments->from, "First issue day, 2015-01-01")->required();
  verb->add_option("--to", arguments->to, "Last issue day")->required();
  verb->add_option("--refit", arguments->refit, "Days between two fits")->capture_default_str();
  verb->add_option("--pollutants", arguments->pollutants, "PM2.5,O3")->required()->delimiter(',');
  verb->add_option("--horizons", arguments->horizons, "Lead times in days")
      ->delimiter(',')
      ->capture_default_str();
  verb->add_option("--out", arguments->out, "The forecasts, as CSV")->required();
  verb->add_option("--known", arguments->known, "What counts as known: archive or operational")
      ->check(CLI::IsMember({kArchive, kOperational}))
      ->capture_default_str();
  verb->add_option("--hold-out-sites", arguments->hold_out_sites,
                   "Share of the sites that nothing is fitted on; only these are forecast")
      ->capture_default_str();
  verb->add_option("--members", arguments->form,
                   "What the forecasters are made of: trees, ridge (the ridge regression alone) or "
                   "ridge+trees")
      ->transform(CLI::CheckedTransformer(MemberForms()))
      ->default_str("ridge+trees");
  verb->add_option("--threads", arguments->threads, "Fits that run side by side")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  AddWeatherOptions(*verb, arguments->weather);
  verb->add_flag("--places", arguments->places,
                 "Forecast each site from its neighbours, by fits that have not seen it");
  verb->add_flag("--resume", arguments->resume, "Go on where a stopped run was");
  verb->add_flag("--json", arguments->json, "One JSON object on stdout at the end");
  verb->footer(kFooter);
  verb->callback([arguments, &exit_code] { exit_code = RunBacktestVerb(*arguments); });
}

}  // namespace geoclimate::app
