#include "geoclimate/backtest/backtest.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <ranges>
#include <utility>
#include <vector>

#include "geoclimate/backtest/forecast_file.h"
#include "geoclimate/backtest/history_digest.h"
#include "geoclimate/backtest/issue_pass.h"
#include "geoclimate/backtest/past_tasks.h"
#include "geoclimate/backtest/piece.h"
#include "geoclimate/backtest/place_piece.h"
#include "geoclimate/backtest/pollutant_rows.h"
#include "geoclimate/backtest/published_models.h"
#include "geoclimate/backtest/task_run.h"
#include "geoclimate/forecast/past_rows.h"
#include "geoclimate/formats/digest.h"

namespace geoclimate::backtest {
namespace {

using airquality::Pollutant;

std::string KeyOf(const Knowledge& knowledge, const BacktestOptions& options,
                  const std::string& program) {
  return formats::Sha256(
             fmt::format("{}\n{}\n{}\n", program, DescribeSettings(options), DigestOf(knowledge)))
      .Hex()
      .substr(0, 32);
}

class Run {
 public:
  Run(const Knowledge& knowledge, const BacktestOptions& options, PieceFolder pieces,
      ForecastFile& file, BacktestProgress& progress)
      : knowledge_(knowledge),
        options_(options),
        origins_(Origins(options)),
        pieces_(std::move(pieces)),
        file_(file),
        progress_(progress) {}

  base::Result<BacktestReport> Go() {
    Plan();
    BacktestReport report;
    report.origins = origins_.size();
    for (const Pollutant pollutant : options_.pollutants) {
      GC_RETURN_IF_ERROR(RunPollutant(pollutant, report));
    }
    return report;
  }

 private:
  PieceName NameOf(Pollutant pollutant, int horizon_days, const Origin& origin) const {
    return {.pollutant = pollutant, .horizon_days = horizon_days, .origin = origin.day};
  }

  // Tells the progress what there is to do.
  void Plan() {
    progress_.pieces = origins_.size() * options_.pollutants.size() * options_.horizons.size();
    for (const Pollutant pollutant : options_.pollutants) {
      const std::vector<std::uint64_t> work = WorkOf(pollutant);
      for (const int horizon : options_.horizons) {
        for (std::size_t i = 0; i < origins_.size(); ++i) {
          if (pieces_.Load(NameOf(pollutant, horizon, origins_[i]))) {
            ++progress_.pieces_done;
            ++progress_.pieces_taken_over;
          } else {
            progress_.work += work[i];
          }
        }
      }
    }
  }

  // By origin, the values before it: about the rows of its fit.
  std::vector<std::uint64_t> WorkOf(Pollutant pollutant) const {
    std::vector<std::uint64_t> work(origins_.size());
    const base::LocalDay first = forecast::FirstTrainingDay(pollutant);
    for (std::size_t site = 0; site < knowledge_.truth().sites().size(); ++site) {
      const features::SiteHistory::Series series = knowledge_.truth().Get(pollutant, site);
      for (std::size_t i = 0; i < series.values.size(); ++i) {
        const base::LocalDay day = series.first_day + std::chrono::days(i);
        if (day < first || !std::isfinite(series.values[i])) continue;
        const auto origin = std::ranges::upper_bound(origins_, day, {}, &Origin::day);
        if (origin != origins_.end()) ++work[static_cast<std::size_t>(origin - origins_.begin())];
      }
    }
    for (std::size_t i = 1; i < work.size(); ++i) work[i] += work[i - 1];
    return work;
  }

  base::Result<void> RunPollutant(Pollutant pollutant, BacktestReport& report) {
    const PollutantRows rows = BuildPollutantRows(knowledge_, pollutant, options_);
    const std::vector<std::uint64_t> work = WorkOf(pollutant);
    for (const int horizon : options_.horizons) {
      GC_RETURN_IF_ERROR(FitPieces(rows, horizon, work));
      GC_ASSIGN_OR_RETURN(HorizonReport done, WriteForecasts(rows, horizon));
      report.horizons.push_back(done);
    }
    return {};
  }

  // Runs of origins that share a judgement, the later ones first: their fits take longest, and
  // short ones fill the end better.
  base::Result<void> FitPieces(const PollutantRows& rows, int horizon_days,
                               const std::vector<std::uint64_t>& work) {
    const PastTasks tasks = FindPastTasks(knowledge_, rows, horizon_days);
    if (rows.basis == airquality::Basis::kNeighbours) return FitPlacePieces(rows, tasks, work);
    PublishedModels models(knowledge_, rows, tasks, options_, origins_);
    std::vector<std::vector<std::size_t>> runs;  // the origins whose pieces are still to be made
    std::size_t end = origins_.size();
    for (const std::size_t first : models.first_of_runs() | std::views::reverse) {
      std::vector<std::size_t> missing;
      for (std::size_t i = first; i < end; ++i) {
        if (!pieces_.Load(NameOf(rows.pollutant, horizon_days, origins_[i]))) missing.push_back(i);
      }
      if (!missing.empty()) runs.push_back(std::move(missing));
      end = first;
    }
    if (runs.empty()) return {};
    const auto fit = [&](std::size_t i) {
      return FitRun(rows, tasks.horizon_days, models, runs[i], work);
    };
    const std::size_t most_tasks = tasks.CountBefore(rows, origins_[runs.front().back()].day);
    return TaskRun(runs.size(), fit).Run(SideBySide(rows, most_tasks));
  }

