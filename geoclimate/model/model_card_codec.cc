#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <optional>
#include <type_traits>
#include <utility>

#include "geoclimate/formats/json.h"
#include "geoclimate/model/model_card.h"

// docs/formats/model_card.md
namespace geoclimate::model {
namespace {

using formats::Json;
using formats::JsonWriter;

constexpr std::int32_t kFormat = 1;

// Each record's fields, once for both directions: `fields(name, member)` writes or reads one.
template <typename Card, typename Record>
concept Is = std::same_as<std::remove_const_t<Card>, Record>;

void Each(auto& fields, Is<CardFigure> auto& figure) {
  fields("value", figure.value);
  fields("low", figure.low);
  fields("high", figure.high);
}

void Each(auto& fields, Is<CardSource> auto& source) {
  fields("parameter", source.parameter);
  fields("source", source.source);
  fields("monitor", source.monitor);
  fields("measurements", source.measurements);
  fields("sites", source.sites);
  fields("first_day", source.first_day);
  fields("last_day", source.last_day);
}

void Each(auto& fields, Is<CardYear> auto& year) {
  fields("year", year.year);
  fields("rows", year.rows);
}

void Each(auto& fields, Is<CardTraining> auto& training) {
  fields("first_day", training.first_day);
  fields("last_day", training.last_day);
  fields("rows", training.rows);
  fields("sites", training.sites);
  fields("states", training.states);
  fields("sources", training.sources);
  fields("years", training.years);
}

void Each(auto& fields, Is<CardFeature> auto& feature) {
  fields("name", feature.name);
  fields("unit", feature.unit);
}

void Each(auto& fields, Is<CardBlock> auto& block) {
  fields("name", block.name);
  fields("rows", block.rows);
  fields("first_issue_day", block.first_issue_day);
  fields("last_valid_day", block.last_valid_day);
}

void Each(auto& fields, Is<CardMember> auto& member) {
  fields("kind", member.kind);
  fields("target", member.target);
  fields("trees", member.trees);
}

void Each(auto& fields, Is<CardSetting> auto& setting) {
  fields("name", setting.name);
  fields("value", setting.value);
}

void Each(auto& fields, Is<CardMethod> auto& method) {
  fields("name", method.name);
  fields("rmse", method.rmse);
  fields("mae", method.mae);
  fields("bias", method.bias);
}

void Each(auto& fields, Is<CardReliability> auto& reliability) {
  fields("probability", reliability.probability);
  fields("observed", reliability.observed);
  fields("rows", reliability.rows);
}

void Each(auto& fields, Is<CardScores> auto& scores) {
  fields("known", scores.known);
  fields("first_issue_day", scores.first_issue_day);
  fields("last_valid_day", scores.last_valid_day);
  fields("rows", scores.rows);
  fields("sites", scores.sites);
  fields("weeks", scores.weeks);
  fields("events", scores.events);
  fields("forecast", scores.forecast);
  fields("baselines", scores.baselines);
  fields("best_baseline", scores.best_baseline);
  fields("skill", scores.skill);
  fields("crps", scores.crps);
  fields("coverage", scores.coverage);
  fields("width", scores.width);
  fields("brier", scores.brier);
  fields("reliability", scores.reliability);
}

void Each(auto& fields, Is<CardSite> auto& site) {
  fields("site_id", site.site_id);
  fields("name", site.name);
  fields("rows", site.rows);
  fields("rmse", site.rmse);
  fields("best_baseline", site.best_baseline);
  fields("best_baseline_rmse", site.best_baseline_rmse);
  fields("skill", site.skill);
  fields("coverage", site.coverage);
}

void Each(auto& fields, Is<ModelCard> auto& card) {
  fields("model_name", card.model_name);
  fields("pollutant", card.pollutant);
  fields("unit", card.unit);
  fields("horizon_days", card.horizon_days);
  fields("summary", card.summary);
  fields("training", card.training);
  fields("features", card.features);
  fields("schema_fingerprint", card.schema_fingerprint);
  fields("damped_towards", card.damped_towards);
  fields("rho", card.rho);
  fields("members", card.members);
  fields("trust", card.trust);
  fields("blocks", card.blocks);
  fields("settings", card.settings);
  fields("scores", card.scores);
  fields("sites", card.sites);
  fields("limits", card.limits);
}

class Writer {
 public:
  explicit Writer(JsonWriter& json) : json_(json) {}

  template <typename T>
  void operator()(std::string_view name, const T& value) {
    json_.Key(name);
    Write(value);
  }

