#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "apps/geoclimate/storage.h"
#include "apps/geoclimate/verbs.h"
#include "geoclimate/base/day.h"
#include "geoclimate/formats/json.h"

namespace geoclimate::app {
namespace {

struct AuditArguments {
  std::size_t limit = 100;
  bool json = false;
};

std::string RenderText(const store::AuditRecord& record) {
  std::string text = fmt::format("{}  {:18}  {:20}  {} by {}", base::FormatTimestamp(record.at),
                                 record.outcome, record.action, record.subject, record.actor);
  if (record.address != "local") text += " from " + record.address;
  if (!record.to.empty()) {
    text += fmt::format(": {}{}", record.from.empty() ? "" : record.from + " -> ", record.to);
  }
  if (!record.reason.empty()) text += fmt::format(" ({})", record.reason);
  return text + '\n';
}

std::string RenderJson(const store::AuditRecord& record) {
  std::string text;
  formats::JsonWriter json(text);
  json.BeginObject().Key("id").Integer(record.id);
  json.Key("at").String(base::FormatTimestamp(record.at));
  json.Key("actor").String(record.actor).Key("address").String(record.address);
  json.Key("action").String(record.action).Key("subject").String(record.subject);
  json.Key("from").String(record.from).Key("to").String(record.to);
  json.Key("reason").String(record.reason).Key("request_id").String(record.request_id);
  json.Key("outcome").String(record.outcome).EndObject();
  return text + '\n';
}

int ShowAudit(const AuditArguments& arguments, const GlobalOptions& options) {
  const base::SystemClock clock;
  const auto records = [&]() -> base::Result<std::vector<store::AuditRecord>> {
    GC_ASSIGN_OR_RETURN(const Settings settings, SettingsOf(options));
    GC_ASSIGN_OR_RETURN(const Stores stores, OpenStores(settings, options.data_dir, clock));
    return stores.audit->List({.before = {}, .limit = arguments.limit});
  }();
  if (!records.ok()) {
    std::cerr << "geoclimate audit: " << records.error().ToString() << '\n';
    return kExitFailure;
  }
  for (const store::AuditRecord& record : *records) {
    std::cout << (arguments.json ? RenderJson(record) : RenderText(record));
  }
  std::cout << std::flush;
  return kExitOk;
}

}  // namespace

void AddAuditVerb(CLI::App& app, const GlobalOptions& options, int& exit_code) {
  const auto arguments = std::make_shared<AuditArguments>();
  CLI::App* verb = app.add_subcommand("audit", "Who changed what is served, or who may call");
  verb->add_option("--limit", arguments->limit, "The newest so many")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  verb->add_flag("--json", arguments->json, "One JSON object a line on stdout");
  verb->callback([arguments, &options, &exit_code] { exit_code = ShowAudit(*arguments, options); });
}

}  // namespace geoclimate::app
