#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "geoclimate/base/error.h"
#include "geoclimate/server/http/arena.h"
#include "geoclimate/server/http/request.h"
#include "geoclimate/server/http/route.h"
#include "geoclimate/server/http/routes/feature_rows.h"
#include "geoclimate/service/served_models.h"

namespace geoclimate::server::http::routes {

// The members of a prediction's body that say which model answers, and how.
struct PredictionWish {
  service::ModelChoice choice;
  enum class Interval : std::uint8_t { kNone, kP10ToP90 } interval = Interval::kNone;
};

// Reads the value of `key` into `wish` when it is one of model_id, model_name (null: not given) and
// return_interval; texts are copied into `arena`. False when it is another member, whose value is
// still to be taken. Wrong types are found.
bool ReadWish(formats::JsonCursor& json, std::string_view key, Arena& arena, PredictionWish& wish,
              BodyFindings& findings);

// A PredictionRequest of the wire contract, read in one pass into the model's input.
struct PredictBody {
  const service::ServedModel* model = nullptr;
  std::span<const float> row;  // one float a feature, NaN where missing; in the arena
  PredictionWish wish;
  BodyFindings findings;             // with errors nothing above counts
  std::optional<base::Error> error;  // of the choice of a model
};

// Does not allocate for a body without findings. `models` must outlive the result. `split_key`: see
// ModelChoice.
PredictBody ReadPredictBody(std::string_view body, const service::ServedModels& models,
                            UnknownFeatures unknown, Arena& arena, std::string_view split_key = {});

// What says whether a canary answers a request: its X-Routing-Key, else its whole body, so that the
// same question has the same answer. Empty when there is no canary.
std::string_view SplitKey(const Request& request, const service::ServedModels& models);
ParameterDoc RoutingKeyParameter();

}  // namespace geoclimate::server::http::routes