 private:
  void Write(const std::string& text) { json_.String(text); }
  void Write(double number) { json_.Double(number); }
  void Write(base::LocalDay day) { json_.String(base::FormatDay(day)); }
  template <std::integral T>
  void Write(T number) {
    json_.Integer(static_cast<std::int64_t>(number));
  }
  template <typename T>
  void Write(const std::vector<T>& values) {
    json_.BeginArray();
    for (const T& value : values) Write(value);
    json_.EndArray();
  }
  template <typename T>
    requires std::is_aggregate_v<T>
  void Write(const T& record) {
    json_.BeginObject();
    Each(*this, record);
    json_.EndObject();
  }

  JsonWriter& json_;
};

// Reads the members of one object; after the first failure nothing more.
class Reader {
 public:
  explicit Reader(const Json& object) : object_(object) {}

  template <typename T>
  void operator()(std::string_view name, T& value) {
    if (failure_) return;
    const base::Result<const Json*> member = object_.At(name);
    const base::Result<void> read = member.ok() ? Read(**member, value) : member.error();
    if (!read.ok()) {
      failure_ =
          member.ok() ? read.error().WithContext(fmt::format("field '{}'", name)) : member.error();
    }
  }

  base::Result<void> Finish() const {
    if (failure_) return *failure_;
    return {};
  }

 private:
  static base::Error Expected(std::string_view what, const Json& json) {
    return base::InvalidArgument(fmt::format("expected {}, got {}", what, json.KindName()));
  }

  static base::Result<void> Read(const Json& json, std::string& text) {
    if (json.AsString() == nullptr) return Expected("a string", json);
    text = *json.AsString();
    return {};
  }
  static base::Result<void> Read(const Json& json, double& number) {
    if (!json.is_number() && !json.is_null()) return Expected("a number or null", json);
    number = json.AsDouble();  // null: NaN
    return {};
  }
  static base::Result<void> Read(const Json& json, base::LocalDay& day) {
    if (json.AsString() == nullptr) return Expected("a day", json);
    GC_ASSIGN_OR_RETURN(day, base::ParseDay(*json.AsString()));
    return {};
  }
  template <std::integral T>
  static base::Result<void> Read(const Json& json, T& number) {
    if (json.AsInteger() == nullptr || !std::in_range<T>(*json.AsInteger())) {
      return Expected("a count", json);
    }
    number = static_cast<T>(*json.AsInteger());
    return {};
  }
  template <typename T>
  static base::Result<void> Read(const Json& json, std::vector<T>& values) {
    if (json.AsArray() == nullptr) return Expected("an array", json);
    for (const Json& element : *json.AsArray()) {
      GC_RETURN_IF_ERROR(Read(element, values.emplace_back()));
    }
    return {};
  }
  template <typename T>
    requires std::is_aggregate_v<T>
  static base::Result<void> Read(const Json& json, T& record) {
    if (json.AsObject() == nullptr) return Expected("an object", json);
    Reader fields(json);
    Each(fields, record);
    return fields.Finish();
  }

  const Json& object_;
  std::optional<base::Error> failure_;
};

}  // namespace

const CardScores* FindScores(const ModelCard& card, std::string_view known) {
  const auto found = std::ranges::find(card.scores, known, &CardScores::known);
  return found == card.scores.end() ? nullptr : &*found;
}

std::string EncodeCard(const ModelCard& card) {
  std::string out;
  JsonWriter json(out);
  json.BeginObject().Key("format").Integer(kFormat);
  Writer fields(json);
  Each(fields, card);
  json.EndObject();
  return out;
}

std::string EncodeDescription(const ModelDescription& description, const ModelCard* card) {
  std::string out = EncodeDescription(description);
  out.pop_back();  // the object goes on
  return out + R"(,"card":)" + (card == nullptr ? "null" : EncodeCard(*card)) + '}';
}

base::Result<ModelCard> ParseCard(std::string_view text) {
  GC_ASSIGN_OR_RETURN(const Json json, formats::ParseJson(text));
  GC_ASSIGN_OR_RETURN(const std::int64_t format, json.IntegerAt("format"));
  if (format != kFormat) {
    return base::Unimplemented(fmt::format("a model card of format {}, not {}", format, kFormat));
  }
  ModelCard card;
  Reader fields(json);
  Each(fields, card);
  GC_RETURN_IF_ERROR(fields.Finish());
  return card;
}

}  // namespace geoclimate::model
