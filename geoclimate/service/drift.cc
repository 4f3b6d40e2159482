#include "geoclimate/service/drift.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "geoclimate/model/forecaster.h"
#include "geoclimate/model/training_sample.h"
#include "geoclimate/service/follow_log.h"

namespace geoclimate::service {
namespace {

constexpr std::string_view kPrediction = "prediction";

// Live values in the bins of a training sample.
class LiveRows {
 public:
  explicit LiveRows(const model::TrainingSample& sample) : sample_(sample) {
    counts_.reserve(sample.features.size());
    for (const model::SampleColumn& column : sample.features) {
      counts_.emplace_back(model::kMonths * column.bins());
    }
    predictions_.resize(model::kMonths * sample.prediction.bins());
  }

  void Add(const store::LoggedPrediction& one) {
    // A row of another width is of another program: the version's id says that it cannot be.
    if (one.row.size() != counts_.size() || one.outputs.empty()) return;
    const std::chrono::year_month_day day(base::DayOf(one.at, std::chrono::minutes(0)));
    const std::size_t month = static_cast<unsigned>(day.month()) - 1;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      Count(sample_.features[i], one.row[i], month, counts_[i]);
    }
    Count(sample_.prediction, one.outputs.front(), month, predictions_);
    ++rows_;
  }

  std::size_t rows() const { return rows_; }
  std::optional<double> Feature(std::size_t i) const {
    return IndexOf(sample_.features[i], counts_[i]);
  }
  std::optional<double> Prediction() const { return IndexOf(sample_.prediction, predictions_); }

 private:
  static void Count(const model::SampleColumn& column, float value, std::size_t month,
                    model::BinCounts& counts) {
    if (column.bins() > 0) ++counts[month * column.bins() + column.BinOf(value)];
  }
  static std::optional<double> IndexOf(const model::SampleColumn& column,
                                       const model::BinCounts& counts) {
    const double index = model::PopulationStability(column, counts);
    return std::isnan(index) ? std::nullopt : std::optional(index);
  }

  const model::TrainingSample& sample_;
  std::vector<model::BinCounts> counts_;
  model::BinCounts predictions_;
  std::size_t rows_ = 0;
};

}  // namespace

std::string_view DriftStateName(ModelDrift::State state) {
  switch (state) {
    case ModelDrift::State::kMeasured:
      return "measured";
    case ModelDrift::State::kNoTrainingSample:
      return "no_training_sample";
    case ModelDrift::State::kTooFewRows:
      return "too_few_rows";
  }
  return {};
}

base::Result<void> DriftOptions::Validate() const {
  if (window_days < 1) return base::InvalidArgument("window_days must be at least 1");
  if (rows_a_day == 0) return base::InvalidArgument("rows_a_day must be at least 1");
  if (every < std::chrono::milliseconds(1)) {
    return base::InvalidArgument("every must be at least 1 ms");
  }
  return {};
}

const ModelDrift* DriftReport::Find(std::string_view model_id) const {
  const auto found = std::ranges::find(models, model_id, &ModelDrift::model_id);
  return found == models.end() ? nullptr : &*found;
}

base::Result<std::unique_ptr<Drift>> Drift::Start(const Models& models,
                                                  store::PredictionLogStore& log,
                                                  const base::Clock& clock,
                                                  telemetry::MetricRegistry& metrics,
                                                  const DriftOptions& options) {
  GC_RETURN_IF_ERROR(options.Validate());
  std::unique_ptr<Drift> drift(new Drift(models, log, clock, metrics, options));
  Drift* const raw = drift.get();
  FollowLog follow("the prediction log");
  drift->watcher_ = std::make_unique<Watcher>(
      options.every, [raw, follow]() mutable { follow.Report(raw->Refresh()); });
  drift->watcher_->Nudge();
  return drift;
}

base::Result<std::shared_ptr<const DriftReport>> Drift::Latest() const {
  const base::MutexLock lock(mutex_);
  if (latest_ == nullptr) {
    return base::Unavailable("the logged rows are being read: ask again in some seconds");
  }
  return latest_;
}

base::Result<void> Drift::Refresh() {
  const base::MutexLock refresh_lock(refresh_mutex_);
  DriftReport report;
  report.computed_at = clock_.Now();
  report.to = base::DayOf(report.computed_at, std::chrono::minutes(0));
  report.from = report.to - std::chrono::days(options_.window_days - 1);
  const std::shared_ptr<const ServedModels> served = models_.ServedShared();
  for (const ServedModel& one : served->models()) {
    if (one.model == nullptr || !one.model->takes_rows()) continue;
    GC_ASSIGN_OR_RETURN(ModelDrift drift, Compare(one, report));
    report.models.push_back(std::move(drift));
  }
  Measure(report, *served);
  const base::MutexLock lock(mutex_);
  latest_ = std::make_shared<const DriftReport>(std::move(report));
  return {};
}

base::Result<ModelDrift> Drift::Compare(const ServedModel& served,
                                        const DriftReport& report) const {
  ModelDrift drift;
  drift.model_id = served.description.model_id;
  drift.model_name = served.description.model_name;
  const model::Forecaster* const forecaster = served.model->forecaster();
  if (forecaster == nullptr || forecaster->training_sample.empty()) {
    drift.state = ModelDrift::State::kNoTrainingSample;
    return drift;
  }
  LiveRows live(forecaster->training_sample);
  for (base::LocalDay day = report.from; day <= report.to; day += std::chrono::days(1)) {
    GC_RETURN_IF_ERROR(log_.Sample(drift.model_id, day, options_.rows_a_day,
                                   [&live](const store::LoggedPrediction& one) { live.Add(one); }));
  }
  drift.rows = live.rows();
  if (drift.rows < options_.least_rows) return drift;
  drift.state = ModelDrift::State::kMeasured;
  const std::vector<features::Feature>& features = served.schema().features();
  drift.features.reserve(features.size());
  for (std::size_t i = 0; i < features.size(); ++i) {
    drift.features.push_back({.name = features[i].name, .psi = live.Feature(i)});
  }
  drift.prediction = live.Prediction();
  return drift;
}

void Drift::Measure(const DriftReport& report, const ServedModels& served) {
  std::set<std::pair<std::string, std::string>> shown;
  const auto show = [&](const std::string& model, std::string_view feature,
                        const std::optional<double>& psi) {
    if (!psi || !shown.emplace(model, feature).second) return;
    metrics_
        .AddGauge("feature_drift_psi",
                  "Population stability index of the last days' sampled rows against the training "
                  "sample, of versions in production",
                  {{"model", model}, {"feature", feature}})
        .Set(*psi);
  };
  for (const ModelDrift& drift : report.models) {
    const ServedModel* const production = served.ProductionOf(drift.model_name);
    if (production == nullptr || production->description.model_id != drift.model_id) continue;
    for (const ModelDrift::Feature& feature : drift.features) {
      show(drift.model_name, feature.name, feature.psi);
    }
    show(drift.model_name, kPrediction, drift.prediction);
  }
  // What cannot be said any more is not left standing as it was.
  for (const auto& [model, feature] : shown_) {
    if (!shown.contains({model, feature})) {
      metrics_.Remove({{"model", model}, {"feature", feature}});
    }
  }
  shown_ = std::move(shown);
}

}  // namespace geoclimate::service
