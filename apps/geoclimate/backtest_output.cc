#include "apps/geoclimate/backtest_output.h"

#include <fmt/format.h>

#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/formats/json.h"

namespace geoclimate::app {
namespace {

using Seconds = std::chrono::duration<double>;

std::string RenderDuration(Seconds time) {
  const auto seconds = static_cast<std::int64_t>(time.count());
  if (seconds < 60) return fmt::format("{} s", seconds);
  if (seconds < 3600) return fmt::format("{} min {} s", seconds / 60, seconds % 60);
  return fmt::format("{} h {} min", seconds / 3600, seconds / 60 % 60);
}

// What forecasts from neighbours were worth; empty where there are none.
std::string RenderPlaces(const backtest::BacktestReport& report) {
  std::string table;
  for (const backtest::HorizonReport& one : report.horizons) {
    const backtest::PlaceScore& score = one.places;
    if (score.rows() == 0) continue;
    table +=
        fmt::format("  {:5} D+{} {:>11} {:>9.4g} {:>13.4g} {:>7.3f} {:>6.1f} % {:>10.4g} {}\n",
                    airquality::Name(one.pollutant), one.horizon_days, WithThousands(score.rows()),
                    score.Rmse(), score.InterpolationRmse(), score.Skill(), 100 * score.Coverage(),
                    score.MeanWidth(), airquality::Traits(one.pollutant).unit_name);
  }
  if (table.empty()) return table;
  return fmt::format(
             "at sites that no fit has seen, from their neighbours:\n"
             "  {:9} {:>11} {:>9} {:>13} {:>7} {:>8} {:>10}\n",
             "", "observed", "RMSE", "interpolation", "skill", "in 80 %", "p90 - p10") +
         table;
}

}  // namespace

ProgressSample SampleBacktest(const backtest::BacktestProgress& progress, Seconds took) {
  ProgressSample sample;
  const std::uint64_t pieces = progress.pieces;
  const std::uint64_t done = progress.pieces_done;
  sample.fraction = pieces > 0 ? static_cast<double>(done) / static_cast<double>(pieces) : 0;
  sample.text = fmt::format("{}/{} fits", done, pieces);
  const auto work = static_cast<double>(progress.work.load());
  const auto work_done = static_cast<double>(progress.work_done.load());
  if (work_done > 0 && work > work_done) {
    sample.text +=
        fmt::format(", {} left", RenderDuration(took * ((work - work_done) / work_done)));
    sample.fraction = work_done / work;
  }
  return sample;
}

std::string RenderBacktestText(const backtest::BacktestReport& report, Seconds took) {
  std::string text = fmt::format("{} origins in {}\n", report.origins, RenderDuration(took));
  for (const backtest::HorizonReport& one : report.horizons) {
    text +=
        fmt::format("  {:5} D+{}  {:>11} forecasts, {:>11} of them observed, {:>11} by a model",
                    airquality::Name(one.pollutant), one.horizon_days, WithThousands(one.forecasts),
                    WithThousands(one.observed), WithThousands(one.by_model));
    if (one.without_model > 0) {
      text += fmt::format("; {} rows had too short a past", WithThousands(one.without_model));
    }
    text += '\n';
  }
  return text + RenderPlaces(report);
}

std::string RenderBacktestJson(const backtest::BacktestReport& report, Seconds took) {
  std::string text;
  formats::JsonWriter json(text);
  const auto count = [&json](std::string_view key, std::uint64_t value) {
    json.Key(key).Integer(static_cast<std::int64_t>(value));
  };
  std::uint64_t forecasts = 0;
  for (const backtest::HorizonReport& one : report.horizons) forecasts += one.forecasts;
  json.BeginObject();
  count("origins", report.origins);
  count("forecasts", forecasts);
  json.Key("seconds").Double(took.count());
  json.Key("horizons").BeginArray();
  for (const backtest::HorizonReport& one : report.horizons) {
    json.BeginObject();
    json.Key("pollutant").String(airquality::Name(one.pollutant));
    json.Key("horizon_days").Integer(one.horizon_days);
    count("forecasts", one.forecasts);
    count("observed", one.observed);
    count("by_model", one.by_model);
    count("without_model", one.without_model);
    if (one.places.rows() > 0) {
      json.Key("rmse").Double(one.places.Rmse());
      json.Key("rmse_interpolation").Double(one.places.InterpolationRmse());
      json.Key("skill").Double(one.places.Skill());
      json.Key("coverage_80").Double(one.places.Coverage());
      json.Key("width_80").Double(one.places.MeanWidth());
    }
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
  text += '\n';
  return text;
}

}  // namespace geoclimate::app
