#include "geoclimate/forecast/forecast_csv.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <span>
#include <unordered_map>
#include <utility>

#include "geoclimate/forecast/baselines.h"
#include "geoclimate/forecast/judge.h"
#include "geoclimate/formats/csv.h"
#include "geoclimate/formats/utf8.h"

namespace geoclimate::forecast {
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
  kGroup,
  kColumnCount,
};
constexpr std::array<std::string_view, kColumnCount> kNames = {
    "pollutant", "site_id", "issued_date", "horizon_days",   "valid_date", "mean",
    "p10",       "p50",     "p90",         "p_aqi_over_100", "model_id",   "group"};
constexpr float kNotGiven = std::numeric_limits<float>::quiet_NaN();
constexpr std::size_t kLongestGroup = 64;
constexpr std::size_t kLongestDetail = 200;
// Nothing was measured before, and ForecastKey() holds them.
constexpr base::LocalDay kFirstDay = base::MakeDay(1900, 1, 1);
constexpr base::LocalDay kLastDay = base::MakeDay(2199, 12, 31);

constexpr std::array<std::string_view, kForecastRejectCount> kRejectNames = {
    "record_too_long", "malformed_quotes", "field_count",    "bad_pollutant", "bad_site_id",
    "bad_date",        "bad_lead_time",    "dates_disagree", "bad_number",    "bad_probability",
    "quantiles_cross", "nothing_given",    "bad_group",      "stands_twice"};

bool Given(float value) {
  return !std::isnan(value);
}

// Details quote the file, and people's terminals obey what some bytes say.
std::string Printable(std::string_view text) {
  std::string printable(text.substr(0, kLongestDetail));
  for (char& c : printable) {
    if (c < 0x20 || c > 0x7e) c = '?';
  }
  return printable;
}

// Reads the lines of one file. What is wrong with a line is told by wrong_, and by the false that
// the functions return then.
class ForecastRows {
 public:
  ForecastRows(std::string_view name, const std::function<void(const RejectedForecast&)>& rejected)
      : name_(name), rejected_(rejected) {}

  base::Result<void> ReadHeader(std::span<const std::string_view> fields) {
    for (std::size_t column = 0; column < kColumnCount; ++column) {
      const auto found = std::find(fields.begin(), fields.end(), kNames[column]);
      columns_[column] = static_cast<std::size_t>(found - fields.begin());
    }
    width_ = fields.size();
    for (const Column required : {kPollutant, kSite, kIssued}) {
      if (!Has(required)) return Missing(kNames[required]);
    }
    if (!Has(kHorizon) && !Has(kValid)) return Missing("horizon_days' or 'valid_date");
    if (!Has(kMean) && !Has(kP50) && !(Has(kP10) && Has(kP90)) && !Has(kProbability)) {
      return Missing("mean', 'p50', 'p_aqi_over_100' or 'p10' and 'p90");
    }
    return {};
  }

  void ReadRow(std::span<const std::string_view> fields, std::uint64_t line) {
    fields_ = fields;
    if (fields.size() == 1 && fields[0].empty()) return;
    wrong_ = {line, {}, ForecastReject::kFieldCount, {}};
    IssuedForecast forecast;
    std::uint32_t group = 0;
    if (!ReadFields(forecast) || !ReadGroup(group)) {
      Reject(wrong_);
      return;
    }
    file_.forecasts.push_back(std::move(forecast));
    lines_.push_back(line);
    if (Has(kGroup)) file_.group_of.push_back(group);
  }

  void ReadFault(const formats::CsvFault& fault) {
    const bool quotes = fault.kind == formats::CsvFaultKind::kTextAfterQuote ||
                        fault.kind == formats::CsvFaultKind::kUnclosedQuote;
    const bool fields = fault.kind == formats::CsvFaultKind::kTooManyFields;
    Reject({fault.line,
            {},
            quotes   ? ForecastReject::kMalformedQuotes
            : fields ? ForecastReject::kFieldCount
                     : ForecastReject::kRecordTooLong,
            std::string(formats::Describe(fault.kind))});
  }

