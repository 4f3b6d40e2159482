#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>

#include <fmt/format.h>

#include "apps/geoclimate/doctor_checks.h"
#include "apps/geoclimate/verbs.h"
#include "geoclimate/formats/json.h"

namespace geoclimate::app {
namespace {

constexpr const char* kFooter =
    R"(Looks at everything that the settings name, as the user who runs it: folders, files of secrets and
their modes, certificates, ports, the database, Redis, the storage, models and forecasts. One line
each: OK, WARN or FAIL, what was seen, and what to do. It changes nothing but a scratch file and a
scratch key, which it removes. Exit code 1 when anything failed.)";

struct DoctorArguments {
  bool online = false;
  bool json = false;
};

std::string RenderText(const Findings& findings) {
  std::string text;
  int failed = 0;
  int warned = 0;
  for (const Finding& finding : findings.all()) {
    failed += finding.verdict == Verdict::kFail ? 1 : 0;
    warned += finding.verdict == Verdict::kWarn ? 1 : 0;
    text += fmt::format("{:<4}  {:<24}  {}\n", VerdictName(finding.verdict), finding.check,
                        finding.seen);
    if (!finding.advice.empty()) text += fmt::format("{:34}-> {}\n", "", finding.advice);
  }
  return text + fmt::format("{} checks, {} failed, {} with a warning\n", findings.all().size(),
                            failed, warned);
}

std::string RenderJson(const Findings& findings) {
  std::string text;
  formats::JsonWriter json(text);
  json.BeginObject().Key("healthy").Bool(findings.healthy()).Key("findings").BeginArray();
  for (const Finding& finding : findings.all()) {
    json.BeginObject().Key("check").String(finding.check);
    json.Key("verdict").String(VerdictName(finding.verdict)).Key("seen").String(finding.seen);
    json.Key("advice").String(finding.advice).EndObject();
  }
  json.EndArray().EndObject();
  return text + '\n';
}

void CheckAll(const DoctorCase& patient, Findings& findings) {
  CheckMachine(patient, findings);
  CheckDataDirectory(patient, findings);
  CheckSecretFiles(patient, findings);
  CheckTls(patient, findings);
  CheckTokenKeys(patient, findings);
  CheckPorts(patient, findings);
  CheckDatabase(patient, findings);
  CheckRedis(patient, findings);
  // A storage in a folder that is not there is no second finding.
  if (patient.settings.StorageIsBucket() || std::filesystem::is_directory(patient.data_dir)) {
    CheckStorage(patient, findings);
    CheckModelsAndForecasts(patient, findings);
  }
  CheckSources(patient, findings);
}

int RunDoctor(const DoctorArguments& arguments, const GlobalOptions& options) {
  const auto loaded = LoadSettings(options.config_file, ReadEnvironment());
  if (!loaded.ok()) {
    std::cerr << loaded.error().message() << '\n';
    return kExitUsage;
  }
  const base::SystemClock clock;
  Findings findings;
  CheckAll(
      {.settings = loaded->settings,
       .data_dir = options.data_dir,
       .outside = arguments.online ? DoctorCase::Outside::kAsk : DoctorCase::Outside::kLeaveAlone,
       .clock = clock},
      findings);
  std::cout << (arguments.json ? RenderJson(findings) : RenderText(findings)) << std::flush;
  return findings.healthy() ? kExitOk : kExitFailure;
}

}  // namespace

void AddDoctorVerb(CLI::App& app, const GlobalOptions& options, int& exit_code) {
  const auto arguments = std::make_shared<DoctorArguments>();
  CLI::App* verb =
      app.add_subcommand("doctor", "Check everything that is configured, and say what to do");
  verb->add_flag("--online", arguments->online, "Ask the public sources too");
  verb->add_flag("--json", arguments->json, "One JSON object on stdout");
  verb->footer(kFooter);
  verb->callback([arguments, &options, &exit_code] { exit_code = RunDoctor(*arguments, options); });
}

}  // namespace geoclimate::app
