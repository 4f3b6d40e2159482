#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "apps/geoclimate/verbs.h"
#include "geoclimate/base/result.h"
#include "geoclimate/forecast/comparison.h"
#include "geoclimate/forecast/forecast_csv.h"
#include "geoclimate/forecast/scoring.h"

namespace geoclimate::app {

// Into which groups the sites are divided, beside seasons.
enum class GroupBy {
  kNone,
  kState,
  kSite,   // takes some tens of milliseconds a site and lead time
  kGroup,  // by the column `group` of the forecasts
};

struct ScoreArguments {
  std::filesystem::path forecasts;
  std::filesystem::path against;                    // other forecasts; empty: none
  std::vector<std::filesystem::path> observations;  // empty: the database's
  std::filesystem::path rejects;                    // where the rejected lines go; empty: nowhere
  GroupBy group_by = GroupBy::kState;
  forecast::ScoreRules rules = {};
  forecast::BootstrapOptions bootstrap = {};
  int threads = 1;
};

// What was read of one file of forecasts.
struct ForecastFileReport {
  std::string path;
  std::uint64_t forecasts = 0;
  std::array<std::uint64_t, forecast::kForecastRejectCount> rejects{};  // by ForecastReject
  std::vector<std::string> first_rejects;  // some, "f.csv:2: mean: bad_number: ..."
  std::uint64_t rejected() const;
};

struct ScoreReport {
  ForecastFileReport file;
  std::uint64_t judged = 0;
  std::uint64_t unknown_site = 0;
  std::uint64_t unobserved = 0;
  std::uint64_t without_baseline = 0;
  std::string group_by;  // "state"; empty without groups
  forecast::ScoreRules rules = {};
  forecast::BootstrapOptions bootstrap = {};
  std::vector<forecast::ScoredGroup> groups;  // by pollutant and lead time
  std::optional<ForecastFileReport> against;
  std::vector<forecast::ComparedGroup> compared;
};

// Reads, judges and scores; the database is the one of the settings. Warnings and progress go to
// `warnings` and stderr.
//
// The errors of files, settings and the database; kFailedPrecondition when there is no observation;
// kInvalidArgument for kGroup without such a column.
base::Result<ScoreReport> RunScore(const ScoreArguments& arguments, const GlobalOptions& options,
                                   std::ostream& warnings);

}  // namespace geoclimate::app
