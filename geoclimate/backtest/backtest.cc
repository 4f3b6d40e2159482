#include "geoclimate/backtest/backtest.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "geoclimate/backtest/forecast_file.h"
#include "geoclimate/backtest/history_digest.h"
#include "geoclimate/backtest/issue_pass.h"
#include "geoclimate/backtest/piece.h"
#include "geoclimate/backtest/pollutant_rows.h"
#include "geoclimate/base/check.h"
#include "geoclimate/base/mutex.h"
#include "geoclimate/features/feature_builder.h"
#include "geoclimate/formats/digest.h"

namespace geoclimate::backtest {
namespace {

using airquality::Pollutant;

std::string KeyOf(const features::SiteHistory& history, const BacktestOptions& options,
                  const std::string& program) {
  return formats::Sha256(
             fmt::format("{}\n{}\n{}\n", program, DescribeSettings(options), DigestOf(history)))
      .Hex()
      .substr(0, 32);
}

// Runs the tasks in their order on `threads` threads. After a failure no further task begins; the
// failure of the first task in order, of those that ran, is returned.
class TaskRun {
 public:
  TaskRun(std::size_t count, std::function<base::Result<void>(std::size_t)> task)
      : count_(count), task_(std::move(task)) {}

  base::Result<void> Run(std::size_t threads) {
    std::vector<std::jthread> others;
    for (std::size_t i = 1; i < std::min(threads, count_); ++i) {
      others.emplace_back([this] { Work(); });
    }
    Work();
    others.clear();
    const base::MutexLock lock(mutex_);
    if (failure_) return *failure_;
    return {};
  }

 private:
  void Work() {
    for (std::size_t i = next_++; i < count_ && !failed_; i = next_++) {
      const base::Result<void> done = task_(i);
      if (done.ok()) continue;
      const base::MutexLock lock(mutex_);
      failed_ = true;
      if (!failure_ || i < failed_task_) {
        failure_ = done.error();
        failed_task_ = i;
      }
    }
  }

  const std::size_t count_;
  const std::function<base::Result<void>(std::size_t)> task_;
  std::atomic<std::size_t> next_ = 0;
  std::atomic<bool> failed_ = false;
  base::Mutex mutex_;
  std::optional<base::Error> failure_ GUARDED_BY(mutex_);
  std::size_t failed_task_ GUARDED_BY(mutex_) = 0;
};

class Run {
 public:
  Run(const features::SiteHistory& history, const BacktestOptions& options, PieceFolder pieces,
      ForecastFile& file, BacktestProgress& progress)
      : history_(history),
        options_(options),
        origins_(Origins(options)),
        builder_(history),
        pieces_(std::move(pieces)),
        file_(file),
        progress_(progress) {}

  base::Result<BacktestReport> Go() {
    progress_.pieces = origins_.size() * options_.pollutants.size() * options_.horizons.size();
    BacktestReport report;
    report.origins = origins_.size();
    for (const Pollutant pollutant : options_.pollutants) {
      GC_RETURN_IF_ERROR(RunPollutant(pollutant, report));
    }
    return report;
  }

 private:
  PieceName NameOf(const PollutantRows& rows, int horizon_days, const Origin& origin) const {
    return {.pollutant = rows.pollutant, .horizon_days = horizon_days, .origin = origin.day};
  }

  base::Result<void> RunPollutant(Pollutant pollutant, BacktestReport& report) {
    const PollutantRows rows = BuildPollutantRows(history_, builder_, pollutant, options_);
    for (const int horizon : options_.horizons) {
      GC_RETURN_IF_ERROR(FitPieces(rows, horizon));
      GC_ASSIGN_OR_RETURN(HorizonReport done, WriteForecasts(rows, horizon));
      report.horizons.push_back(done);
    }
    return {};
  }

