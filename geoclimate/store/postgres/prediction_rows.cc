#include "geoclimate/store/postgres/prediction_rows.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <memory>
#include <span>

#include "geoclimate/store/postgres/binary.h"
#include "geoclimate/store/postgres/parameters.h"
#include "geoclimate/store/prediction_batch_check.h"

namespace geoclimate::store::postgres {
namespace {

constexpr std::size_t kCopyBytes = 64 << 10;
constexpr std::int16_t kColumns = 12;
constexpr std::int32_t kNull = -1;
constexpr auto kReal = static_cast<std::int32_t>(Type::kReal4);
// Of an array: dimensions, whether there are nulls, type of the elements; size and first index of
// each dimension.
constexpr std::size_t kArrayHead = 3 * sizeof(std::int32_t);
constexpr std::size_t kDimensionHead = 2 * sizeof(std::int32_t);

template <std::integral T>
void PutField(T value, std::string& out) {
  PutInteger(std::int32_t{sizeof(T)}, out);
  PutInteger(value, out);
}

void PutText(std::string_view text, std::string& out) {
  PutInteger(static_cast<std::int32_t>(text.size()), out);
  out += text;
}

void PutRealField(float value, std::string& out) {
  if (std::isnan(value)) return PutInteger(kNull, out);
  PutInteger(std::int32_t{sizeof(float)}, out);
  PutReal(value, out);
}

void PutRealArray(std::span<const float> numbers, std::string& out) {
  const std::size_t length_at = out.size();
  PutInteger(std::int32_t{0}, out);
  const bool has_null = std::ranges::any_of(numbers, [](float value) { return std::isnan(value); });
  PutInteger(std::int32_t{numbers.empty() ? 0 : 1}, out);
  PutInteger(std::int32_t{has_null ? 1 : 0}, out);
  PutInteger(kReal, out);
  if (!numbers.empty()) {
    PutInteger(static_cast<std::int32_t>(numbers.size()), out);
    PutInteger(std::int32_t{1}, out);  // the first index
    for (const float value : numbers) PutRealField(value, out);
  }
  std::string length;
  PutInteger(static_cast<std::int32_t>(out.size() - length_at - sizeof(std::int32_t)), length);
  out.replace(length_at, length.size(), length);
}

void PutRow(const LoggedPrediction& one, std::int32_t model, std::int32_t lot, std::string& out) {
  PutInteger(kColumns, out);
  PutField(EncodeMicroseconds(one.at.time_since_epoch().count()), out);
  PutInteger(std::int32_t{sizeof(float)}, out);
  PutReal(one.duration_us, out);
  PutField(model, out);
  PutField(lot, out);
  PutRealField(one.p10, out);
  PutRealField(one.p90, out);
  PutField(static_cast<std::int16_t>(one.arm), out);
  PutField(static_cast<std::int16_t>(one.route), out);
  PutText(one.request_id, out);
  PutText(one.caller, out);
  PutRealArray(one.row, out);
  PutRealArray(one.outputs, out);
}

float RealOrNan(const Rows& rows, int row, int column) {
  return rows.IsNull(row, column) ? std::numeric_limits<float>::quiet_NaN()
                                  : static_cast<float>(rows.Real(row, column));
}

}  // namespace

std::function<bool(std::string&)> CopyPredictions(const PredictionBatch& batch,
                                                  const std::vector<std::int32_t>& models) {
  const auto next = std::make_shared<std::size_t>(0);
  return [&batch, &models, next](std::string& out) {
    using std::string_view_literals::operator""sv;
    if (*next == 0) out += "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0"sv;
    while (*next < batch.predictions.size() && out.size() < kCopyBytes) {
      PutRow(batch.predictions[*next], models[*next], LotOf(batch, *next), out);
      ++*next;
    }
    if (*next < batch.predictions.size()) return true;
    PutInteger(std::int16_t{-1}, out);
    return false;
  };
}

std::vector<float> ParseRealArray(std::string_view bytes) {
  std::vector<float> numbers;
  std::span<const char> rest(bytes);
  const auto take = [&rest]() -> std::int32_t {
    if (rest.size() < sizeof(std::int32_t)) return kNull;
    const auto value = GetInteger<std::int32_t>(rest.data());
    rest = rest.subspan(sizeof(std::int32_t));
    return value;
  };
  if (rest.size() < kArrayHead + kDimensionHead || take() != 1) return numbers;
  static_cast<void>(take());
  if (take() != kReal) return numbers;
  const std::int32_t count = take();
  static_cast<void>(take());
  if (count < 0 || static_cast<std::size_t>(count) > rest.size() / sizeof(std::int32_t)) {
    return numbers;
  }
  numbers.reserve(static_cast<std::size_t>(count));
  for (std::int32_t i = 0; i < count; ++i) {
    const bool is_null = take() == kNull;
    numbers.push_back(is_null ? std::numeric_limits<float>::quiet_NaN()
                              : std::bit_cast<float>(take()));
  }
  return numbers;
}

LoggedPrediction ReadPrediction(const Rows& rows, int row, std::string_view model_id) {
  LoggedPrediction one;
  one.model_id = model_id;
  one.at = rows.Time(row, 0);
  one.duration_us = static_cast<float>(rows.Real(row, 1));
  one.arm = static_cast<LoggedArm>(rows.Integer(row, 2));
  one.route = static_cast<LoggedRoute>(rows.Integer(row, 3));
  one.request_id = rows.Text(row, 4);
  one.caller = rows.Text(row, 5);
  one.row = ParseRealArray(rows.Text(row, 6));
  one.outputs = ParseRealArray(rows.Text(row, 7));
  one.p10 = RealOrNan(rows, row, 8);
  one.p90 = RealOrNan(rows, row, 9);
  return one;
}

}  // namespace geoclimate::store::postgres
