#pragma once

#include <filesystem>
#include <string>

namespace CLI {
class App;
}

namespace geoclimate::app {

// What every verb takes, before or after its own options.
struct GlobalOptions {
  std::filesystem::path data_dir = "geoclimate-data";  // database, models, tables, backups
  std::filesystem::path config_file;                   // empty: the defaults
};

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailure = 1;
inline constexpr int kExitUsage = 2;

// One function a verb, one file a function. Each adds its subcommand to `app`; when the subcommand
// was chosen it runs in the parse and leaves its exit code. `options` and `exit_code` outlive the
// parse; options are complete when it runs.
void AddAqiVerb(CLI::App& app, const GlobalOptions& options, int& exit_code);
void AddAuditVerb(CLI::App& app, const GlobalOptions& options, int& exit_code);
void AddBacktestVerb(CLI::App& app, const GlobalOptions& options, int& exit_code);
void AddBenchVerb(CLI::App& app, const GlobalOptions& options, int& exit_code);
void AddDoctorVerb(CLI::App& app, const GlobalOptions& options, int& exit_code);
void AddFetchVerb(CLI::App& app, const GlobalOptions& options, int& exit_code);
void AddForecastVerb(CLI::App& app, const GlobalOptions& options, int& exit_code);
void AddIngestVerb(CLI::App& app, const GlobalOptions& options, int& exit_code);
void AddScoreVerb(CLI::App& app, const GlobalOptions& options, int& exit_code);
void AddIssueVerb(CLI::App& app, const GlobalOptions& options, int& exit_code);
void AddTrainVerb(CLI::App& app, const GlobalOptions& options, int& exit_code);
void AddKeysVerb(CLI::App& app, const GlobalOptions& options, int& exit_code);
void AddModelsVerb(CLI::App& app, const GlobalOptions& options, int& exit_code);
void AddServeVerb(CLI::App& app, const GlobalOptions& options, int& exit_code);
void AddStoreVerb(CLI::App& app, const GlobalOptions& options, int& exit_code);
void AddConfigVerb(CLI::App& app, const GlobalOptions& options, int& exit_code);

}  // namespace geoclimate::app
