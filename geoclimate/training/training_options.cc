#include "geoclimate/training/training_options.h"

#include <fmt/format.h>

#include <cmath>
#include <string_view>

namespace geoclimate::training {
namespace {

base::Result<void> Require(bool holds, std::string_view option, double value,
                           std::string_view range) {
  if (holds) return {};
  return base::InvalidArgument(fmt::format("{} is {}, expected {}", option, value, range));
}

}  // namespace

base::Result<void> BoostOptions::Validate() const {
  const auto share = [](double x) { return x > 0 && x <= 1; };
  GC_RETURN_IF_ERROR(Require(share(learning_rate), "learning_rate", learning_rate, "in (0, 1]"));
  GC_RETURN_IF_ERROR(Require(max_leaves >= 2, "max_leaves", max_leaves, "at least 2"));
  GC_RETURN_IF_ERROR(
      Require(min_rows_per_leaf >= 0, "min_rows_per_leaf", min_rows_per_leaf, "not below 0"));
  GC_RETURN_IF_ERROR(Require(share(row_share), "row_share", row_share, "in (0, 1]"));
  GC_RETURN_IF_ERROR(Require(share(column_share), "column_share", column_share, "in (0, 1]"));
  GC_RETURN_IF_ERROR(Require(l2 >= 0, "l2", l2, "not below 0"));
  GC_RETURN_IF_ERROR(Require(max_bins >= 2, "max_bins", max_bins, "at least 2"));
  GC_RETURN_IF_ERROR(Require(max_rounds >= 1, "max_rounds", max_rounds, "at least 1"));
  GC_RETURN_IF_ERROR(Require(patience >= 1, "patience", patience, "at least 1"));
  return Require(threads >= 1, "threads", threads, "at least 1");
}

base::Result<void> LinearOptions::Validate() const {
  GC_RETURN_IF_ERROR(Require(l2 > 0, "l2", l2, "above 0"));
  return Require(bound > 0, "bound", bound, "above 0");
}

LinearByPollutant DefaultLinear() {
  using airquality::Pollutant;
  LinearByPollutant linear;
  const auto set = [&](Pollutant pollutant, LinearOptions options) {
    linear[static_cast<std::size_t>(airquality::Index(pollutant))] = options;
  };
  set(Pollutant::kPm25, {.l2 = 0.2, .bound = 6});
  set(Pollutant::kPm10, {.l2 = 0.2, .bound = 1.5});
  set(Pollutant::kO3, {.l2 = 0.1, .bound = 2.5});
  set(Pollutant::kNo2, {.l2 = 0.2, .bound = 1.5});
  set(Pollutant::kSo2, {.l2 = 0.4, .bound = 1.5});
  set(Pollutant::kCo, {.l2 = 0.1, .bound = 2.5});
  return linear;
}

LeafScaleByPollutant DefaultLeafScale() {
  using airquality::Pollutant;
  LeafScaleByPollutant scale;
  scale.fill(1);
  for (const Pollutant pollutant : {Pollutant::kPm25, Pollutant::kO3}) {
    scale[static_cast<std::size_t>(airquality::Index(pollutant))] = 6;
  }
  return scale;
}

base::Result<void> BlockOptions::Validate() const {
  GC_RETURN_IF_ERROR(Require(calibrate_share > 0, "calibrate_share", calibrate_share, "above 0"));
  GC_RETURN_IF_ERROR(Require(evaluate_share > 0, "evaluate_share", evaluate_share, "above 0"));
  GC_RETURN_IF_ERROR(Require(calibrate_share + evaluate_share < 1,
                             "calibrate_share + evaluate_share", calibrate_share + evaluate_share,
                             "below 1"));
  return Require(min_rows >= 1, "min_rows", min_rows, "at least 1");
}

base::Result<void> SpreadOptions::Validate() const {
  const base::Result<void> valid = boost.Validate();
  if (!valid.ok()) return valid.error().WithContext("spread");
  GC_RETURN_IF_ERROR(Require(log_offset > 0, "log_offset", log_offset, "above 0"));
  return Require(min_rows >= 2, "the spread's min_rows", min_rows, "at least 2");
}

BoostOptions TrainingOptions::BoostOf(airquality::Pollutant pollutant) const {
  const double scale = leaf_scale[static_cast<std::size_t>(airquality::Index(pollutant))];
  BoostOptions scaled = boost;
  scaled.min_rows_per_leaf = static_cast<int>(std::lround(boost.min_rows_per_leaf * scale));
  scaled.l2 *= scale;
  return scaled;
}

base::Result<void> TrainingOptions::Validate() const {
  GC_RETURN_IF_ERROR(boost.Validate());
  GC_RETURN_IF_ERROR(spread.Validate());
  for (const LinearOptions& options : linear) GC_RETURN_IF_ERROR(options.Validate());
  for (const double scale : leaf_scale) {
    GC_RETURN_IF_ERROR(Require(scale > 0 && scale <= 1000, "leaf_scale", scale, "in (0, 1000]"));
  }
  GC_RETURN_IF_ERROR(blocks.Validate());
  GC_RETURN_IF_ERROR(Require(!members.empty(), "the number of members", 0, "at least 1"));
  return Require(scale_offset_share > 0, "scale_offset_share", scale_offset_share, "above 0");
}

}  // namespace geoclimate::training
