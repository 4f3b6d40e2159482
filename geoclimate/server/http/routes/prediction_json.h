#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <string>

#include "geoclimate/base/clock.h"
#include "geoclimate/service/prediction.h"
#include "geoclimate/service/served_models.h"

namespace geoclimate::server::http::routes {

// What a PredictionResponse says beside its predictions.
struct PredictionAnswer {
  const service::ServedModel* model = nullptr;  // null: an empty batch that no model answered
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::span<const service::Interval> intervals;  // one a row, or none
  bool cached = false;                           // none of the rows was computed for this answer
  std::span<const std::string> warnings;
  std::chrono::nanoseconds inference{0};
  base::Timestamp timestamp;
};

// The three pieces of a PredictionResponse, so that a long one can be written in slices:
// BeginPredictions, AppendPredictions any number of times, EndPredictions with the first value.
void BeginPredictions(std::string& out);
enum class Position { kFirst, kLater };
void AppendPredictions(std::string& out, std::span<const float> predictions, Position position);
void EndPredictions(std::string& out, std::span<const float> predictions,
                    const PredictionAnswer& answer);

}  // namespace geoclimate::server::http::routes
