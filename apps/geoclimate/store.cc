#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "apps/geoclimate/data_folder.h"
#include "apps/geoclimate/progress.h"
#include "apps/geoclimate/storage.h"
#include "apps/geoclimate/verbs.h"
#include "geoclimate/formats/json.h"
#include "geoclimate/store/postgres/postgres_store.h"
#include "geoclimate/store/store_copy.h"

namespace geoclimate::app {
namespace {

constexpr const char* kFooter =
    R"(Databases are named
  sqlite          the one in --data-dir
  sqlite:FILE     another file
  postgres        the one that the settings name (database.url_file)
  postgres:FILE   the one whose URL is the first line of FILE

Copies sites, observations with all their versions and when each was received, every issued
forecast, callers' keys with what they did, and the audit, and compares both databases afterwards
by counts and digests. The target must be empty; a copy that was stopped goes on with --resume.
Models and forecast tables lie elsewhere (storage.url).)";

struct CopyArguments {
  std::string from;
  std::string to;
  bool resume = false;
  bool json = false;
};

enum class Open { kExisting, kOrNew };

base::Result<Stores> OpenNamed(std::string_view name, Open how, const Settings& settings,
                               const GlobalOptions& options, const base::Clock& clock) {
  const std::size_t colon = name.find(':');
  const std::string_view kind = name.substr(0, colon);
  const std::string file(colon == std::string_view::npos ? "" : name.substr(colon + 1));
  Settings chosen = settings;
  if (kind == "sqlite") {
    const std::filesystem::path path =
        file.empty() ? DatabasePath(options.data_dir) : std::filesystem::path(file);
    if (how == Open::kExisting && !std::filesystem::exists(path)) {
      return base::NotFound(fmt::format("{} does not exist", path.string()));
    }
    return store::OpenSqliteStores(path, store::SqliteOptions(), clock);
  }
  if (kind != "postgres") {
    return base::InvalidArgument(fmt::format("'{}' is no database: see --help", kind));
  }
  if (!file.empty()) {
    chosen.database_url.clear();
    chosen.database_url_file = file;
  }
  if (!chosen.UsesPostgres()) {
    return base::FailedPrecondition("the settings name no database: set database.url_file");
  }
  return OpenStores(chosen, options.data_dir, clock);
}

store::StoreSides SidesOf(const Stores& stores) {
  return {*stores.observations, *stores.issued_forecasts, *stores.api_keys, *stores.audit};
}

base::Result<bool> IsEmpty(const Stores& stores) {
  GC_ASSIGN_OR_RETURN(const std::uint64_t generation, stores.observations->Generation());
  GC_ASSIGN_OR_RETURN(const std::int64_t keys, stores.api_keys->Revision());
  GC_ASSIGN_OR_RETURN(const std::vector<store::AuditRecord> audit,
                      stores.audit->List({.before = std::nullopt, .limit = 1}));
  return generation == 0 && keys == 0 && audit.empty();
}

struct CopyOutcome {
  store::StoreContent from;
  store::StoreContent to;
};

base::Result<CopyOutcome> Copy(const CopyArguments& arguments, const GlobalOptions& options) {
  GC_ASSIGN_OR_RETURN(const Settings settings, SettingsOf(options));
  store::ReplayClock clock;
  GC_ASSIGN_OR_RETURN(const Stores from,
                      OpenNamed(arguments.from, Open::kExisting, settings, options, clock));
  GC_ASSIGN_OR_RETURN(const Stores to,
                      OpenNamed(arguments.to, Open::kOrNew, settings, options, clock));
  GC_ASSIGN_OR_RETURN(const bool empty, IsEmpty(to));
  if (!empty && !arguments.resume) {
    return base::FailedPrecondition(fmt::format(
        "{} is not empty: name an empty database, or go on with a copy that was stopped with "
        "--resume",
        arguments.to));
  }
  const store::StoreSides source = SidesOf(from);
  const store::StoreSides target = SidesOf(to);
  store::CopyProgress progress;
  {
    const Progress shown("copy", StyleFor(stderr), [&progress] {
      ProgressSample sample;
      const std::uint64_t all = progress.versions;
      if (all > 0) {
        sample.fraction =
            static_cast<double>(progress.versions_copied.load()) / static_cast<double>(all);
      }
      sample.text = fmt::format("{} of {} versions", progress.versions_copied.load(), all);
      return sample;
    });
    GC_RETURN_IF_ERROR(store::CopyStore(source, target, clock, progress));
  }
  CopyOutcome outcome;
  GC_ASSIGN_OR_RETURN(outcome.from, store::ReadContent(source));
  GC_ASSIGN_OR_RETURN(outcome.to, store::ReadContent(target));
  return outcome;
}

struct NamedPart {
  std::string_view name;
  store::ContentPart store::StoreContent::* part;
};
constexpr NamedPart kParts[] = {{"sites", &store::StoreContent::sites},
                                {"site_versions", &store::StoreContent::site_versions},
                                {"coverage", &store::StoreContent::coverage},
                                {"versions", &store::StoreContent::versions},
                                {"forecasts", &store::StoreContent::forecasts},
                                {"api_keys", &store::StoreContent::api_keys},
                                {"api_key_days", &store::StoreContent::api_key_days},
                                {"audit", &store::StoreContent::audit}};

std::string RenderText(const CopyOutcome& outcome) {
  std::string text;
  for (const NamedPart& named : kParts) {
    const store::ContentPart& from = outcome.from.*named.part;
    const store::ContentPart& to = outcome.to.*named.part;
    text += fmt::format("{:<14}{:>12}  {}  {}\n", named.name, to.count, to.sha256.substr(0, 16),
                        from == to ? "equal" : fmt::format("DIFFERS, {} expected", from.count));
  }
  return text;
}

std::string RenderJson(const CopyOutcome& outcome) {
  std::string text;
  formats::JsonWriter json(text);
  json.BeginObject().Key("equal").Bool(outcome.from == outcome.to);
  for (const NamedPart& named : kParts) {
    const store::ContentPart& from = outcome.from.*named.part;
    const store::ContentPart& to = outcome.to.*named.part;
    json.Key(named.name).BeginObject();
    json.Key("from").Integer(static_cast<std::int64_t>(from.count));
    json.Key("to").Integer(static_cast<std::int64_t>(to.count));
    json.Key("sha256").String(to.sha256).Key("equal").Bool(from == to).EndObject();
  }
  json.EndObject();
  return text + '\n';
}

int RunCopy(const CopyArguments& arguments, const GlobalOptions& options) {
  const auto outcome = Copy(arguments, options);
  if (!outcome.ok()) {
    std::cerr << "geoclimate store copy: " << outcome.error().ToString() << '\n';
    return kExitFailure;
  }
  std::cout << (arguments.json ? RenderJson(*outcome) : RenderText(*outcome)) << std::flush;
  if (outcome->from == outcome->to) return kExitOk;
  std::cerr << "geoclimate store copy: the databases differ: one of them was written meanwhile, or "
               "the target had other data; copy again with --resume, or into an empty database\n";
  return kExitFailure;
}

}  // namespace

void AddStoreVerb(CLI::App& app, const GlobalOptions& options, int& exit_code) {
  CLI::App* verb = app.add_subcommand("store", "Move a database");
  verb->require_subcommand(1);
  const auto arguments = std::make_shared<CopyArguments>();
  CLI::App* copy = verb->add_subcommand("copy", "Copy one database into another, and compare them");
  copy->add_option("--from", arguments->from, "The database that is read")->required();
  copy->add_option("--to", arguments->to, "The database that is written")->required();
  copy->add_flag("--resume", arguments->resume, "Go on with a copy that was stopped");
  copy->add_flag("--json", arguments->json, "One JSON object on stdout at the end");
  copy->footer(kFooter);
  copy->callback([arguments, &options, &exit_code] { exit_code = RunCopy(*arguments, options); });
}

}  // namespace geoclimate::app
