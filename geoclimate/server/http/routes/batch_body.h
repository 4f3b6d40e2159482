#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "geoclimate/base/error.h"
#include "geoclimate/server/http/arena.h"
#include "geoclimate/server/http/routes/feature_rows.h"
#include "geoclimate/server/http/routes/predict_body.h"
#include "geoclimate/service/served_models.h"

namespace geoclimate::server::http::routes {

// What a batch reader has made of the body so far.
struct BatchRows {
  const service::ServedModel* model = nullptr;  // null only for an empty batch
  std::vector<float> values;                    // count x features, row-major, NaN where missing
  std::size_t count = 0;
  PredictionWish wish;
  // With any of these nothing above counts.
  BodyFindings findings;
  std::optional<base::Error> error;  // of the choice of a model
  enum class Size : std::uint8_t { kWithinLimit, kTooLarge } size = Size::kWithinLimit;

  bool refused() const { return error || !findings.errors.empty() || size == Size::kTooLarge; }
};

struct BatchReaderOptions {
  std::size_t max_rows = 10'000;
  UnknownFeatures unknown = UnknownFeatures::kRefuse;
  std::string_view split_key = {};  // of the JSON reader; see service::ModelChoice
};

// Reads the rows of a batch a slice at a time. Not thread-safe.
class BatchReader {
 public:
  enum class Progress : std::uint8_t { kMore, kDone };

  virtual ~BatchReader() = default;
  // Reads about `rows` rows more. Not after kDone.
  virtual Progress Read(std::size_t rows) = 0;
  const BatchRows& rows() const { return rows_; }
  BatchRows& rows() { return rows_; }

 protected:
  BatchReader() = default;
  BatchRows rows_;
};

// A BatchPredictionRequest: `data` as an array of objects, or `dataframe_split`. Members may come
// in any order; rows that come before it is known how to read them are read again at the end.
// `body`, `models` and `arena` outlive the reader.
std::unique_ptr<BatchReader> MakeJsonBatchReader(std::string_view body,
                                                 const service::ServedModels& models,
                                                 const BatchReaderOptions& options, Arena& arena);

// CSV with a line of names: an empty cell is missing. The model is the one of `wish`.
std::unique_ptr<BatchReader> MakeCsvBatchReader(std::string_view body,
                                                const service::ServedModels& models,
                                                const PredictionWish& wish,
                                                const BatchReaderOptions& options);

}  // namespace geoclimate::server::http::routes
