#include "geoclimate/server/http/routes/prediction_json.h"

#include <array>
#include <charconv>

#include "geoclimate/formats/json.h"
#include "geoclimate/server/http/routes/json_fields.h"

namespace geoclimate::server::http::routes {
namespace {

template <typename Number>
void AppendNumber(std::string& out, Number value) {
  std::array<char, 32> text;
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value);
  static_cast<void>(error);
  out.append(text.data(), static_cast<std::size_t>(end - text.data()));
}

void AppendIntervals(std::string& out, std::span<const service::Interval> intervals) {
  out += ",\"intervals\":[";
  for (std::size_t i = 0; i < intervals.size(); ++i) {
    out += i == 0 ? "[" : ",[";
    AppendNumber(out, intervals[i].p10);
    out += ',';
    AppendNumber(out, intervals[i].p90);
    out += ']';
  }
  out += ']';
}

void AppendModel(std::string& out, const service::ServedModel* model) {
  if (model == nullptr) {
    out += "\"model_id\":null,\"model_version\":null";
    return;
  }
  out += "\"model_id\":";
  formats::AppendJsonString(out, model->description.model_id);
  out += ",\"model_version\":\"v";
  AppendNumber(out, model->description.version);
  out += '"';
}

}  // namespace

void BeginPredictions(std::string& out) {
  out += "{\"predictions\":[";
}

void AppendPredictions(std::string& out, std::span<const float> predictions, Position position) {
  bool comma = position == Position::kLater;
  for (const float prediction : predictions) {
    if (comma) out += ',';
    comma = true;
    AppendNumber(out, prediction);
  }
}

void EndPredictions(std::string& out, std::span<const float> predictions,
                    const PredictionAnswer& answer) {
  out += "],\"prediction\":";
  if (predictions.empty()) {
    out += "null";
  } else {
    AppendNumber(out, predictions.front());
  }
  out += ',';
  AppendModel(out, answer.model);
  out += ",\"inference_time_ms\":";
  AppendNumber(out, std::chrono::duration<double, std::milli>(answer.inference).count());
  out += answer.cached ? ",\"cached\":true" : ",\"cached\":false";
  const bool is_degraded = answer.model != nullptr && !answer.model->stands_in.empty();
  out += is_degraded ? ",\"degraded\":true" : ",\"degraded\":false";
  out += ",\"warnings\":[";
  for (std::size_t i = 0; i < answer.warnings.size(); ++i) {
    if (i != 0) out += ',';
    formats::AppendJsonString(out, answer.warnings[i]);
  }
  out += "],\"timestamp\":";
  AppendTimestamp(out, answer.timestamp);
  out += ",\"input_shape\":[";
  AppendNumber(out, answer.rows);
  out += ',';
  AppendNumber(out, answer.columns);
  out += ']';
  if (!answer.intervals.empty()) AppendIntervals(out, answer.intervals);
  out += '}';
}

}  // namespace geoclimate::server::http::routes
