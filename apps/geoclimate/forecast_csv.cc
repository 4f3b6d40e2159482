#include "apps/geoclimate/forecast_csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <tuple>

#include "geoclimate/forecast/baselines.h"
#include "geoclimate/formats/csv.h"

namespace geoclimate::app {
namespace {

using airquality::IssuedForecast;

enum Column : std::size_t {
  kPollutant,
  kSite,
  kIssued,
  kHorizon,
  kValid,
  kMean,
  kP10,
  kP50,
  kP90,
  kProbability,
  kModel,
  kColumnCount,
};
constexpr std::array<std::string_view, kColumnCount> kNames = {
    "pollutant", "site_id", "issued_date", "horizon_days",   "valid_date", "mean",
    "p10",       "p50",     "p90",         "p_aqi_over_100", "model_id"};
constexpr float kNotGiven = std::numeric_limits<float>::quiet_NaN();

class ForecastRows {
 public:
  explicit ForecastRows(std::string_view name) : name_(name) {}

  base::Result<void> ReadHeader(std::span<const std::string_view> fields) {
    columns_.fill(fields.size());
    for (std::size_t column = 0; column < kColumnCount; ++column) {
      const auto found = std::find(fields.begin(), fields.end(), kNames[column]);
      columns_[column] = static_cast<std::size_t>(found - fields.begin());
    }
    width_ = fields.size();
    for (const Column required : {kPollutant, kSite, kIssued}) {
      if (!Has(required)) return Missing(kNames[required]);
    }
    if (!Has(kHorizon) && !Has(kValid)) return Missing("horizon_days' or 'valid_date");
    if (!Has(kMean) && !Has(kP50)) return Missing("mean' or 'p50");
    return {};
  }

  base::Result<void> ReadRow(std::span<const std::string_view> fields, std::uint64_t line) {
    fields_ = fields;
    line_ = line;
    if (fields.size() == 1 && fields[0].empty()) return {};
    if (fields.size() != width_) {
      return base::InvalidArgument(
          fmt::format("{}:{}: {} fields under a header of {}", name_, line, fields.size(), width_));
    }
    IssuedForecast forecast;
    GC_ASSIGN_OR_RETURN(forecast.pollutant, Field(kPollutant, airquality::ParsePollutant));
    GC_ASSIGN_OR_RETURN(forecast.site, Field(kSite, airquality::SiteId::Parse));
    GC_ASSIGN_OR_RETURN(forecast.issue_day, Field(kIssued, base::ParseDay));
    GC_ASSIGN_OR_RETURN(forecast.horizon_days, Horizon(forecast.issue_day));
    GC_ASSIGN_OR_RETURN(forecast.mean, Number(kMean));
    GC_ASSIGN_OR_RETURN(forecast.p10, Number(kP10));
    GC_ASSIGN_OR_RETURN(forecast.p50, Number(kP50));
    GC_ASSIGN_OR_RETURN(forecast.p90, Number(kP90));
    GC_ASSIGN_OR_RETURN(forecast.probability_over_100, Number(kProbability));
    GC_RETURN_IF_ERROR(Check(forecast));
    forecast.model_id = Text(kModel);
    forecasts_.push_back(std::move(forecast));
    lines_.push_back(line);
    return {};
  }

  // The forecasts in the order of the file.
  base::Result<std::vector<IssuedForecast>> Finish() && {
    GC_RETURN_IF_ERROR(CheckOnce());
    return std::move(forecasts_);
  }

 private:
  bool Has(Column column) const { return columns_[column] < width_; }
  std::string_view Text(Column column) const {
    return Has(column) ? fields_[columns_[column]] : std::string_view();
  }

  base::Error Missing(std::string_view column) const {
    return base::InvalidArgument(fmt::format("{}: no column '{}'; forecasts have the columns {}",
                                             name_, column, fmt::join(kNames, ",")));
  }
  base::Error Wrong(Column column, std::string_view why) const {
    return base::InvalidArgument(fmt::format("{}:{}: {}: {}", name_, line_, kNames[column], why));
  }

  template <typename Parse>
  auto Field(Column column, Parse parse) const -> decltype(parse(std::string_view())) {
    auto value = parse(Text(column));
    if (!value.ok()) return Wrong(column, value.error().message());
    return value;
  }

