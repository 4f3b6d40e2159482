#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/geoclimate/audit_trail.h"
#include "apps/geoclimate/data_folder.h"
#include "apps/geoclimate/models_output.h"
#include "apps/geoclimate/storage.h"
#include "apps/geoclimate/verbs.h"
#include "geoclimate/inference/loaded_model.h"
#include "geoclimate/registry/registry.h"

namespace geoclimate::app {
namespace {

struct ModelsArguments {
  std::string name;
  std::string model_id;
  std::string alias;
  std::string stage;
  std::optional<std::string> expected;
  std::string actor = "command line";
  std::string reason;
  std::filesystem::path file;
  bool override_gate = false;
  bool json = false;
};

// What a subcommand prints on stdout, and what went wrong beside it.
struct Printed {
  std::string text;
  std::vector<base::Error> failures = {};
};
using Output = base::Result<Printed>;
using Action = std::function<Output(const ModelsArguments&, registry::Registry&)>;

registry::Request RequestFrom(const ModelsArguments& arguments) {
  return {.actor = arguments.actor, .reason = arguments.reason};
}

Output RenderChange(const ModelsArguments& arguments, const std::string& message,
                    const base::Result<registry::Change>& change) {
  if (!change.ok()) return change.error();
  if (arguments.json) return Printed{RenderChangeJson(message, *change)};
  return Printed{fmt::format("{} (generation {})\n", message, change->generation)};
}

Output List(const ModelsArguments& arguments, registry::Registry& registry) {
  std::optional<std::string_view> name;
  if (!arguments.name.empty()) name = arguments.name;
  std::optional<model::Stage> stage;
  if (!arguments.stage.empty()) {
    GC_ASSIGN_OR_RETURN(stage, model::ParseStage(arguments.stage));
  }
  GC_ASSIGN_OR_RETURN(const registry::Listing models, registry.List(name, stage));
  Printed printed{arguments.json ? RenderModelsJson(models.versions)
                                 : RenderModelsText(models.versions)};
  for (const registry::DamagedModel& one : models.damaged) {
    printed.failures.push_back(
        one.error.WithContext(one.model_id.empty() ? one.model_name : one.model_id));
  }
  return printed;
}

Output Show(const ModelsArguments& arguments, registry::Registry& registry) {
  GC_ASSIGN_OR_RETURN(const model::ModelDescription model, registry.Find(arguments.model_id));
  const base::Result<model::ModelCard> card = registry.LoadCard(model);
  const model::ModelCard* const known = card.ok() ? &*card : nullptr;
  Printed printed{arguments.json ? model::EncodeDescription(model, known) + '\n'
                                 : RenderModelText(model, known)};
  if (!card.ok() && card.error().code() != base::ErrorCode::kNotFound) {
    printed.failures.push_back(card.error());
  }
  return printed;
}

base::Result<std::string> ReadFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file) return base::Unavailable(fmt::format("{} cannot be read", path.string()));
  return bytes;
}

Output Import(const ModelsArguments& arguments, registry::Registry& registry) {
  GC_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(arguments.file));
  // Loaded as a server would: what it could not serve is not imported.
  const auto loaded = inference::LoadedModel::Parse({}, bytes);
  if (!loaded.ok()) return loaded.error().WithContext(arguments.file.string());
  const model::ModelDescription& file = (*loaded)->description();
  registry::NewModel model;
  model.model_name = arguments.name;
  model.model_type = file.model_type;
  model.task_type = file.task_type;
  model.features = file.features;
  model.schema_fingerprint = file.schema_fingerprint;
  model.source = arguments.file.filename().string();
  GC_ASSIGN_OR_RETURN(const model::ModelDescription published,
                      registry.Publish(model, bytes, RequestFrom(arguments)));
  if (arguments.json) return Printed{model::EncodeDescription(published) + '\n'};
  return Printed{fmt::format("imported {} ({}, {} features) in stage dev\n", published.model_id,
                             published.model_type, published.features.size())};
}

Output Promote(const ModelsArguments& arguments, registry::Registry& registry) {
  registry::Promotion promotion;
  GC_ASSIGN_OR_RETURN(promotion.stage, model::ParseStage(arguments.stage));
  promotion.expected = arguments.expected;
  if (arguments.override_gate) promotion.gate = registry::PromotionGate::kOverride;
  const auto change = registry.Promote(arguments.model_id, promotion, RequestFrom(arguments));
  if (!change.ok() && change.error().code() == base::ErrorCode::kFailedPrecondition) {
    return base::FailedPrecondition(change.error().message() +
                                    "; --override-gate promotes it all the same");
  }
  return RenderChange(arguments, fmt::format("{} is in {}", arguments.model_id, arguments.stage),
                      change);
}

Output Rollback(const ModelsArguments& arguments, registry::Registry& registry) {
  const auto change = registry.Rollback(arguments.name, RequestFrom(arguments));
  if (!change.ok()) return change.error();
  return RenderChange(arguments, change->model_id + " is in production again", change);
}

Output Alias(const ModelsArguments& arguments, registry::Registry& registry) {
  const auto change = registry.SetAlias(arguments.name, arguments.alias, arguments.model_id,
                                        arguments.expected, RequestFrom(arguments));
  return RenderChange(
      arguments, fmt::format("{} of {} is {}", arguments.alias, arguments.name, arguments.model_id),
      change);
}