  // The later origins first: their fits take longest, and short ones fill the end better.
  base::Result<void> FitPieces(const PollutantRows& rows, int horizon_days) {
    std::vector<const Origin*> missing;
    for (auto origin = origins_.rbegin(); origin != origins_.rend(); ++origin) {
      if (pieces_.Load(NameOf(rows, horizon_days, *origin))) {
        ++progress_.pieces_done;
        ++progress_.pieces_taken_over;
      } else {
        missing.push_back(&*origin);
      }
    }
    if (missing.empty()) return {};
    const PastTasks tasks = FindPastTasks(history_, rows, horizon_days);
    const auto count = [&](const Origin& origin) { return tasks.CountBefore(rows, origin.day); };
    for (const Origin* origin : missing) progress_.work += count(*origin);
    const auto fit = [&](std::size_t i) -> base::Result<void> {
      const Origin& origin = *missing[i];
      GC_ASSIGN_OR_RETURN(const forecast::HorizonModels models,
                          FitAt(origin, rows, tasks, options_.training));
      GC_ASSIGN_OR_RETURN(const Segment segment, ForecastDays(origin, rows, models));
      GC_RETURN_IF_ERROR(pieces_.Save(NameOf(rows, horizon_days, origin), segment));
      progress_.work_done += count(origin);
      ++progress_.pieces_done;
      return {};
    };
    return TaskRun(missing.size(), fit).Run(SideBySide(rows, count(*missing.front())));
  }

  std::size_t SideBySide(const PollutantRows& rows, std::size_t most_tasks) const {
    const std::size_t held = rows.features.values.size() * sizeof(float);
    const std::size_t left = options_.memory_bytes > held ? options_.memory_bytes - held : 0;
    const std::size_t fits = left / std::max(FitBytes(rows, most_tasks), std::size_t{1});
    return std::clamp(fits, std::size_t{1}, static_cast<std::size_t>(options_.threads));
  }

  base::Result<HorizonReport> WriteForecasts(const PollutantRows& rows, int horizon_days) {
    HorizonReport report{.pollutant = rows.pollutant, .horizon_days = horizon_days};
    IssuePass pass(history_, rows, horizon_days, [&](const GivenForecast& given) {
      ++report.forecasts;
      report.observed += std::isnan(given.observed) ? 0 : 1;
      report.by_model += given.forecast.method == airquality::Method::kModel ? 1 : 0;
      file_.Write(given);
    });
    for (const Origin& origin : origins_) {
      const PieceName name = NameOf(rows, horizon_days, origin);
      const std::optional<Segment> segment = pieces_.Load(name);
      if (!segment) return base::DataLoss("the piece " + name.FileName() + " is gone or damaged");
      report.without_model += static_cast<std::uint64_t>(
          std::ranges::count(segment->rows, std::int8_t{-1}, &Segment::Row::model));
      pass.Issue(origin, *segment);
    }
    return report;
  }

  const features::SiteHistory& history_;
  const BacktestOptions& options_;
  const std::vector<Origin> origins_;
  const features::FeatureBuilder builder_;
  const PieceFolder pieces_;
  ForecastFile& file_;
  BacktestProgress& progress_;
};

}  // namespace

base::Result<BacktestReport> RunBacktest(const features::SiteHistory& history,
                                         const BacktestOptions& options, const BacktestFiles& files,
                                         BacktestProgress& progress) {
  GC_RETURN_IF_ERROR(options.Validate());
  GC_ASSIGN_OR_RETURN(
      PieceFolder pieces,
      PieceFolder::Open(files.work, KeyOf(history, options, files.program), files.earlier));
  GC_ASSIGN_OR_RETURN(const std::unique_ptr<ForecastFile> file, ForecastFile::Create(files.out));
  GC_ASSIGN_OR_RETURN(BacktestReport report, Run(history, options, pieces, *file, progress).Go());
  GC_RETURN_IF_ERROR(file->Finish());
  pieces.Remove();
  return report;
}

}  // namespace geoclimate::backtest
