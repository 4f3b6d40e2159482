#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "apps/geoclimate/audit_trail.h"
#include "apps/geoclimate/keys_output.h"
#include "apps/geoclimate/storage.h"
#include "apps/geoclimate/verbs.h"
#include "geoclimate/access/api_key.h"
#include "geoclimate/access/audit_log.h"
#include "geoclimate/access/key_lifetime.h"
#include "geoclimate/access/scope.h"

namespace geoclimate::app {
namespace {

constexpr const char* kFooter =
    R"(A key is shown once, when it is made, and kept as a hash: note it then. It is sent as X-API-Key or as
Authorization: Bearer. Running servers of the same database know a change within seconds.

  geoclimate keys create --name "city of Fresno" --scopes read,predict --expires 90d
  geoclimate keys rotate gsc_AbCdEfGh --overlap 7d)";

struct KeysArguments {
  std::string prefix;
  std::string name;
  std::string scopes = "read,predict";
  std::string expires;
  std::string overlap = "24h";
  std::uint64_t requests_per_minute = 0;
  std::uint64_t daily_rows = 0;
  bool json = false;
};

// A verb at work: the keys of a database, its audit, and now.
struct Desk {
  store::ApiKeyStore& keys;
  access::AuditLog& audit;
  base::Timestamp now;
};

using Output = base::Result<std::string>;
using Action = Output (*)(const KeysArguments&, const Desk&);

store::ApiKeyRecord RecordOf(const access::ApiKey& key, base::Timestamp now) {
  store::ApiKeyRecord record;
  record.prefix = key.prefix;
  record.digest = key.digest;
  record.created_at = now;
  return record;
}

Output Create(const KeysArguments& arguments, const Desk& desk) {
  GC_ASSIGN_OR_RETURN(const access::ScopeSet scopes, access::ScopeSet::Parse(arguments.scopes));
  GC_ASSIGN_OR_RETURN(const access::ApiKey key, access::MakeApiKey());
  store::ApiKeyRecord record = RecordOf(key, desk.now);
  record.name = arguments.name;
  record.scopes = scopes.ToString();
  record.requests_per_minute = arguments.requests_per_minute;
  record.daily_rows = arguments.daily_rows;
  if (!arguments.expires.empty()) {
    GC_ASSIGN_OR_RETURN(record.expires_at, access::ParseEnd(arguments.expires, desk.now));
  }
  access::AuditEntry entry = EntryOf("key.create", record.prefix);
  GC_RETURN_IF_ERROR(access::Audited(&desk.audit, entry, [&] {
    entry.to = fmt::format("{} for '{}'", record.scopes, record.name);
    return desk.keys.Add(record);
  }));
  return arguments.json ? RenderNewKeyJson(record, key.secret)
                        : RenderNewKeyText(record, key.secret);
}

Output List(const KeysArguments& arguments, const Desk& desk) {
  GC_ASSIGN_OR_RETURN(const auto keys, desk.keys.List());
  return arguments.json ? RenderKeysJson(keys, desk.now) : RenderKeysText(keys, desk.now);
}

// Who was asked to revoke may have been given the whole secret.
std::string_view PrefixIn(const KeysArguments& arguments) {
  return access::ApiKeyPrefix(arguments.prefix);
}

Output Revoke(const KeysArguments& arguments, const Desk& desk) {
  access::AuditEntry entry = EntryOf("key.revoke", std::string(PrefixIn(arguments)));
  GC_RETURN_IF_ERROR(access::Audited(
      &desk.audit, entry, [&] { return desk.keys.Revoke(PrefixIn(arguments), desk.now); }));
  return RenderRevoked(PrefixIn(arguments), arguments.json ? Rendering::kJson : Rendering::kText);
}

Output Rotate(const KeysArguments& arguments, const Desk& desk) {
  const std::string_view prefix = PrefixIn(arguments);
  GC_ASSIGN_OR_RETURN(const base::Timestamp ends_at, access::ParseEnd(arguments.overlap, desk.now));
  GC_ASSIGN_OR_RETURN(const auto keys, desk.keys.List());
  for (const store::ApiKeyRecord& old : keys) {
    if (old.prefix != prefix) continue;
    GC_ASSIGN_OR_RETURN(const access::ApiKey key, access::MakeApiKey());
    store::ApiKeyRecord successor = RecordOf(key, desk.now);
    successor.name = old.name;
    successor.scopes = old.scopes;
    successor.requests_per_minute = old.requests_per_minute;
    successor.daily_rows = old.daily_rows;
    // As long as the old one was meant to live.
    if (old.expires_at) successor.expires_at = desk.now + (*old.expires_at - old.created_at);
    access::AuditEntry entry = EntryOf("key.rotate", old.prefix);
    GC_RETURN_IF_ERROR(access::Audited(&desk.audit, entry, [&] {
      entry.to = successor.prefix;
      return desk.keys.Rotate(prefix, successor, ends_at);
    }));
    return arguments.json ? RenderNewKeyJson(successor, key.secret)
                          : RenderNewKeyText(successor, key.secret);
  }
  return base::NotFound("there is no key '" + std::string(prefix) + "'");
}

Output WithKeys(const KeysArguments& arguments, const GlobalOptions& options, Action action) {
  const base::SystemClock clock;
  GC_ASSIGN_OR_RETURN(const Settings settings, SettingsOf(options));
  GC_ASSIGN_OR_RETURN(const Stores stores, OpenStores(settings, options.data_dir, clock));
  access::AuditLog audit(*stores.audit, clock);
  return action(arguments, {*stores.api_keys, audit, clock.Now()});
}

int Run(std::string_view name, const KeysArguments& arguments, const GlobalOptions& options,
        Action action) {
  const Output output = WithKeys(arguments, options, action);
  if (output.ok()) {
    std::cout << *output << std::flush;
    return kExitOk;
  }
  std::cerr << "geoclimate keys " << name << ": " << output.error().ToString() << '\n';
  return output.error().code() == base::ErrorCode::kInvalidArgument ? kExitUsage : kExitFailure;
}

}  // namespace

