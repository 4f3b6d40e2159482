#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "apps/geoclimate/audit_trail.h"
#include "apps/geoclimate/issue_models.h"
#include "apps/geoclimate/storage.h"
#include "apps/geoclimate/verbs.h"
#include "apps/geoclimate/weather_option.h"
#include "geoclimate/blob/kept_lease.h"
#include "geoclimate/forecast/publish_issue.h"
#include "geoclimate/forecast/recency.h"
#include "geoclimate/formats/json.h"

namespace geoclimate::app {
namespace {

constexpr const char* kFooter =
    R"(Forecasts every site with a recent value for the three days after the last complete one and makes
that the current forecast table, which every server on this data directory then serves. With
--as-of, as it would have been at the end of that day: nothing measured later is read.

Forecasters come from the registry: the version in production, else the fallback. One that was
trained with weather needs --weather, of which only what was issued by the end of that day is read;
without it the fallback speaks, labelled so.)";

struct IssueArguments {
  std::optional<std::string> as_of;
  int threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  WeatherArguments weather;
  bool json = false;
};

// The last day that is over in UTC, as the server counts.
base::LocalDay Yesterday(base::Timestamp now) {
  return base::DayOf(now, std::chrono::minutes(0)) - std::chrono::days(1);
}

base::Result<base::LocalDay> ChooseAsOf(const std::optional<std::string>& given,
                                        const Settings& settings,
                                        store::ObservationStore& observations,
                                        const base::Clock& clock) {
  if (given) return base::ParseDay(*given);
  if (settings.forecasts.as_of) return *settings.forecasts.as_of;
  GC_ASSIGN_OR_RETURN(const std::optional<base::LocalDay> newest, observations.NewestDay());
  if (!newest) {
    return base::FailedPrecondition("there are no observations: run geoclimate ingest first");
  }
  const base::LocalDay today = Yesterday(clock.Now());
  if (today - *newest < forecast::kRecent) return today;
  return base::FailedPrecondition(fmt::format(
      "there are no current data: the newest observation is of {}, {} days before {}. Ingest newer "
      "files, or forecast from the past with --as-of {}",
      base::FormatDay(*newest), (today - *newest).count(), base::FormatDay(today),
      base::FormatDay(*newest)));
}

base::Result<forecast::PublishedIssue> Issue(const IssueArguments& arguments,
                                             const GlobalOptions& options) {
  const base::SystemClock clock;
  GC_ASSIGN_OR_RETURN(const Settings settings, SettingsOf(options));
  GC_ASSIGN_OR_RETURN(const Stores stores, OpenStores(settings, options.data_dir, clock));
  GC_ASSIGN_OR_RETURN(const std::unique_ptr<Storage> storage, OpenStorage(settings, options));
  const registry::Registry registry(storage->blobs(), clock);
  forecast::TableStore tables(storage->blobs(), clock);
  forecast::IssueOptions issue;
  GC_ASSIGN_OR_RETURN(issue.as_of,
                      ChooseAsOf(arguments.as_of, settings, *stores.observations, clock));
  issue.issued_at = clock.Now();
  issue.threads = arguments.threads;
  GC_ASSIGN_OR_RETURN(const std::unique_ptr<service::WeatherFiles> weather,
                      OpenWeather(arguments.weather, std::cerr));
  if (weather != nullptr) issue.weather = weather->history().get();
  GC_ASSIGN_OR_RETURN(const forecast::IssueModels models, LoadIssueModels(registry));
  access::AuditLog audit(*stores.audit, clock);
  access::AuditEntry entry = EntryOf("forecast.issue", base::FormatDay(issue.as_of));
  if (const auto before = tables.Current(); before.ok()) entry.from = before->digest;
  base::Result<forecast::PublishedIssue> published = forecast::PublishedIssue();
  GC_RETURN_IF_ERROR(access::Audited(&audit, entry, [&]() -> base::Result<void> {
    published = forecast::PublishIssue({*stores.observations, *stores.issued_forecasts, tables},
                                       models, issue, blob::LeaseHolder("geoclimate issue"));
    if (!published.ok()) return published.error();
    entry.to = published->table.digest;
    return {};
  }));
  return published;
}

std::string RenderText(const forecast::PublishedIssue& published) {
  return fmt::format("{} forecasts for {} sites, issued at the end of {}\ntable {}\n",
                     published.forecasts, published.sites, base::FormatDay(published.table.as_of),
                     published.table.digest);
}

std::string RenderJson(const forecast::PublishedIssue& published) {
  std::string text;
  formats::JsonWriter(text)
      .BeginObject()
      .Key("as_of")
      .String(base::FormatDay(published.table.as_of))
      .Key("issued_at")
      .String(base::FormatTimestamp(published.table.issued_at))
      .Key("table")
      .String(published.table.digest)
      .Key("sites")
      .Integer(static_cast<std::int64_t>(published.sites))
      .Key("forecasts")
      .Integer(static_cast<std::int64_t>(published.forecasts))
      .EndObject();
  return text + '\n';
}

int RunIssue(const IssueArguments& arguments, const GlobalOptions& options) {
  const auto published = Issue(arguments, options);
  if (!published.ok()) {
    std::cerr << "geoclimate issue: " << published.error().ToString() << '\n';
    return published.error().code() == base::ErrorCode::kInvalidArgument ? kExitUsage
                                                                         : kExitFailure;
  }
  std::cout << (arguments.json ? RenderJson(*published) : RenderText(*published)) << std::flush;
  return kExitOk;
}

}  // namespace

void AddIssueVerb(CLI::App& app, const GlobalOptions& options, int& exit_code) {
  const auto arguments = std::make_shared<IssueArguments>();
  CLI::App* verb = app.add_subcommand("issue", "Compute the forecasts and make them current");
  verb->add_option("--as-of", arguments->as_of, "The last day whose values are used, 2020-12-31");
  verb->add_option("--threads", arguments->threads, "Threads")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  AddWeatherOptions(*verb, arguments->weather);
  verb->add_flag("--json", arguments->json, "One JSON object on stdout");
  verb->footer(kFooter);
  verb->callback([arguments, &options, &exit_code] { exit_code = RunIssue(*arguments, options); });
}

}  // namespace geoclimate::app
