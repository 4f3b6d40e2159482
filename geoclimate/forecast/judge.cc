#include "geoclimate/forecast/judge.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <optional>
#include <utility>

#include "geoclimate/base/check.h"
#include "geoclimate/forecast/parallel.h"
#include "geoclimate/forecast/recency.h"

namespace geoclimate::forecast {
namespace {

using airquality::IssuedForecast;
using airquality::Pollutant;
using std::chrono::days;

// The forecasts of one pollutant and lead time that can be judged.
struct HorizonRows {
  int horizon_days = 0;
  std::vector<std::uint32_t> forecasts;  // indexes into what Judge() was given
  std::vector<features::RowKey> keys;    // beside them
};

// What belongs to one pollutant.
struct PollutantRows {
  Pollutant pollutant = Pollutant::kPm25;
  std::vector<std::size_t> sites;  // with a forecast, ascending
  std::vector<HorizonRows> horizons;
  std::unique_ptr<Baselines> baselines;
};

struct HorizonJudgement {
  std::vector<JudgedForecast> judged;
  std::uint64_t without_baseline = 0;
};

PollutantRows Sort(const features::SiteHistory& history, std::span<const IssuedForecast> forecasts,
                   Pollutant pollutant, Judgement& judgement) {
  PollutantRows rows;
  rows.pollutant = pollutant;
  std::array<std::size_t, Baselines::kMaxHorizon + 1> at{};  // 1 + index into rows.horizons
  for (std::uint32_t i = 0; i < forecasts.size(); ++i) {
    const IssuedForecast& forecast = forecasts[i];
    if (forecast.pollutant != pollutant) continue;
    GC_CHECK(forecast.horizon_days >= 1 && forecast.horizon_days <= Baselines::kMaxHorizon,
             "lead times are within what baselines know");
    const std::optional<std::size_t> site = history.FindSite(forecast.site);
    if (!site) {
      ++judgement.unknown_site;
      continue;
    }
    rows.sites.push_back(*site);
    if (std::isnan(history.Get(pollutant, *site).At(forecast.valid_day()))) {
      ++judgement.unobserved;
      continue;
    }
    std::size_t& horizon = at[static_cast<std::size_t>(forecast.horizon_days)];
    if (horizon == 0) {
      rows.horizons.push_back({forecast.horizon_days, {}, {}});
      horizon = rows.horizons.size();
    }
    rows.horizons[horizon - 1].forecasts.push_back(i);
    rows.horizons[horizon - 1].keys.push_back({*site, forecast.issue_day});
  }
  std::sort(rows.sites.begin(), rows.sites.end());
  rows.sites.erase(std::unique(rows.sites.begin(), rows.sites.end()), rows.sites.end());
  std::sort(
      rows.horizons.begin(), rows.horizons.end(),
      [](const HorizonRows& a, const HorizonRows& b) { return a.horizon_days < b.horizon_days; });
  return rows;
}

// The quantiles of every baseline's past errors at each of `issue_days`.
using Dressing = std::array<std::vector<GivenQuantiles>, kBaselineCount>;

Dressing Dress(const features::SiteHistory& history, const PollutantRows& rows, int horizon_days,
               std::span<const base::LocalDay> issue_days, const PastErrorOptions& options) {
  std::vector<features::RowKey> keys;
  std::vector<float> observed;
  const base::LocalDay from = issue_days.front() - options.window;
  for (const std::size_t site : rows.sites) {
    const features::SiteHistory::Series series = history.Get(rows.pollutant, site);
    if (series.empty()) continue;
    const base::LocalDay last = std::min(series.last_day(), issue_days.back() - days(1));
    for (base::LocalDay valid = std::max(from, series.first_day); valid <= last; valid += days(1)) {
      const base::LocalDay issued = valid - days(horizon_days);
      const float value = series.At(valid);
      if (std::isnan(value) || !NewestValue(series, issued, kRecent)) continue;
      keys.push_back({site, issued});
      observed.push_back(value);
    }
  }
  const BaselineColumns columns = rows.baselines->Columns(keys, horizon_days);
  Dressing dressing;
  std::vector<DatedError> errors(keys.size());
  for (std::size_t b = 0; b < kBaselineCount; ++b) {
    for (std::size_t i = 0; i < keys.size(); ++i) {
      errors[i] = {keys[i].issue_day + days(horizon_days), observed[i] - columns[b][i]};
    }
    dressing[b] = TrailingErrorQuantiles(errors, issue_days, options);
  }
  return dressing;
}

HorizonJudgement JudgeHorizon(const features::SiteHistory& history,
                              std::span<const IssuedForecast> forecasts, const PollutantRows& of,
                              const HorizonRows& rows, const PastErrorOptions& past_errors) {
  std::vector<base::LocalDay> issue_days;
  for (const features::RowKey& key : rows.keys) issue_days.push_back(key.issue_day);
  std::sort(issue_days.begin(), issue_days.end());
  issue_days.erase(std::unique(issue_days.begin(), issue_days.end()), issue_days.end());
  const Dressing dressing = Dress(history, of, rows.horizon_days, issue_days, past_errors);
  const BaselineColumns columns = of.baselines->Columns(rows.keys, rows.horizon_days);

  HorizonJudgement result;
  result.judged.reserve(rows.keys.size());
  for (std::size_t i = 0; i < rows.keys.size(); ++i) {
    if (std::isnan(columns[0][i])) {
      ++result.without_baseline;
      continue;
    }
    JudgedForecast& judged = result.judged.emplace_back();
    judged.forecast = forecasts[rows.forecasts[i]];
    judged.index = rows.forecasts[i];
    judged.observed = history.Get(of.pollutant, rows.keys[i].site).At(judged.forecast.valid_day());
    const auto day = static_cast<std::size_t>(
        std::lower_bound(issue_days.begin(), issue_days.end(), rows.keys[i].issue_day) -
        issue_days.begin());
    for (std::size_t b = 0; b < kBaselineCount; ++b) {
      judged.baselines[b] = columns[b][i];
      GivenQuantiles quantiles = dressing[b][day];
      for (float& quantile : quantiles) quantile += columns[b][i];
      judged.dressed_crps[b] = static_cast<float>(
          CrpsFromQuantiles(kGivenLevels, quantiles, static_cast<double>(judged.observed)));
    }
  }
  return result;
}

}  // namespace

std::uint64_t ForecastKey(const IssuedForecast& forecast) {
  constexpr std::int32_t kDayOrigin = 1 << 19;
  const auto part = [](auto value) { return static_cast<std::uint64_t>(value); };
  return part(airquality::Index(forecast.pollutant)) << 59 | part(forecast.horizon_days) << 50 |
         part(base::DayNumber(forecast.issue_day) + kDayOrigin) << 30 | forecast.site.number();
}

Judgement Judge(const features::SiteHistory& history, std::span<const IssuedForecast> forecasts,
                const JudgeOptions& options) {
  Judgement judgement;
  std::vector<PollutantRows> pollutants;
  std::vector<std::pair<std::size_t, std::size_t>> tasks;  // pollutant, lead time
  for (const Pollutant pollutant : airquality::kPollutants) {
    PollutantRows rows = Sort(history, forecasts, pollutant, judgement);
    for (std::size_t h = 0; h < rows.horizons.size(); ++h) tasks.push_back({pollutants.size(), h});
    if (!rows.horizons.empty()) pollutants.push_back(std::move(rows));
  }
  ForEachTask(pollutants.size(), options.threads, [&](std::size_t i) {
    std::vector<int> horizons;
    for (const HorizonRows& rows : pollutants[i].horizons) horizons.push_back(rows.horizon_days);
    pollutants[i].baselines =
        std::make_unique<Baselines>(history, pollutants[i].pollutant, horizons);
  });
  std::vector<HorizonJudgement> results(tasks.size());
  ForEachTask(tasks.size(), options.threads, [&](std::size_t i) {
    const PollutantRows& of = pollutants[tasks[i].first];
    results[i] =
        JudgeHorizon(history, forecasts, of, of.horizons[tasks[i].second], options.past_errors);
  });
  std::size_t count = 0;
  for (const HorizonJudgement& result : results) count += result.judged.size();
  judgement.judged.reserve(count);
  for (HorizonJudgement& result : results) {
    judgement.without_baseline += result.without_baseline;
    std::move(result.judged.begin(), result.judged.end(), std::back_inserter(judgement.judged));
    result.judged = {};
  }
  return judgement;
}

}  // namespace geoclimate::forecast