void AddKeysVerb(CLI::App& app, const GlobalOptions& options, int& exit_code) {
  const auto arguments = std::make_shared<KeysArguments>();
  CLI::App* verb = app.add_subcommand("keys", "API keys: who may call the server, and what for");
  verb->require_subcommand(1);
  verb->footer(kFooter);
  const auto add = [&](const std::string& name, const std::string& description, Action action) {
    CLI::App* command = verb->add_subcommand(name, description);
    command->add_flag("--json", arguments->json, "JSON on stdout");
    command->callback([name, action, arguments, &options, &exit_code] {
      exit_code = Run(name, *arguments, options, action);
    });
    return command;
  };
  CLI::App* create = add("create", "Make a key, and show it this once", Create);
  create->add_option("--name", arguments->name, "Whose it is")->required();
  create->add_option("--scopes", arguments->scopes, "Of read, predict and admin (has all)")
      ->capture_default_str();
  create->add_option("--expires", arguments->expires,
                     "90d, 12h, or a time like 2027-01-01T00:00:00Z; never by default");
  create->add_option("--requests-per-minute", arguments->requests_per_minute,
                     "0: what the server's settings say");
  create->add_option("--daily-rows", arguments->daily_rows, "Rows of a UTC day; 0: no quota");
  add("list", "All keys, without their secrets", List);
  CLI::App* revoke = add("revoke", "Let a key open nothing any more", Revoke);
  revoke->add_option("prefix", arguments->prefix, "Its first 12 characters")->required();
  CLI::App* rotate = add("rotate", "Make a key that replaces another", Rotate);
  rotate->add_option("prefix", arguments->prefix, "The old one's first 12 characters")->required();
  rotate->add_option("--overlap", arguments->overlap, "How long the old one still opens")
      ->capture_default_str();
}

}  // namespace geoclimate::app
