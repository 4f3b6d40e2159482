#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/backtest/backtest_options.h"
#include "geoclimate/backtest/knowledge.h"
#include "geoclimate/backtest/piece_folder.h"
#include "geoclimate/backtest/place_score.h"
#include "geoclimate/base/result.h"

namespace geoclimate::backtest {

// Where a backtest writes.
struct BacktestFiles {
  std::filesystem::path out;   // the forecasts (ForecastFile)
  std::filesystem::path work;  // finished pieces, removed at the end
  // Whether pieces of an earlier run with the same settings, history and program are taken over.
  PieceFolder::Earlier earlier = PieceFolder::Earlier::kDiscard;
  // Names the program that runs, so that no other one's pieces are taken over.
  std::string program;
};

// How far a backtest is. Written while it runs; any thread may read.
struct BacktestProgress {
  std::atomic<std::uint64_t> pieces{0};       // in all
  std::atomic<std::uint64_t> pieces_done{0};  // taken over ones among them
  std::atomic<std::uint64_t> pieces_taken_over{0};
  // About the rows that fits read, which is what the time goes by; of this run only.
  std::atomic<std::uint64_t> work{0};
  std::atomic<std::uint64_t> work_done{0};
};

// What became of one pollutant and lead time.
struct HorizonReport {
  airquality::Pollutant pollutant = airquality::Pollutant::kPm25;
  int horizon_days = 1;
  std::uint64_t forecasts = 0;
  std::uint64_t observed = 0;       // of them, those whose day was measured
  std::uint64_t by_model = 0;       // of them, those that a fitted model gave
  std::uint64_t without_model = 0;  // rows at which the past was too short for any forecast
  PlaceScore places = {};           // from neighbours; else empty
};

struct BacktestReport {
  std::uint64_t origins = 0;
  std::vector<HorizonReport> horizons;  // in the order of the options
};

// Runs a backtest and writes its file. At each origin the forecasters are fitted on the rows whose
// valid day lies before it, then every site with a known value of the last 7 days gets a forecast
// on each day up to the next origin. The bytes of the file depend on the knowledge and the options
// alone, not on threads nor on how often it was killed and resumed. A killed run leaves its
// finished pieces in files.work.
//
// Memory: one pollutant's rows at a time, and so many fits side by side that they keep below
// options.memory_bytes (one at least).
//
// kInvalidArgument for options that do not hold; the disk's errors; kInternal when a fit fails.
base::Result<BacktestReport> RunBacktest(const Knowledge& knowledge, const BacktestOptions& options,
                                         const BacktestFiles& files, BacktestProgress& progress);

}  // namespace geoclimate::backtest