  ForecastFile Finish() && {
    RejectRepeated();
    return std::move(file_);
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
  bool Wrong(ForecastReject reason, Column column, std::string detail) {
    wrong_.reason = reason;
    wrong_.column = kNames[column];
    wrong_.detail = std::move(detail);
    return false;
  }
  void Reject(RejectedForecast row) {
    ++file_.rejects[static_cast<std::size_t>(row.reason)];
    row.detail = Printable(row.detail);
    rejected_(row);
  }

  bool ReadFields(IssuedForecast& forecast) {
    if (fields_.size() != width_) {
      wrong_.detail = fmt::format("{} fields under a header of {}", fields_.size(), width_);
      return false;
    }
    forecast.mean = forecast.p10 = forecast.p50 = forecast.p90 = kNotGiven;
    forecast.probability_over_100 = kNotGiven;
    if (!Parse(kPollutant, airquality::ParsePollutant, ForecastReject::kBadPollutant,
               forecast.pollutant) ||
        !Parse(kSite, airquality::SiteId::Parse, ForecastReject::kBadSiteId, forecast.site) ||
        !ReadDay(kIssued, forecast.issue_day) ||
        !ReadHorizon(forecast.issue_day, forecast.horizon_days) ||
        !ReadNumber(kMean, forecast.mean) || !ReadNumber(kP10, forecast.p10) ||
        !ReadNumber(kP50, forecast.p50) || !ReadNumber(kP90, forecast.p90) ||
        !ReadNumber(kProbability, forecast.probability_over_100)) {
      return false;
    }
    forecast.model_id = Text(kModel);
    return Check(forecast);
  }

  template <typename ParseText, typename T>
  bool Parse(Column column, ParseText parse, ForecastReject reason, T& value) {
    const auto parsed = parse(Text(column));
    if (!parsed.ok()) return Wrong(reason, column, parsed.error().message());
    value = *parsed;
    return true;
  }

  bool ReadDay(Column column, base::LocalDay& day) {
    if (!Parse(column, base::ParseDay, ForecastReject::kBadDate, day)) return false;
    if (day >= kFirstDay && day <= kLastDay) return true;
    return Wrong(ForecastReject::kBadDate, column,
                 fmt::format("'{}' is not within 1900 to 2199", Text(column)));
  }

  bool ReadNumber(Column column, float& number) {
    const std::string_view text = Text(column);
    if (text.empty()) return true;
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    // Concentrations hold anything within this, and nothing on earth is near it.
    if (error != std::errc() || end != text.data() + text.size() || !(std::abs(value) < 1e9)) {
      return Wrong(ForecastReject::kBadNumber, column,
                   fmt::format("'{}' is no number within 1e9", text));
    }
    number = static_cast<float>(value);
    return true;
  }

  bool ReadHorizon(base::LocalDay issue_day, int& horizon_days) {
    std::optional<std::int64_t> horizon;
    if (const std::string_view text = Text(kHorizon); !text.empty()) {
      std::int64_t days = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), days);
      if (error != std::errc() || end != text.data() + text.size()) {
        return Wrong(ForecastReject::kBadLeadTime, kHorizon,
                     fmt::format("'{}' is no whole number", text));
      }
      horizon = days;
    }
    if (!Text(kValid).empty()) {
      base::LocalDay valid;
      if (!ReadDay(kValid, valid)) return false;
      const std::int64_t days = (valid - issue_day).count();
      if (horizon && *horizon != days) {
        return Wrong(
            ForecastReject::kDatesDisagree, kValid,
            fmt::format("'{}' is not {} days after '{}'", Text(kValid), *horizon, Text(kIssued)));
      }
      horizon = days;
    }
    const Column column = Text(kHorizon).empty() && Has(kValid) ? kValid : kHorizon;
    if (!horizon) {
      return Wrong(ForecastReject::kBadLeadTime, column, "neither horizon_days nor valid_date");
    }
    if (*horizon < 1 || *horizon > Baselines::kMaxHorizon) {
      return Wrong(ForecastReject::kBadLeadTime, column,
                   fmt::format("{} is not within 1 to {} days", *horizon, Baselines::kMaxHorizon));
    }
    horizon_days = static_cast<int>(*horizon);
    return true;
  }

  bool Check(const IssuedForecast& forecast) {
    if (!Given(forecast.mean) && !Given(forecast.p50) &&
        !(Given(forecast.p10) && Given(forecast.p90)) && !Given(forecast.probability_over_100)) {
      wrong_.reason = ForecastReject::kNothingGiven;
      wrong_.detail = "no mean, p50, p10 with p90, nor p_aqi_over_100";
      return false;
    }
    constexpr auto kCross = ForecastReject::kQuantilesCross;
    // False where either is not given.
    if (forecast.p10 > forecast.p90) return Wrong(kCross, kP90, "below p10");
    if (forecast.p10 > forecast.p50) return Wrong(kCross, kP50, "below p10");
    if (forecast.p50 > forecast.p90) return Wrong(kCross, kP90, "below p50");
    if (forecast.probability_over_100 < 0 || forecast.probability_over_100 > 1) {
      return Wrong(ForecastReject::kBadProbability, kProbability,
                   fmt::format("'{}' is not within 0 to 1", Text(kProbability)));
    }
    return true;
  }

  bool ReadGroup(std::uint32_t& group) {
    if (!Has(kGroup)) return true;
    const std::string_view text = Text(kGroup);
    const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
    if (text.size() > kLongestGroup || !formats::IsUtf8(text) ||
        std::any_of(text.begin(), text.end(), control)) {
      return Wrong(ForecastReject::kBadGroup, kGroup,
                   "longer than 64 bytes, not UTF-8, or with control characters");
    }
    const auto [found, added] = group_index_.try_emplace(
        std::string(text), static_cast<std::uint32_t>(file_.groups.size()));
    if (added) file_.groups.emplace_back(text);
    group = found->second;
    return true;
  }

  // No rule says which of two forecasts counts, but for the order of the file.
  void RejectRepeated() {
    std::vector<std::pair<std::uint64_t, std::size_t>> order(file_.forecasts.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = {ForecastKey(file_.forecasts[i]), i};
    std::sort(order.begin(), order.end());
    std::vector<std::pair<std::size_t, std::size_t>>
        repeated;  // the later one, the one that counts
    for (std::size_t i = 0, first = 0; i < order.size(); ++i) {
      if (order[i].first != order[first].first) first = i;
      if (i != first) repeated.emplace_back(order[i].second, order[first].second);
    }
    if (repeated.empty()) return;
    std::sort(repeated.begin(), repeated.end());
    std::vector<bool> keep(file_.forecasts.size(), true);
    for (const auto& [later, first] : repeated) {
      keep[later] = false;
      Reject({lines_[later], {}, ForecastReject::kStandsTwice, Describe(later, first)});
    }
    std::size_t kept = 0;
    for (std::size_t i = 0; i < keep.size(); ++i) {
      if (!keep[i]) continue;
      if (kept != i) {
        file_.forecasts[kept] = std::move(file_.forecasts[i]);
        if (Has(kGroup)) file_.group_of[kept] = file_.group_of[i];
      }
      ++kept;
    }
    file_.forecasts.resize(kept);
    if (Has(kGroup)) file_.group_of.resize(kept);
  }

  std::string Describe(std::size_t later, std::size_t first) const {
    const IssuedForecast& forecast = file_.forecasts[later];
    return fmt::format("{} at {} issued on {} for {} days later stands on line {} already",
                       airquality::Name(forecast.pollutant), forecast.site.ToString(),
                       base::FormatDay(forecast.issue_day), forecast.horizon_days, lines_[first]);
  }

  std::string_view name_;
  const std::function<void(const RejectedForecast&)>& rejected_;
  std::array<std::size_t, kColumnCount> columns_{};  // field of each column, width_ when absent
  std::size_t width_ = 0;
  std::span<const std::string_view> fields_;
  RejectedForecast wrong_;
  ForecastFile file_;
  std::vector<std::uint64_t> lines_;  // beside file_.forecasts
  std::unordered_map<std::string, std::uint32_t> group_index_;
};

}  // namespace

