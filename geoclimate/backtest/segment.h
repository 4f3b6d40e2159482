#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/airquality/method.h"
#include "geoclimate/base/result.h"
#include "geoclimate/model/forecaster.h"

namespace geoclimate::backtest {

// What one fit said of the rows of its days, before the quantiles learn from verified days. One
// entry a row, in the order of the rows.
struct Segment {
  struct Row {
    std::int8_t model = -1;  // index into model_ids; -1: no forecast
    airquality::Method method = airquality::Method::kModel;
    model::Distribution distribution;
    // Of places: the mean of plain interpolation, against which they are held; else NaN.
    float interpolation = std::numeric_limits<float>::quiet_NaN();
  };
  std::vector<std::string> model_ids;  // two at most, of places two a fold
  std::vector<Row> rows;
};

// The bytes of a finished piece, ending in a checksum against half-written files. Read by the same
// program on the same machine only.
std::string EncodeSegment(const Segment& segment);
// kDataLoss for anything but what EncodeSegment() wrote.
base::Result<Segment> ParseSegment(std::string_view bytes);

}  // namespace geoclimate::backtest
