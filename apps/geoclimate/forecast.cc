#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <string>

#include "apps/geoclimate/storage.h"
#include "apps/geoclimate/verbs.h"
#include "geoclimate/airquality/aqi_category.h"
#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/forecast/table_store.h"
#include "geoclimate/formats/json.h"
#include "geoclimate/server/http/routes/forecast_json.h"

namespace geoclimate::app {
namespace {

namespace routes = server::http::routes;

struct ForecastArguments {
  std::string site;
  bool json = false;
};

struct SiteOfTable {
  std::shared_ptr<const forecast::ForecastTable> table;
  const forecast::SiteForecast* site;
};

base::Result<SiteOfTable> FindForecast(const ForecastArguments& arguments,
                                       const GlobalOptions& options) {
  const base::SystemClock clock;
  GC_ASSIGN_OR_RETURN(const airquality::SiteId id, airquality::SiteId::Parse(arguments.site));
  GC_ASSIGN_OR_RETURN(const Settings settings, SettingsOf(options));
  GC_ASSIGN_OR_RETURN(const std::unique_ptr<Storage> storage, OpenStorage(settings, options));
  auto table = forecast::TableStore(storage->blobs(), clock).LoadCurrent();
  if (!table.ok() && table.error().code() == base::ErrorCode::kNotFound) {
    return base::NotFound("there is no forecast table yet: run geoclimate issue first");
  }
  if (!table.ok()) return table.error();
  const forecast::SiteForecast* site = (*table)->Find(id);
  if (site != nullptr) return SiteOfTable{*std::move(table), site};
  return base::NotFound(
      fmt::format("site {} has no forecast: it measured nothing in the 30 days to {}",
                  id.ToString(), base::FormatDay((*table)->content().as_of)));
}

// The JSON of GET /v1/forecast for one site, without the envelope of a request.
std::string RenderJson(const SiteOfTable& found) {
  std::string text;
  formats::JsonWriter json(text);
  json.BeginObject();
  routes::WriteIssueFields(json, *found.table);
  routes::WriteSiteFields(json, *found.site);
  json.Key("days").BeginArray();
  for (const forecast::DayForecast& day : found.site->days) {
    json.BeginObject();
    routes::WriteDayFields(json, *found.table, *found.site, day);
    json.Key("pollutants").BeginArray();
    for (const forecast::PollutantForecast& forecast : day.pollutants) {
      routes::WritePollutantForecast(json, *found.table, *found.site, day, forecast);
    }
    json.EndArray().EndObject();
  }
  json.EndArray().EndObject();
  return text + '\n';
}

std::string RenderPollutant(const forecast::TableContent& content,
                            const forecast::PollutantForecast& forecast) {
  const airquality::PollutantTraits& traits = airquality::Traits(forecast.pollutant);
  const auto& quantiles = forecast.concentration.quantiles;
  return fmt::format(
      "  {:<6} {:>7.4g} {:<6} ({:.4g} to {:.4g})  AQI {:>3}  over 100: {:>3.0f} %  {}, {}\n",
      traits.name, quantiles[model::kP50], traits.unit_name, quantiles[model::kP10],
      quantiles[model::kP90], forecast.aqi, 100 * double{forecast.probability_over_100},
      airquality::MethodName(forecast.method), content.model_ids[forecast.model]);
}

std::string RenderText(const SiteOfTable& found) {
  const forecast::TableContent& content = found.table->content();
  std::string text =
      fmt::format("{} {}, forecast at the end of {}; ranges hold 80 %\n", found.site->id.ToString(),
                  found.site->name, base::FormatDay(content.as_of));
  for (const forecast::DayForecast& day : found.site->days) {
    text +=
        fmt::format("{}  AQI {} ({} to {})  {}\n",
                    base::FormatDay(content.as_of + std::chrono::days(day.horizon_days)), day.aqi,
                    day.aqi_p10, day.aqi_p90, airquality::Name(airquality::CategoryOf(day.aqi)));
    for (const forecast::PollutantForecast& forecast : day.pollutants) {
      text += RenderPollutant(content, forecast);
    }
  }
  return text;
}

int RunForecast(const ForecastArguments& arguments, const GlobalOptions& options) {
  const auto found = FindForecast(arguments, options);
  if (!found.ok()) {
    std::cerr << "geoclimate forecast: " << found.error().ToString() << '\n';
    return found.error().code() == base::ErrorCode::kInvalidArgument ? kExitUsage : kExitFailure;
  }
  std::cout << (arguments.json ? RenderJson(*found) : RenderText(*found)) << std::flush;
  return kExitOk;
}

}  // namespace

void AddForecastVerb(CLI::App& app, const GlobalOptions& options, int& exit_code) {
  const auto arguments = std::make_shared<ForecastArguments>();
  CLI::App* verb = app.add_subcommand("forecast", "Show a site's current forecast");
  verb->add_option("--site", arguments->site, "AQS site id, 06-037-1103")->required();
  verb->add_flag("--json", arguments->json, "As the server's /v1/forecast gives it");
  verb->callback(
      [arguments, &options, &exit_code] { exit_code = RunForecast(*arguments, options); });
}

}  // namespace geoclimate::app
