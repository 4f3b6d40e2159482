#include "geoclimate/store/prediction_batch_check.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <string_view>

#include <fmt/format.h>

#include "geoclimate/formats/digest.h"

namespace geoclimate::store {
namespace {

constexpr std::size_t kIdDigits = 32;
constexpr std::size_t kMostText = 256;
constexpr std::size_t kMostNumbers = std::numeric_limits<std::uint16_t>::max();

bool IsId(std::string_view id) {
  return id.size() == kIdDigits && std::ranges::all_of(id, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

bool IsPlain(std::string_view text) {
  return text.size() <= kMostText &&
         std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

}  // namespace

base::Result<void> CheckBatch(const PredictionBatch& batch) {
  if (!IsId(batch.id)) {
    return base::InvalidArgument("a batch of predictions: its id is not 32 hexadecimal digits");
  }
  for (std::size_t i = 0; i < batch.predictions.size(); ++i) {
    const LoggedPrediction& one = batch.predictions[i];
    const bool plain = IsPlain(one.model_id) && IsPlain(one.request_id) && IsPlain(one.caller);
    if (!one.model_id.empty() && plain && one.row.size() <= kMostNumbers &&
        one.outputs.size() <= kMostNumbers) {
      continue;
    }
    return base::InvalidArgument(
        fmt::format("batch {}: prediction {}: {}", batch.id, i,
                    one.model_id.empty() ? "it has no model"
                    : !plain             ? "a text is not printable ASCII of at most 256 characters"
                                         : "it has more than 65535 numbers"));
  }
  return {};
}

base::LocalDay DayOfPrediction(const LoggedPrediction& prediction) {
  return base::DayOf(prediction.at, std::chrono::minutes(0));
}

std::int32_t LotOf(const PredictionBatch& batch, std::size_t index) {
  return static_cast<std::int32_t>(formats::Xxh3(fmt::format("{}/{}", batch.id, index)));
}

}  // namespace geoclimate::store
