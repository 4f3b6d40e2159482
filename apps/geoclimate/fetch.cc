#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cmath>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/geoclimate/audit_trail.h"
#include "apps/geoclimate/fetch_output.h"
#include "apps/geoclimate/source_fetches.h"
#include "apps/geoclimate/storage.h"
#include "apps/geoclimate/verbs.h"
#include "geoclimate/base/day.h"
#include "geoclimate/blob/kept_lease.h"
#include "geoclimate/fetch/fetch_turn.h"

namespace geoclimate::app {
namespace {

constexpr const char* kFooter =
    R"(Asks a public service for what is new since the last time, or for the days --from to --to, and keeps
it in the database. airnow: hourly values of the United States, Canada and Mexico. openaq: hourly
values of the world. aqs: final daily values of the United States, months later. Of hours that are
three quarters of a day the daily values are derived.

It is polite: no more requests than the service allows, and again only after it has said. It may
be ended at any moment and goes on where it was; running it again changes nothing. docs/fetch.md
says where keys come from and what the settings under "sources" mean.)";

struct FetchArguments {
  std::string source;
  std::optional<std::string> from;
  std::optional<std::string> to;
  std::optional<std::string> bbox;
  std::optional<std::string> reports;
  bool json = false;
};

base::Result<std::optional<fetch::Span>> SpanOf(const FetchArguments& arguments) {
  if (!arguments.from && !arguments.to) return std::optional<fetch::Span>();
  if (!arguments.from || !arguments.to) {
    return base::InvalidArgument("--from and --to belong together");
  }
  GC_ASSIGN_OR_RETURN(const base::LocalDay from, base::ParseDay(*arguments.from));
  GC_ASSIGN_OR_RETURN(const base::LocalDay to, base::ParseDay(*arguments.to));
  if (to < from) return base::InvalidArgument("--to is before --from");
  constexpr std::chrono::minutes kUtc{0};
  return std::optional(
      fetch::Span{base::DayStart(from, kUtc), base::DayStart(to + std::chrono::days(1), kUtc)});
}

// What a fetch runs with, opened once.
struct Rig {
  base::SystemClock clock;
  Settings settings;
  std::unique_ptr<store::ObservationStore> store;
  std::unique_ptr<store::AuditStore> audit;
  std::unique_ptr<Storage> storage;
  std::vector<ingest::SourceDescription> descriptions;

