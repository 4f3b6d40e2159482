#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/day.h"
#include "geoclimate/base/mutex.h"
#include "geoclimate/base/result.h"
#include "geoclimate/service/models.h"
#include "geoclimate/service/watcher.h"
#include "geoclimate/store/prediction_log_store.h"
#include "geoclimate/telemetry/metrics.h"

namespace geoclimate::service {

struct DriftOptions {
  // Days of UTC whose sampled rows count, today's among them. Longer is steadier and slower to show
  // a change; no longer than predictions are kept.
  int window_days = 7;
  // Rows of a day that are read of each version, an arbitrary part of them.
  std::size_t rows_a_day = 2'000;
  // With fewer rows in all nothing is said: with ten bins, 200 rows that have not changed make an
  // index of about 0.05.
  std::size_t least_rows = 200;
  // How often. Each look reads the rows of the window again, at the lowest priority.
  std::chrono::milliseconds every = std::chrono::minutes(15);

  base::Result<void> Validate() const;
};

// How far the rows that a version is asked for have gone from those that it was fitted on.
struct ModelDrift {
  enum class State : std::uint8_t {
    kMeasured,
    kNoTrainingSample,  // it was trained or imported without one: it cannot be said
    kTooFewRows,        // were logged in the window
  };
  struct Feature {
    std::string name;
    // Population stability index (model/training_sample.h); nothing for a feature that is not
    // compared, as the calendar is not.
    std::optional<double> psi;
  };
  std::string model_id;
  std::string model_name;
  State state = State::kTooFewRows;
  std::size_t rows = 0;           // that were read
  std::vector<Feature> features;  // in the model's order, when measured
  std::optional<double> prediction;
};
// "measured", "no_training_sample", "too_few_rows".
std::string_view DriftStateName(ModelDrift::State state);

struct DriftReport {
  base::LocalDay from;  // days of UTC
  base::LocalDay to;
  base::Timestamp computed_at;
  std::vector<ModelDrift> models;  // every version that is served and takes rows

  // Null when there is none of that id.
  const ModelDrift* Find(std::string_view model_id) const;
};

// Compares the sampled rows of a window with the training sample of each version that is served,
// in the background. Metric: feature_drift_psi{model,feature} of the versions in production, the
// feature "prediction" being what they answer.
//
// Thread-safe. What Start() is given must outlive it.
class Drift {
 public:
  static base::Result<std::unique_ptr<Drift>> Start(const Models& models,
                                                    store::PredictionLogStore& log,
                                                    const base::Clock& clock,
                                                    telemetry::MetricRegistry& metrics,
                                                    const DriftOptions& options);

  // The last comparison. kUnavailable before the first.
  base::Result<std::shared_ptr<const DriftReport>> Latest() const EXCLUDES(mutex_);

  // Compares now; what the background thread does.
  base::Result<void> Refresh() EXCLUDES(refresh_mutex_);

 private:
  Drift(const Models& models, store::PredictionLogStore& log, const base::Clock& clock,
        telemetry::MetricRegistry& metrics, const DriftOptions& options)
      : models_(models), log_(log), clock_(clock), metrics_(metrics), options_(options) {}

  base::Result<ModelDrift> Compare(const ServedModel& served, const DriftReport& report) const;
  void Measure(const DriftReport& report, const ServedModels& served) REQUIRES(refresh_mutex_);

  const Models& models_;
  store::PredictionLogStore& log_;
  const base::Clock& clock_;
  telemetry::MetricRegistry& metrics_;
  const DriftOptions options_;

  base::Mutex refresh_mutex_;
  // Model and feature of what the metrics show.
  std::set<std::pair<std::string, std::string>> shown_ GUARDED_BY(refresh_mutex_);
  mutable base::Mutex mutex_;
  std::shared_ptr<const DriftReport> latest_ GUARDED_BY(mutex_);

  std::unique_ptr<Watcher> watcher_;  // last: stops before what it uses goes
};

}  // namespace geoclimate::service
