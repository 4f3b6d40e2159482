#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "apps/geoclimate/aqi_lines.h"
#include "apps/geoclimate/aqi_verify.h"
#include "apps/geoclimate/verbs.h"
#include "geoclimate/airquality/nowcast.h"
#include "geoclimate/formats/compression.h"

namespace geoclimate::app {
namespace {

constexpr const char* kFooter =
    R"(One concentration a line in, one AQI a line out: the unit of EPA's daily files (ug/m3 for
PM2.5 and PM10, ppm for O3 and CO, ppb for NO2 and SO2) and their statistic (24-hour mean,
8-hour maximum for O3 and CO, 1-hour maximum for NO2 and SO2). A blank line stays blank.

With --nowcast, 12 hourly values a line, newest first, separated by commas or blanks; a
missing hour is '-' or 'NA', or empty between commas. PM2.5 and PM10 by EPA's NowCast, O3 by
its surrogate 0.85 x + 4.5 ppb. A line without a NowCast gives a blank line.

Tables: PM2.5 epa-1999, epa-2012, epa-2024; PM10 epa-1999, epa-2024; O3 epa-2008, epa-2015;
NO2, SO2 and CO epa. A date takes the one in force then; the default is the newest.

A line that cannot be read gives a blank line and a message on stderr; exit 1 at the end.

With --verify, reads EPA's daily files (a folder stands for every *.csv and *.csv.gz below it),
finds for each the table that reproduces its AQI column, and names each row that it does not;
exit 1 when there is one.)";

struct AqiArguments {
  std::string pollutant;
  std::string table;
  std::string file = "-";
  std::vector<std::string> verify;
  bool nowcast = false;
  bool json = false;
};

base::Result<AqiLinesOptions> ParseArguments(const AqiArguments& arguments) {
  if (arguments.pollutant.empty()) return base::InvalidArgument("--pollutant is required");
  GC_ASSIGN_OR_RETURN(const airquality::Pollutant pollutant,
                      airquality::ParsePollutant(arguments.pollutant));
  if (arguments.nowcast && !airquality::HasNowCast(pollutant)) {
    return base::InvalidArgument(
        fmt::format("{} has no NowCast: use its newest hour", airquality::Name(pollutant)));
  }
  AqiLinesOptions options;
  options.table = &airquality::NewestTable(pollutant);
  if (!arguments.table.empty()) {
    GC_ASSIGN_OR_RETURN(options.table, airquality::ParseTable(pollutant, arguments.table));
  }
  options.input = arguments.nowcast ? AqiInput::kHours : AqiInput::kConcentration;
  options.output = arguments.json ? AqiOutput::kJsonLines : AqiOutput::kPlain;
  options.source_name = arguments.file == "-" ? "stdin" : arguments.file;
  return options;
}

base::Result<std::unique_ptr<formats::ByteSource>> OpenInput(const std::string& file) {
  if (file != "-") return formats::OpenPlainOrGzip(file);
  return std::unique_ptr<formats::ByteSource>(std::make_unique<StandardInput>());
}

base::Result<std::uint64_t> Convert(const AqiLinesOptions& options, const std::string& file) {
  GC_ASSIGN_OR_RETURN(std::unique_ptr<formats::ByteSource> bytes, OpenInput(file));
  LineBlocks lines(std::move(bytes));
  return ConvertAqiLines(options, lines, std::cout, std::cerr);
}

int RunAqi(const AqiArguments& arguments) {
  if (!arguments.verify.empty()) {
    return RunAqiVerify(arguments.verify,
                        arguments.json ? AqiVerifyOutput::kJson : AqiVerifyOutput::kText);
  }
  const base::Result<AqiLinesOptions> options = ParseArguments(arguments);
  if (!options.ok()) {
    std::cerr << "geoclimate aqi: " << options.error().ToString() << '\n';
    return kExitUsage;
  }
  const base::Result<std::uint64_t> bad_lines = Convert(*options, arguments.file);
  if (!bad_lines.ok()) {
    std::cerr << "geoclimate aqi: " << bad_lines.error().ToString() << '\n';
    return kExitFailure;
  }
  return *bad_lines == 0 ? kExitOk : kExitFailure;
}

}  // namespace

void AddAqiVerb(CLI::App& app, const GlobalOptions& /*options*/, int& exit_code) {
  const auto arguments = std::make_shared<AqiArguments>();
  CLI::App* verb = app.add_subcommand("aqi", "EPA's Air Quality Index of concentrations");
  verb->add_option("--pollutant", arguments->pollutant, "PM2.5, PM10, O3, NO2, SO2 or CO");
  verb->add_option("--table", arguments->table, "Name of the breakpoint table, or a date");
  verb->add_flag("--nowcast", arguments->nowcast, "Each line holds 12 hours, newest first");
  verb->add_flag("--json", arguments->json, "One JSON object a line");
  verb->add_option("file", arguments->file, "Text, plain or gzip; - is standard input")
      ->capture_default_str();
  verb->add_option("--verify", arguments->verify, "Files or folders whose AQI column to reproduce")
      ->excludes("--pollutant");
  verb->footer(kFooter);
  verb->callback([arguments, &exit_code] { exit_code = RunAqi(*arguments); });
}

}  // namespace geoclimate::app