std::string_view RejectName(ForecastReject reason) {
  return kRejectNames[static_cast<std::size_t>(reason)];
}

std::uint64_t ForecastFile::rejected() const {
  return std::accumulate(rejects.begin(), rejects.end(), std::uint64_t{0});
}

base::Result<ForecastFile> ReadForecasts(
    formats::ByteSource& bytes, std::string_view name,
    const std::function<void(const RejectedForecast&)>& rejected) {
  formats::CsvReader csv(bytes);
  ForecastRows rows(name, rejected);
  for (bool header = true;; header = false) {
    GC_ASSIGN_OR_RETURN(const formats::CsvEvent event, csv.Next());
    if (event == formats::CsvEvent::kEnd) {
      if (header) return base::InvalidArgument(fmt::format("{}: empty", name));
      break;
    }
    if (event == formats::CsvEvent::kFault) {
      if (header) {
        return base::InvalidArgument(
            fmt::format("{}:{}: {}", name, csv.fault().line, formats::Describe(csv.fault().kind)));
      }
      rows.ReadFault(csv.fault());
    } else if (header) {
      GC_RETURN_IF_ERROR(rows.ReadHeader(csv.fields()));
    } else {
      rows.ReadRow(csv.fields(), csv.line());
    }
  }
  return std::move(rows).Finish();
}

}  // namespace geoclimate::forecast