  base::Result<void> FitRun(const PollutantRows& rows, int horizon_days, PublishedModels& models,
                            const std::vector<std::size_t>& run,
                            const std::vector<std::uint64_t>& work) {
    for (const std::size_t i : run) {
      const Origin& origin = origins_[i];
      GC_ASSIGN_OR_RETURN(const forecast::HorizonModels at_origin, models.At(i));
      GC_ASSIGN_OR_RETURN(const Segment segment,
                          ForecastDays(origin, rows, horizon_days, at_origin));
      GC_RETURN_IF_ERROR(Keep(NameOf(rows.pollutant, horizon_days, origin), segment, work[i]));
    }
    return {};
  }

  // Fits of places are judged anew at every origin.
  base::Result<void> FitPlacePieces(const PollutantRows& rows, const PastTasks& tasks,
                                    const std::vector<std::uint64_t>& work) {
    std::vector<std::size_t> missing;
    for (std::size_t i = origins_.size(); i-- > 0;) {
      if (!pieces_.Load(NameOf(rows.pollutant, tasks.horizon_days, origins_[i]))) {
        missing.push_back(i);
      }
    }
    if (missing.empty()) return {};
    const auto fit = [&](std::size_t i) -> base::Result<void> {
      const Origin& origin = origins_[missing[i]];
      GC_ASSIGN_OR_RETURN(const Segment segment,
                          ForecastPlaces(knowledge_, origin, rows, tasks, options_.training));
      return Keep(NameOf(rows.pollutant, tasks.horizon_days, origin), segment, work[missing[i]]);
    };
    const std::size_t most_tasks = tasks.CountBefore(rows, origins_[missing.front()].day);
    return TaskRun(missing.size(), fit).Run(SideBySide(rows, most_tasks));
  }

  base::Result<void> Keep(const PieceName& name, const Segment& segment, std::uint64_t work) {
    GC_RETURN_IF_ERROR(pieces_.Save(name, segment));
    progress_.work_done += work;
    ++progress_.pieces_done;
    return {};
  }

  std::size_t SideBySide(const PollutantRows& rows, std::size_t most_tasks) const {
    const std::size_t held = rows.features.values.size() * sizeof(float);
    const std::size_t left = options_.memory_bytes > held ? options_.memory_bytes - held : 0;
    const std::size_t bytes = rows.basis == airquality::Basis::kSite
                                  ? FitBytes(rows, most_tasks)
                                  : PlaceFitBytes(rows, most_tasks);
    const std::size_t fits = left / std::max(bytes, std::size_t{1});
    return std::clamp(fits, std::size_t{1}, static_cast<std::size_t>(options_.threads));
  }

  base::Result<HorizonReport> WriteForecasts(const PollutantRows& rows, int horizon_days) {
    HorizonReport report{.pollutant = rows.pollutant, .horizon_days = horizon_days};
    IssuePass pass(
        knowledge_, rows, horizon_days,
        [&](const GivenForecast& given) {
          ++report.forecasts;
          report.observed += std::isnan(given.observed) ? 0 : 1;
          report.by_model += given.forecast.method == airquality::Method::kModel ? 1 : 0;
          if (std::isfinite(given.interpolation)) report.places.Add(given);
          file_.Write(given);
        },
        options_.hold_out_share);
    for (const Origin& origin : origins_) {
      const PieceName name = NameOf(rows.pollutant, horizon_days, origin);
      const std::optional<Segment> segment = pieces_.Load(name);
      if (!segment) return base::DataLoss("the piece " + name.FileName() + " is gone or damaged");
      report.without_model += static_cast<std::uint64_t>(
          std::ranges::count(segment->rows, std::int8_t{-1}, &Segment::Row::model));
      pass.Issue(origin, *segment);
    }
    return report;
  }

  const Knowledge knowledge_;
  const BacktestOptions& options_;
  const std::vector<Origin> origins_;
  const PieceFolder pieces_;
  ForecastFile& file_;
  BacktestProgress& progress_;
};

}  // namespace

base::Result<BacktestReport> RunBacktest(const Knowledge& knowledge, const BacktestOptions& options,
                                         const BacktestFiles& files, BacktestProgress& progress) {
  GC_RETURN_IF_ERROR(options.Validate());
  GC_ASSIGN_OR_RETURN(
      PieceFolder pieces,
      PieceFolder::Open(files.work, KeyOf(knowledge, options, files.program), files.earlier));
  GC_ASSIGN_OR_RETURN(const std::unique_ptr<ForecastFile> file, ForecastFile::Create(files.out));
  GC_ASSIGN_OR_RETURN(BacktestReport report, Run(knowledge, options, pieces, *file, progress).Go());
  GC_RETURN_IF_ERROR(file->Finish());
  pieces.Remove();
  return report;
}

}  // namespace geoclimate::backtest
