#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>

#include "apps/geoclimate/settings.h"
#include "apps/geoclimate/verbs.h"

namespace geoclimate::app {
namespace {

int CheckSettings(const std::filesystem::path& file) {
  const SettingsReading reading = ReadSettings(file, {});
  for (const base::Error& error : reading.errors) std::cerr << error.message() << '\n';
  if (!reading.errors.empty()) return kExitFailure;
  std::cout << file.string() << ": every key is known and in range\n";
  return kExitOk;
}

int ShowSettings(const std::filesystem::path& file) {
  const auto loaded = LoadSettings(file, ReadEnvironment());
  if (!loaded.ok()) {
    std::cerr << loaded.error().message() << '\n';
    return kExitFailure;
  }
  std::cout << RenderSettings(*loaded);
  return kExitOk;
}

}  // namespace

void AddConfigVerb(CLI::App& app, const GlobalOptions& options, int& exit_code) {
  CLI::App* verb = app.add_subcommand("config", "Check and show the settings");
  verb->require_subcommand(1);

  const auto file = std::make_shared<std::filesystem::path>();
  CLI::App* check = verb->add_subcommand("check", "Name every key that is unknown or out of range");
  check->add_option("FILE", *file, "Settings file")->required()->check(CLI::ExistingFile);
  check->callback([file, &exit_code] { exit_code = CheckSettings(*file); });

  CLI::App* show = verb->add_subcommand("show", "The settings in force, and where each came from");
  show->callback([&options, &exit_code] { exit_code = ShowSettings(options.config_file); });
}

}  // namespace geoclimate::app
