#include "apps/geoclimate/score_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <memory>
#include <numeric>
#include <span>

#include "apps/geoclimate/data_folder.h"
#include "apps/geoclimate/file_history.h"
#include "apps/geoclimate/rejects_file.h"
#include "apps/geoclimate/storage.h"
#include "geoclimate/base/clock.h"
#include "geoclimate/forecast/history_loader.h"
#include "geoclimate/forecast/judge.h"
#include "geoclimate/formats/compression.h"
#include "geoclimate/formats/csv.h"

namespace geoclimate::app {
namespace {

using forecast::ForecastFile;
using forecast::RejectedForecast;

constexpr std::size_t kShownRejects = 5;

// The rejected lines of all files as CSV: file,line,column,reason,detail.
class RejectedLines {
 public:
  // Truncates `path`; an empty one keeps nothing.
  static base::Result<RejectedLines> Create(const std::filesystem::path& path) {
    RejectedLines lines;
    if (path.empty()) return lines;
    lines.path_ = path.string();
    lines.file_.reset(std::fopen(path.c_str(), "we"));
    if (lines.file_ == nullptr) return base::FromErrno(errno, "create " + lines.path_);
    std::fputs("file,line,column,reason,detail\n", lines.file_.get());
    return lines;
  }
  void Write(std::string_view file, const RejectedForecast& row) {
    if (file_ == nullptr) return;
    std::string line;
    formats::AppendCsvField(line, file);
    line += fmt::format(",{},{},{},", row.line, row.column, forecast::RejectName(row.reason));
    formats::AppendCsvField(line, row.detail);
    line += '\n';
    std::fputs(line.c_str(), file_.get());
  }
  base::Result<void> Close() {
    if (file_ == nullptr) return {};
    const bool failed = std::ferror(file_.get()) != 0;
    if (std::fclose(file_.release()) == 0 && !failed) return {};
    return base::FromErrno(errno, "write " + path_);
  }