  FetchSurroundings Around() { return {settings, *store, storage->blobs(), clock, descriptions}; }
};

base::Result<void> OpenStores(Rig& rig, const GlobalOptions& options) {
  GC_ASSIGN_OR_RETURN(Stores stores, OpenStores(rig.settings, options.data_dir, rig.clock));
  rig.store = std::move(stores.observations);
  rig.audit = std::move(stores.audit);
  GC_ASSIGN_OR_RETURN(rig.storage, OpenStorage(rig.settings, options));
  GC_ASSIGN_OR_RETURN(rig.descriptions, ingest::BuiltInSources());
  return {};
}

base::Result<airquality::Coordinates> PlaceOf(std::string_view text) {
  const auto number = [](std::string_view part) -> std::optional<double> {
    double value = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
    if (error != std::errc() || end != part.data() + part.size()) return std::nullopt;
    return value;
  };
  const std::size_t comma = text.find(',');
  if (comma != std::string_view::npos) {
    const auto latitude = number(text.substr(0, comma));
    const auto longitude = number(text.substr(comma + 1));
    if (latitude && longitude && std::abs(*latitude) <= 90 && std::abs(*longitude) <= 180) {
      return airquality::Coordinates{*latitude, *longitude};
    }
  }
  return base::InvalidArgument(fmt::format("'{}' is not LATITUDE,LONGITUDE", text));
}

base::Result<std::string> Reports(const FetchArguments& arguments, const GlobalOptions& options) {
  if (arguments.source != "airnow") return base::InvalidArgument("--reports is AirNow's alone");
  GC_ASSIGN_OR_RETURN(const airquality::Coordinates place, PlaceOf(*arguments.reports));
  Rig rig;
  GC_ASSIGN_OR_RETURN(rig.settings, SettingsOf(options));
  GC_RETURN_IF_ERROR(OpenStores(rig, options));
  GC_ASSIGN_OR_RETURN(const auto airnow, OpenAirNowFetch(arguments.bbox, rig.Around()));
  GC_ASSIGN_OR_RETURN(const ingest::ReportedIndexes reports, airnow.fetch->Reports(place));
  return arguments.json ? RenderReportsJson(reports) : RenderReportsText(reports);
}

base::Result<fetch::FetchOutcome> Fetch(const FetchArguments& arguments,
                                        const GlobalOptions& options) {
  GC_ASSIGN_OR_RETURN(const std::optional<fetch::Span> span, SpanOf(arguments));
  Rig rig;
  GC_ASSIGN_OR_RETURN(rig.settings, SettingsOf(options));
  GC_RETURN_IF_ERROR(OpenStores(rig, options));
  GC_ASSIGN_OR_RETURN(const auto source,
                      OpenSourceFetch(arguments.source, arguments.bbox, rig.Around()));
  resilience::ThreadSleeper sleeper;
  GC_ASSIGN_OR_RETURN(const fetch::FetchTurn turn,
                      fetch::FetchTurn::Await(rig.storage->blobs(), rig.clock, arguments.source,
                                              blob::LeaseHolder("geoclimate fetch"), sleeper));
  access::AuditLog audit(*rig.audit, rig.clock);
  access::AuditEntry entry = EntryOf("observations.fetch", arguments.source);
  fetch::FetchOutcome outcome;
  const auto recorded = access::Audited(&audit, entry, [&]() -> base::Result<void> {
    outcome = source.fetch->Run(span);
    entry.to = StoredBy(outcome.report);
    // What came before a failure is kept.
    return outcome.failure ? base::Result<void>(*outcome.failure) : base::Result<void>();
  });
  if (!recorded.ok() && !outcome.failure) return recorded.error();
  // A span of the past says nothing of what is new.
  if (!span && !outcome.failure) GC_RETURN_IF_ERROR(turn.NoteFetched());
  return outcome;
}

int Failed(const base::Error& error) {
  std::cerr << "geoclimate fetch: " << error.ToString() << '\n';
  return error.code() == base::ErrorCode::kInvalidArgument ? kExitUsage : kExitFailure;
}

int RunFetch(const FetchArguments& arguments, const GlobalOptions& options) {
  if (arguments.reports) {
    const auto reports = Reports(arguments, options);
    if (!reports.ok()) return Failed(reports.error());
    std::cout << *reports << std::flush;
    return kExitOk;
  }
  const auto outcome = Fetch(arguments, options);
  if (!outcome.ok()) return Failed(outcome.error());
  std::cout << (arguments.json ? RenderFetchJson(arguments.source, outcome->report)
                               : RenderFetchText(arguments.source, outcome->report))
            << std::flush;
  if (!outcome->failure) return kExitOk;
  std::cerr << "geoclimate fetch: " << outcome->failure->ToString()
            << "\nWhat came before it is kept; the next run goes on from there.\n";
  return kExitFailure;
}

}  // namespace

void AddFetchVerb(CLI::App& app, const GlobalOptions& options, int& exit_code) {
  const auto arguments = std::make_shared<FetchArguments>();
  CLI::App* verb = app.add_subcommand("fetch", "Fetch measurements from a public service");
  verb->add_option("source", arguments->source, "airnow, openaq or aqs")
      ->required()
      ->check(CLI::IsMember({"airnow", "openaq", "aqs"}));
  verb->add_option("--from", arguments->from, "The first day, 2026-01-31 (UTC)");
  verb->add_option("--to", arguments->to, "The last day (UTC)");
  verb->add_option("--bbox", arguments->bbox, "west,south,east,north in degrees");
  verb->add_option("--reports", arguments->reports,
                   "LATITUDE,LONGITUDE: only show AirNow's own index there now");
  verb->add_flag("--json", arguments->json, "One JSON object on stdout");
  verb->footer(kFooter);
  verb->callback([arguments, &options, &exit_code] { exit_code = RunFetch(*arguments, options); });
}

}  // namespace geoclimate::app
