#include "geoclimate/server/http/routes/predict_body.h"

#include <fmt/format.h>

namespace geoclimate::server::http::routes {
namespace {

using formats::JsonCursor;

FieldError At(std::string_view member, std::string message, std::string_view type) {
  FieldError error{{std::string("body")}, std::move(message), std::string(type)};
  if (!member.empty()) error.loc.emplace_back(std::string(member));
  return error;
}

template <typename T>
std::span<T> AllocateSpan(Arena& arena, std::size_t size) {
  if (size == 0) return {};
  return {static_cast<T*>(arena.Allocate(size * sizeof(T), alignof(T))), size};
}

class PredictBodyReader {
 public:
  PredictBodyReader(std::string_view body, const service::ServedModels& models,
                    UnknownFeatures unknown, Arena& arena, std::string_view split_key)
      : body_(body), json_(body), models_(models), unknown_(unknown), arena_(arena) {
    result_.wish.choice.split_key = split_key;
  }

  PredictBody Read() && {
    ReadMembers();
    if (const auto done = json_.Finish(); !done.ok()) {
      result_.findings.errors.clear();
      result_.findings.AddError(At({}, done.error().message(), "json_invalid"));
    } else if (!has_data_) {
      result_.findings.AddError(At("data", "field 'data' is missing", "missing"));
    } else {
      Settle();
    }
    return std::move(result_);
  }

 private:
  void ReadMembers() {
    if (body_.find_first_not_of(" \t\r\n") == std::string_view::npos) {
      json_.Fail("the body is empty");
      return;
    }
    json_.EnterObject();
    for (std::string_view key; json_.NextKey(key);) {
      if (key == "data") {
        ReadData();
      } else if (!ReadWish(json_, key, arena_, result_.wish, result_.findings)) {
        result_.findings.AddWarning(fmt::format("unknown field '{}' was ignored", key));
        json_.SkipValue();
      }
    }
  }

  // The model may be named after the data. It is guessed from what was read so far; Settle() reads
  // the data again where the guess was wrong.
  void ReadData() {
    if (has_data_) {
      result_.findings.AddError(At("data", "field 'data' is given twice", "duplicate"));
    }
    has_data_ = true;
    json_.Peek();
    const std::size_t from = json_.position();
    const auto guess = models_.ChooseForRows(result_.wish.choice);
    if (guess.ok()) {
      ReadRow(json_, **guess, data_findings_);
    } else {
      json_.SkipValue();
    }
    data_ = body_.substr(from, json_.position() - from);
  }

  void ReadRow(JsonCursor& json, const service::ServedModel& model, BodyFindings& findings) {
    result_.model = &model;
    const std::span<float> row = AllocateSpan<float>(arena_, model.schema().size());
    FeatureRows rows(model, unknown_, AllocateSpan<std::uint32_t>(arena_, row.size()), findings);
    if (rows.ReadObject(json, std::nullopt, row)) rows.WarnOfMissing(std::nullopt, row);
    result_.row = row;
  }

  void Settle() {
    const auto chosen = models_.ChooseForRows(result_.wish.choice);
    if (!chosen.ok()) {
      result_.error = chosen.error();
      return;
    }
    if (*chosen != result_.model) {
      data_findings_ = {};
      JsonCursor again(data_);
      ReadRow(again, **chosen, data_findings_);
    }
    for (FieldError& error : data_findings_.errors) result_.findings.AddError(std::move(error));
    for (std::string& warning : data_findings_.warnings) {
      result_.findings.AddWarning(std::move(warning));
    }
  }

  std::string_view body_;
  JsonCursor json_;
  const service::ServedModels& models_;
  UnknownFeatures unknown_;
  Arena& arena_;
  PredictBody result_;
  bool has_data_ = false;
  std::string_view data_;
  BodyFindings data_findings_;
};

bool ReadText(JsonCursor& json, std::string_view key, Arena& arena, std::string_view& text,
              BodyFindings& findings) {
  if (json.Peek() == JsonCursor::Kind::kNull) return json.ReadNull();
  if (json.Peek() != JsonCursor::Kind::kString) {
    findings.AddError(At(key, fmt::format("field '{}': expected a string", key), "string_type"));
    return json.SkipValue();
  }
  std::string_view value;
  if (!json.ReadString(value)) return false;
  if (!text.empty()) {
    findings.AddError(At(key, fmt::format("field '{}' is given twice", key), "duplicate"));
  }
  text = arena.Copy(value);
  return true;
}

void ReadInterval(JsonCursor& json, PredictionWish& wish, BodyFindings& findings) {
  const JsonCursor::Kind kind = json.Peek();
  if (kind != JsonCursor::Kind::kTrue && kind != JsonCursor::Kind::kFalse) {
    findings.AddError(
        At("return_interval", "field 'return_interval': expected true or false", "bool_type"));
    json.SkipValue();
    return;
  }
  bool wanted = false;
  json.ReadBool(wanted);
  wish.interval = wanted ? PredictionWish::Interval::kP10ToP90 : PredictionWish::Interval::kNone;
}

}  // namespace

bool ReadWish(JsonCursor& json, std::string_view key, Arena& arena, PredictionWish& wish,
              BodyFindings& findings) {
  if (key == "model_id") {
    ReadText(json, "model_id", arena, wish.choice.model_id, findings);
    return true;
  }
  if (key == "model_name") {
    ReadText(json, "model_name", arena, wish.choice.model_name, findings);
    return true;
  }
  if (key == "return_interval") {
    ReadInterval(json, wish, findings);
    return true;
  }
  return false;
}

PredictBody ReadPredictBody(std::string_view body, const service::ServedModels& models,
                            UnknownFeatures unknown, Arena& arena, std::string_view split_key) {
  return PredictBodyReader(body, models, unknown, arena, split_key).Read();
}

std::string_view SplitKey(const Request& request, const service::ServedModels& models) {
  if (!models.has_canary()) return {};
  const std::string_view key = request.header("x-routing-key").value_or("");
  return key.empty() ? request.body() : key;
}

ParameterDoc RoutingKeyParameter() {
  return {.name = "X-Routing-Key",
          .in = ParameterDoc::In::kHeader,
          .schema = R"({"type":"string"})",
          .description =
              "While a model has a canary: who sends the same key is answered by the same "
              "version. Default: the body decides"};
}

}  // namespace geoclimate::server::http::routes