 private:
  std::string path_;
  UniqueFile file_;
};

base::Result<ForecastFile> ReadFile(const std::filesystem::path& path, RejectedLines& lines,
                                    ForecastFileReport& report) {
  report.path = path.string();
  GC_ASSIGN_OR_RETURN(const std::unique_ptr<formats::ByteSource> bytes,
                      formats::OpenPlainOrGzip(path));
  GC_ASSIGN_OR_RETURN(
      ForecastFile file,
      forecast::ReadForecasts(*bytes, report.path, [&](const RejectedForecast& row) {
        lines.Write(report.path, row);
        if (report.first_rejects.size() >= kShownRejects) return;
        report.first_rejects.push_back(fmt::format("{}:{}: {}{}{}: {}", report.path, row.line,
                                                   row.column, row.column.empty() ? "" : ": ",
                                                   forecast::RejectName(row.reason), row.detail));
      }));
  report.forecasts = file.forecasts.size();
  report.rejects = file.rejects;
  return file;
}

base::Result<features::SiteHistory> LoadHistory(const ScoreArguments& arguments,
                                                const GlobalOptions& options,
                                                std::ostream& warnings) {
  if (!arguments.observations.empty()) {
    return ReadFileHistory({.paths = arguments.observations, .threads = arguments.threads},
                           warnings);
  }
  GC_ASSIGN_OR_RETURN(const Settings settings, SettingsOf(options));
  const std::filesystem::path file = DatabasePath(options.data_dir);
  if (!settings.UsesPostgres() && !std::filesystem::exists(file)) {
    return base::NotFound(fmt::format(
        "{} does not exist: ingest observations first, or name files with --obs", file.string()));
  }
  const base::SystemClock clock;
  GC_ASSIGN_OR_RETURN(const Stores stores, OpenStores(settings, options.data_dir, clock));
  GC_ASSIGN_OR_RETURN(const std::optional<base::LocalDay> newest, stores.observations->NewestDay());
  if (!newest) {
    return base::FailedPrecondition(
        fmt::format("{} has no observations: ingest some, or name files with --obs",
                    settings.UsesPostgres() ? "the database" : file.string()));
  }
  return forecast::LoadSiteHistory(*stores.observations,
                                   {.as_of = *newest, .from = {}, .pollutants = {}});
}

// Groups rows by a number that each has, in the order of the numbers.
template <typename Number, typename Name>
forecast::Grouping GroupByNumber(std::span<const forecast::JudgedForecast> judged, std::string by,
                                 Number number, Name name) {
  std::map<std::uint32_t, std::uint32_t> index;
  for (const forecast::JudgedForecast& row : judged) index.try_emplace(number(row), 0);
  forecast::Grouping grouping;
  grouping.by = std::move(by);
  for (auto& [key, at] : index) {
    at = static_cast<std::uint32_t>(grouping.names.size());
    grouping.names.push_back(name(key));
  }
  grouping.of.reserve(judged.size());
  for (const forecast::JudgedForecast& row : judged) {
    grouping.of.push_back(index.find(number(row))->second);
  }
  return grouping;
}

forecast::Grouping ByState(const features::SiteHistory& history,
                           std::span<const forecast::JudgedForecast> judged) {
  std::map<std::uint32_t, std::string> names;
  for (const airquality::Site& site : history.sites()) {
    std::string& name = names[site.id.state()];
    if (name.empty()) name = site.state;
  }
  return GroupByNumber(
      judged, "state", [](const auto& row) { return row.forecast.site.state(); },
      [&](std::uint32_t state) {
        const std::string& name = names[state];
        return name.empty() ? fmt::format("state {:02}", state) : name;
      });
}

base::Result<std::optional<forecast::Grouping>> MakeGrouping(
    GroupBy by, const features::SiteHistory& history, const ForecastFile& file,
    std::span<const forecast::JudgedForecast> judged) {
  std::optional<forecast::Grouping> grouping;
  switch (by) {
    case GroupBy::kNone:
      break;
    case GroupBy::kState:
      grouping = ByState(history, judged);
      break;
    case GroupBy::kSite:
      grouping = GroupByNumber(
          judged, "site", [](const auto& row) { return row.forecast.site.number(); },
          [](std::uint32_t site) { return airquality::SiteId::FromNumber(site).ToString(); });
      break;
    case GroupBy::kGroup:
      if (file.group_of.empty() && !judged.empty()) {
        return base::InvalidArgument("the forecasts have no column 'group' to group by");
      }
      grouping = forecast::Grouping{"group", file.groups, {}};
      for (std::string& name : grouping->names) {
        if (name.empty()) name = "(none)";
      }
      for (const forecast::JudgedForecast& row : judged) {
        grouping->of.push_back(file.group_of[row.index]);
      }
      break;
  }
  return grouping;
}

}  // namespace

std::uint64_t ForecastFileReport::rejected() const {
  return std::accumulate(rejects.begin(), rejects.end(), std::uint64_t{0});
}

base::Result<ScoreReport> RunScore(const ScoreArguments& arguments, const GlobalOptions& options,
                                   std::ostream& warnings) {
  ScoreReport report;
  report.rules = arguments.rules;
  report.bootstrap = arguments.bootstrap;
  GC_ASSIGN_OR_RETURN(RejectedLines lines, RejectedLines::Create(arguments.rejects));
  GC_ASSIGN_OR_RETURN(const ForecastFile file, ReadFile(arguments.forecasts, lines, report.file));
  ForecastFile other;
  if (!arguments.against.empty()) {
    GC_ASSIGN_OR_RETURN(other, ReadFile(arguments.against, lines, report.against.emplace()));
  }
  GC_RETURN_IF_ERROR(lines.Close());
  GC_ASSIGN_OR_RETURN(const features::SiteHistory history,
                      LoadHistory(arguments, options, warnings));

  forecast::JudgeOptions judge;
  judge.threads = arguments.threads;
  const forecast::Judgement judgement = forecast::Judge(history, file.forecasts, judge);
  report.judged = judgement.judged.size();
  report.unknown_site = judgement.unknown_site;
  report.unobserved = judgement.unobserved;
  report.without_baseline = judgement.without_baseline;
  GC_ASSIGN_OR_RETURN(const std::optional<forecast::Grouping> grouping,
                      MakeGrouping(arguments.group_by, history, file, judgement.judged));
  if (grouping) report.group_by = grouping->by;
  report.groups =
      forecast::ScoreForecasts(judgement.judged, {.rules = arguments.rules,
                                                  .bootstrap = arguments.bootstrap,
                                                  .subsets = forecast::Subsets::kAll,
                                                  .grouping = grouping ? &*grouping : nullptr,
                                                  .threads = arguments.threads});
  report.compared = forecast::Compare(judgement.judged, other.forecasts, arguments.bootstrap);
  return report;
}

}  // namespace geoclimate::app