  base::Result<float> Number(Column column) const {
    const std::string_view text = Text(column);
    if (text.empty()) return kNotGiven;
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const auto number = static_cast<float>(value);
    // Concentrations hold anything within this, and nothing on earth is near it.
    if (error != std::errc() || end != text.data() + text.size() || !(std::abs(value) < 1e9)) {
      return Wrong(column, fmt::format("'{}' is no number within 1e9", text));
    }
    return number;
  }

  base::Result<int> Horizon(base::LocalDay issue_day) const {
    std::optional<std::int64_t> horizon;
    if (!Text(kHorizon).empty()) {
      std::int64_t days = 0;
      const std::string_view text = Text(kHorizon);
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), days);
      if (error != std::errc() || end != text.data() + text.size()) {
        return Wrong(kHorizon, fmt::format("'{}' is no whole number", text));
      }
      horizon = days;
    }
    if (!Text(kValid).empty()) {
      GC_ASSIGN_OR_RETURN(const base::LocalDay valid, Field(kValid, base::ParseDay));
      const std::int64_t days = (valid - issue_day).count();
      if (horizon && *horizon != days) {
        return Wrong(kValid, fmt::format("'{}' is not {} days after '{}'", Text(kValid), *horizon,
                                         Text(kIssued)));
      }
      horizon = days;
    }
    if (!horizon) return Wrong(kHorizon, "empty, and so is valid_date");
    if (*horizon < 1 || *horizon > forecast::Baselines::kMaxHorizon) {
      return Wrong(kHorizon, fmt::format("{} is not within 1 to {} days", *horizon,
                                         forecast::Baselines::kMaxHorizon));
    }
    return static_cast<int>(*horizon);
  }

  base::Result<void> Check(const IssuedForecast& forecast) const {
    if (std::isnan(forecast.mean) && std::isnan(forecast.p50)) {
      return Wrong(Has(kMean) ? kMean : kP50, "neither a mean nor a p50");
    }
    // False where either is not given.
    if (forecast.p10 > forecast.p90) return Wrong(kP90, "below p10");
    if (forecast.p10 > forecast.p50) return Wrong(kP50, "below p10");
    if (forecast.p50 > forecast.p90) return Wrong(kP90, "below p50");
    if (forecast.probability_over_100 < 0 || forecast.probability_over_100 > 1) {
      return Wrong(kProbability, "not within 0 to 1");
    }
    return {};
  }

  base::Result<void> CheckOnce() const {
    std::vector<std::size_t> order(forecasts_.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    const auto key = [this](std::size_t i) {
      const IssuedForecast& f = forecasts_[i];
      return std::tuple(f.pollutant, f.site, f.issue_day, f.horizon_days);
    };
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return std::tuple_cat(key(a), std::tuple(a)) < std::tuple_cat(key(b), std::tuple(b));
    });
    const auto twice = std::adjacent_find(
        order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return key(a) == key(b); });
    if (twice == order.end()) return {};
    const IssuedForecast& forecast = forecasts_[*twice];
    return base::InvalidArgument(fmt::format(
        "{}:{}: the forecast for {} at {} issued on {} for {} days later stands on line {} "
        "already; judge one model at a time",
        name_, lines_[*(twice + 1)], airquality::Name(forecast.pollutant), forecast.site.ToString(),
        base::FormatDay(forecast.issue_day), forecast.horizon_days, lines_[*twice]));
  }

  std::string_view name_;
  std::array<std::size_t, kColumnCount> columns_{};  // field of each column, width_ when absent
  std::size_t width_ = 0;
  std::span<const std::string_view> fields_;
  std::uint64_t line_ = 0;
  std::vector<IssuedForecast> forecasts_;
  std::vector<std::uint64_t> lines_;  // beside forecasts_
};

}  // namespace

base::Result<std::vector<IssuedForecast>> ReadForecasts(formats::ByteSource& bytes,
                                                        std::string_view name) {
  formats::CsvReader csv(bytes);
  ForecastRows rows(name);
  for (bool header = true;; header = false) {
    GC_ASSIGN_OR_RETURN(const formats::CsvEvent event, csv.Next());
    if (event == formats::CsvEvent::kFault) {
      return base::InvalidArgument(
          fmt::format("{}:{}: {}", name, csv.fault().line, formats::Describe(csv.fault().kind)));
    }
    if (event == formats::CsvEvent::kEnd) {
      if (header) return base::InvalidArgument(fmt::format("{}: empty", name));
      break;
    }
    GC_RETURN_IF_ERROR(header ? rows.ReadHeader(csv.fields())
                              : rows.ReadRow(csv.fields(), csv.line()));
  }
  return std::move(rows).Finish();
}

}  // namespace geoclimate::app
