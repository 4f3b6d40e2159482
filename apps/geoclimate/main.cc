#include <stdlib.h>

#include <CLI/CLI.hpp>

#include "apps/geoclimate/verbs.h"

int main(int argc, char** argv) {
  using namespace geoclimate::app;
  // Before there are threads that read the environment: see inference/onnx_environment.cc.
  setenv("ORT_DISABLE_TELEMETRY", "1", 1);  // NOLINT(concurrency-mt-unsafe)
  CLI::App app("Air-quality measurements in, trusted forecasts out", "geoclimate");
  app.set_version_flag("--version", GEOCLIMATE_VERSION);
  app.require_subcommand(1);
  app.fallthrough();

  GlobalOptions options;
  int exit_code = kExitOk;
  app.add_option("--data-dir", options.data_dir, "Database, models, tables, backups")
      ->capture_default_str();
  app.add_option("--config", options.config_file, "Settings file")->check(CLI::ExistingFile);
  AddIngestVerb(app, options, exit_code);
  AddFetchVerb(app, options, exit_code);
  AddTrainVerb(app, options, exit_code);
  AddIssueVerb(app, options, exit_code);
  AddForecastVerb(app, options, exit_code);
  AddServeVerb(app, options, exit_code);
  AddBacktestVerb(app, options, exit_code);
  AddAqiVerb(app, options, exit_code);
  AddScoreVerb(app, options, exit_code);
  AddBenchVerb(app, options, exit_code);
  AddModelsVerb(app, options, exit_code);
  AddAuditVerb(app, options, exit_code);
  AddKeysVerb(app, options, exit_code);
  AddStoreVerb(app, options, exit_code);
  AddConfigVerb(app, options, exit_code);
  AddDoctorVerb(app, options, exit_code);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitOk : kExitUsage;
  }
  return exit_code;
}