Output History(const ModelsArguments& arguments, registry::Registry& registry) {
  GC_ASSIGN_OR_RETURN(const auto history, registry.History(arguments.name));
  return Printed{arguments.json ? RenderHistoryJson(history) : RenderHistoryText(history)};
}

Output WithRegistry(const ModelsArguments& arguments, const GlobalOptions& options,
                    const Action& action) {
  GC_ASSIGN_OR_RETURN(const Settings settings, SettingsOf(options));
  GC_ASSIGN_OR_RETURN(const std::unique_ptr<Storage> storage, OpenStorage(settings, options));
  const base::SystemClock clock;
  registry::Registry registry(storage->blobs(), clock);
  return action(arguments, registry);
}

// Whether a verb changes what is served, and so stands in the audit.
enum class Effect : std::uint8_t { kNone, kChange };

std::string SubjectOf(const ModelsArguments& arguments) {
  if (!arguments.alias.empty()) return arguments.name + "@" + arguments.alias;
  return arguments.name.empty() ? arguments.model_id : arguments.name;
}

Output WithRecords(std::string_view name, const ModelsArguments& arguments,
                   const GlobalOptions& options, const Action& action) {
  Output output = Printed{};
  GC_RETURN_IF_ERROR(WithAudit(
      options, EntryOf(fmt::format("model.{}", name), SubjectOf(arguments), arguments.reason),
      [&](access::AuditEntry& entry) -> base::Result<void> {
        entry.to = arguments.stage.empty() ? arguments.model_id : arguments.stage;
        output = WithRegistry(arguments, options, action);
        return output.ok() ? base::Result<void>() : output.error();
      }));
  return output;
}

int Run(std::string_view name, Effect effect, const ModelsArguments& arguments,
        const GlobalOptions& options, const Action& action) {
  const Output output = effect == Effect::kChange ? WithRecords(name, arguments, options, action)
                                                  : WithRegistry(arguments, options, action);
  const auto tell = [name](const base::Error& error) {
    std::cerr << "geoclimate models " << name << ": " << error.ToString() << '\n';
  };
  if (!output.ok()) {
    tell(output.error());
    return kExitFailure;
  }
  std::cout << output->text << std::flush;
  for (const base::Error& failure : output->failures) tell(failure);
  return output->failures.empty() ? kExitOk : kExitFailure;
}

}  // namespace

void AddModelsVerb(CLI::App& app, const GlobalOptions& options, int& exit_code) {
  const auto arguments = std::make_shared<ModelsArguments>();
  CLI::App* verb = app.add_subcommand("models", "Versions of models, and which of them is served");
  verb->require_subcommand(1);
  const auto add = [&](const std::string& name, const std::string& description, Action action,
                       Effect effect = Effect::kNone) {
    CLI::App* command = verb->add_subcommand(name, description);
    command->add_flag("--json", arguments->json, "JSON on stdout");
    command->callback([name, effect, action = std::move(action), arguments, &options, &exit_code] {
      exit_code = Run(name, effect, *arguments, options, action);
    });
    return command;
  };
  const auto add_change = [&](const std::string& name, const std::string& description,
                              Action action) {
    CLI::App* command = add(name, description, std::move(action), Effect::kChange);
    command->add_option("--actor", arguments->actor, "Who, for the history")->envname("USER");
    command->add_option("--reason", arguments->reason, "Why, for the history");
    return command;
  };
  const std::string expected_help = "Change nothing unless this version holds it now; '' for none";

  CLI::App* list = add("list", "The versions, newest first", List);
  list->add_option("--name", arguments->name, "Only of this model");
  list->add_option("--stage", arguments->stage, "Only in dev, staging, production or archived");
  CLI::App* show = add("show", "All that is known about a version, with its model card", Show);
  show->add_option("model_id", arguments->model_id)->required();
  CLI::App* import = add_change("import", "Add a model that was trained elsewhere", Import);
  import
      ->add_option("file", arguments->file,
                   "XGBoost .json or .ubj, LightGBM .txt, ONNX, or a forecaster")
      ->required()
      ->check(CLI::ExistingFile);
  import->add_option("--name", arguments->name, "Of the model: a-z, 0-9, '_', '.', '-'")
      ->required();
  CLI::App* promote = add_change("promote", "Put a version into a stage", Promote);
  promote->add_option("model_id", arguments->model_id)->required();
  promote->add_option("--stage", arguments->stage, "staging, production or archived")->required();
  promote->add_option("--expected", arguments->expected, expected_help);
  promote->add_flag(
      "--override-gate", arguments->override_gate,
      "To production without figures that beat the best baseline; the history says so");
  CLI::App* rollback =
      add_change("rollback", "Give production back to the version before", Rollback);
  rollback->add_option("name", arguments->name)->required();
  CLI::App* alias = add_change("alias", "Point an alias at a version", Alias);
  alias->add_option("name", arguments->name)->required();
  alias->add_option("alias", arguments->alias)->required();
  alias->add_option("model_id", arguments->model_id)->required();
  alias->add_option("--expected", arguments->expected, expected_help);
  CLI::App* history = add("history", "Who changed what, when and why", History);
  history->add_option("name", arguments->name)->required();
}

}  // namespace geoclimate::app
