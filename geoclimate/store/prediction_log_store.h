#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/day.h"
#include "geoclimate/base/result.h"

namespace geoclimate::store {

// Which of the versions that share a name's requests answered. The numbers are kept: never
// renumber.
enum class LoggedArm : std::uint8_t { kProduction = 0, kCanary = 1 };
// The way by which a row came. The numbers are kept: never renumber.
enum class LoggedRoute : std::uint8_t { kPredict = 0, kBatch = 1, kV2 = 2, kGrpc = 3 };

// A row that a model was asked for, with its answer.
struct LoggedPrediction {
  base::Timestamp at;      // when it was answered
  std::string model_id;    // the version; never empty
  std::string request_id;  // of the request that it came with; may be empty
  std::string caller;      // a key's prefix or a token's subject; may be empty
  LoggedArm arm = LoggedArm::kProduction;
  LoggedRoute route = LoggedRoute::kPredict;
  float duration_us = 0;       // to score the request's rows, for each of its rows
  std::vector<float> row;      // the model's features in their order, NaN where missing
  std::vector<float> outputs;  // the model's outputs for the row
  // The ends of the interval, NaN where none was asked for.
  float p10 = std::numeric_limits<float>::quiet_NaN();
  float p90 = std::numeric_limits<float>::quiet_NaN();
};

// What is written together, and counts as one thing when it is written again.
struct PredictionBatch {
  std::string id;  // 32 hexadecimal digits, of no other batch
  std::vector<LoggedPrediction> predictions;
};

// The days are those of UTC.
struct PredictionLogBounds {
  // Days before `today` that are kept; what is older goes.
  int retention_days = 7;
  // When the log is larger, the oldest days go, down to the newest one.
  std::uint64_t max_bytes = std::uint64_t{1} << 30;
};

struct PredictionLogSize {
  std::uint64_t bytes = 0;
  std::vector<base::LocalDay> days;  // that have room or rows, rising
};

// The sampled predictions of an installation, in the observations' database, by day of UTC. Errors
// as ObservationStore's.
//
// Thread-safe.
class PredictionLogStore {
 public:
  virtual ~PredictionLogStore() = default;

  enum class Inserted { kYes, kBefore };
  // In one transaction, durable when it returns success. A batch whose id has been inserted before
  // changes nothing, whoever inserted it: a batch whose commit was not answered is given again.
  // Ids are remembered as long as a prediction of the batch may be kept. kInvalidArgument, with
  // nothing kept, for an id or a prediction that is not as described above.
  virtual base::Result<Inserted> Insert(const PredictionBatch& batch) = 0;

  // Holds the log to `bounds`, makes room ahead for the days to come, and says what there is then.
  // Of one day alone nothing is taken: `bytes` may stay above max_bytes. To be called some times a
  // day.
  virtual base::Result<PredictionLogSize> Maintain(const PredictionLogBounds& bounds,
                                                   base::LocalDay today) = 0;

  // Calls `visit` for at most `most` predictions of the model version on `day`, which are an
  // arbitrary part of them, each as likely as every other, and the same ones as long as no more
  // come.
  virtual base::Result<void> Sample(std::string_view model_id, base::LocalDay day, std::size_t most,
                                    const std::function<void(const LoggedPrediction&)>& visit) = 0;
};

}  // namespace geoclimate::store
