#include "geoclimate/training/booster.h"

#include <fmt/format.h>
#include <xgboost/c_api.h>

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <string_view>

namespace geoclimate::training {
namespace {

base::Result<void> Check(int code, std::string_view what) {
  if (code == 0) return {};
  return base::Internal(fmt::format("XGBoost, {}: {}", what, XGBGetLastError()));
}

// NumPy's array interface, which XGBoost reads as JSON.
std::string ArrayInterface(const float* values, std::size_t rows, std::size_t columns) {
  return fmt::format(R"({{"data":[{},true],"shape":[{},{}],"typestr":"<f4","version":3}})",
                     reinterpret_cast<std::uintptr_t>(values), rows, columns);
}

base::Result<void> SetFloats(void* handle, const char* field, std::span<const float> values) {
  return Check(XGDMatrixSetFloatInfo(handle, field, values.data(), values.size()), field);
}

}  // namespace

void BoosterMatrix::Free::operator()(void* handle) const {
  XGDMatrixFree(handle);
}

base::Result<BoosterMatrix> BoosterMatrix::Create(const features::FeatureSchema& schema,
                                                  std::span<const float> values, int threads) {
  GC_CHECK(schema.size() > 0 && values.size() % schema.size() == 0, "whole rows");
  const std::size_t rows = values.size() / schema.size();
  DMatrixHandle handle = nullptr;
  GC_RETURN_IF_ERROR(Check(
      XGDMatrixCreateFromDense(ArrayInterface(values.data(), rows, schema.size()).c_str(),
                               fmt::format(R"({{"missing":NaN,"nthread":{}}})", threads).c_str(),
                               &handle),
      "reading the rows"));
  BoosterMatrix matrix(handle, rows);
  std::vector<const char*> names;
  for (const features::Feature& feature : schema.features()) names.push_back(feature.name.c_str());
  GC_RETURN_IF_ERROR(
      Check(XGDMatrixSetStrFeatureInfo(handle, "feature_name", names.data(), names.size()),
            "naming the features"));
  return matrix;
}

base::Result<void> BoosterMatrix::SetLabels(std::span<const float> labels) {
  GC_CHECK(labels.size() == rows_, "a label a row");
  return SetFloats(handle_.get(), "label", labels);
}

base::Result<void> BoosterMatrix::SetWeights(std::span<const float> weights) {
  GC_CHECK(weights.size() == rows_, "a weight a row");
  return SetFloats(handle_.get(), "weight", weights);
}

void Booster::Free::operator()(void* handle) const {
  XGBoosterFree(handle);
}

base::Result<Booster> Booster::Create(const BoostOptions& options,
                                      std::span<const BoosterMatrix* const> matrices) {
  std::vector<DMatrixHandle> handles;
  for (const BoosterMatrix* matrix : matrices) handles.push_back(matrix->handle_.get());
  BoosterHandle handle = nullptr;
  GC_RETURN_IF_ERROR(
      Check(XGBoosterCreate(handles.data(), handles.size(), &handle), "making a booster"));
  Booster booster(handle);
  const std::array<std::pair<const char*, std::string>, 15> parameters = {{
      {"verbosity", "0"},
      {"objective", "reg:squarederror"},
      {"eval_metric", "rmse"},
      {"base_score", "0"},
      {"tree_method", "hist"},
      {"grow_policy", "lossguide"},
      {"max_depth", "0"},
      {"max_leaves", fmt::to_string(options.max_leaves)},
      {"eta", fmt::to_string(options.learning_rate)},
      {"min_child_weight", fmt::to_string(options.min_rows_per_leaf)},
      {"subsample", fmt::to_string(options.row_share)},
      {"colsample_bytree", fmt::to_string(options.column_share)},
      {"lambda", fmt::to_string(options.l2)},
      {"max_bin", fmt::to_string(options.max_bins)},
      {"seed", fmt::to_string(options.seed)},
  }};
  for (const auto& [name, value] : parameters) {
    GC_RETURN_IF_ERROR(Check(XGBoosterSetParam(handle, name, value.c_str()), name));
  }
  GC_RETURN_IF_ERROR(Check(
      XGBoosterSetParam(handle, "nthread", fmt::to_string(options.threads).c_str()), "nthread"));
  // The library trains without looking at the names of the rows' features.
  bst_ulong names = 0;
  const char** feature_names = nullptr;
  GC_RETURN_IF_ERROR(
      Check(XGDMatrixGetStrFeatureInfo(handles.front(), "feature_name", &names, &feature_names),
            "names"));
  GC_RETURN_IF_ERROR(
      Check(XGBoosterSetStrFeatureInfo(handle, "feature_name", feature_names, names), "names"));
  return booster;
}

base::Result<void> Booster::Grow(int round, const BoosterMatrix& train) {
  return Check(XGBoosterUpdateOneIter(handle_.get(), round, train.handle_.get()),
               fmt::format("round {}", round));
}

base::Result<double> Booster::ValidationError(int round, const BoosterMatrix& validation) const {
  DMatrixHandle matrix = validation.handle_.get();
  const char* name = "validation";
  const char* line = nullptr;  // "[12]\tvalidation-rmse:0.43125"
  GC_RETURN_IF_ERROR(Check(XGBoosterEvalOneIter(handle_.get(), round, &matrix, &name, 1, &line),
                           "scoring the validation rows"));
  const std::string_view text = line;
  const std::size_t colon = text.rfind(':');
  double error = 0;
  if (colon == std::string_view::npos ||
      std::from_chars(text.data() + colon + 1, text.data() + text.size(), error).ec !=
          std::errc() ||
      !std::isfinite(error)) {
    return base::Internal(fmt::format("XGBoost scored the validation rows as \"{}\"", text));
  }
  return error;
}

base::Result<Booster> Booster::Train(const BoostOptions& options, const BoosterMatrix& train) {
  const std::array<const BoosterMatrix*, 1> matrices = {&train};
  GC_ASSIGN_OR_RETURN(Booster booster, Create(options, matrices));
  for (int round = 0; round < options.max_rounds; ++round) {
    GC_RETURN_IF_ERROR(booster.Grow(round, train));
  }
  booster.rounds_ = options.max_rounds;
  return booster;
}

base::Result<Booster> Booster::TrainStoppingEarly(const BoostOptions& options,
                                                  const BoosterMatrix& train,
                                                  const BoosterMatrix& validation) {
  const std::array<const BoosterMatrix*, 2> matrices = {&train, &validation};
  GC_ASSIGN_OR_RETURN(Booster booster, Create(options, matrices));
  double lowest = std::numeric_limits<double>::infinity();
  for (int round = 0; round < options.max_rounds; ++round) {
    GC_RETURN_IF_ERROR(booster.Grow(round, train));
    GC_ASSIGN_OR_RETURN(const double error, booster.ValidationError(round, validation));
    if (error < lowest) {
      lowest = error;
      booster.rounds_ = round + 1;
    }
    if (round + 1 - booster.rounds_ >= options.patience) break;
  }
  return booster;
}

base::Result<std::vector<float>> Booster::Predict(const BoosterMatrix& rows) const {
  const bst_ulong* shape = nullptr;
  bst_ulong dimensions = 0;
  const float* scores = nullptr;
  const std::string config = fmt::format(
      R"({{"type":1,"training":false,"iteration_begin":0,"iteration_end":{},"strict_shape":false}})",
      rounds_);
  GC_RETURN_IF_ERROR(
      Check(XGBoosterPredictFromDMatrix(handle_.get(), rows.handle_.get(), config.c_str(), &shape,
                                        &dimensions, &scores),
            "predicting"));
  GC_CHECK(dimensions == 1 && shape[0] == rows.rows(), "one margin a row");
  return std::vector<float>(scores, scores + rows.rows());
}

base::Result<std::string> Booster::Save() const {
  BoosterHandle handle = nullptr;
  GC_RETURN_IF_ERROR(Check(XGBoosterSlice(handle_.get(), 0, rounds_, 1, &handle), "slicing"));
  const Booster kept(handle);
  bst_ulong size = 0;
  const char* bytes = nullptr;
  GC_RETURN_IF_ERROR(
      Check(XGBoosterSaveModelToBuffer(handle, R"({"format":"ubj"})", &size, &bytes), "saving"));
  return std::string(bytes, size);
}

}  // namespace geoclimate::training
