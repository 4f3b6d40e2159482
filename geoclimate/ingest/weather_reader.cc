#include "geoclimate/ingest/weather_reader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <limits>
#include <utility>

#include "geoclimate/base/check.h"
#include "geoclimate/formats/utf8.h"
#include "geoclimate/ingest/source_description.h"
#include "geoclimate/ingest/text.h"

namespace geoclimate::ingest {
namespace {

using formats::CsvEvent;

constexpr std::int32_t kAbsent = -1;
constexpr std::size_t kShownField = 80;
// An issue date without a time: late enough to be unknown at 15:00, when operational forecasts are
// issued, and early enough to be of its day in the next time zones too.
constexpr std::chrono::hours kDateOnlyIssue{21};

constexpr std::array<std::string_view, kWeatherRoleCount> kRoleTitles = {
    "the site", "the latitude", "the longitude", "when a forecast was issued",
    "for when a forecast is valid"};

std::optional<double> ParseNumber(std::string_view text) {
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, status] = std::from_chars(text.data(), end, value);
  if (status != std::errc() || stop != end || !std::isfinite(value)) return std::nullopt;
  return value;
}

// As programs write a value that is missing.
bool IsMissing(std::string_view text) {
  return text.empty() || text == "NaN" || text == "nan" || text == "null" || text == "NA";
}

std::string Quoted(std::string_view what, std::string_view text) {
  return fmt::format("{} '{}'", what, Readable(text, kShownField));
}

}  // namespace

void WeatherCounts::Add(const WeatherCounts& other) {
  rows += other.rows;
  forecasts += other.forecasts;
  not_ahead += other.not_ahead;
  rejected += other.rejected;
  for (std::size_t i = 0; i < kRejectReasonCount; ++i) {
    rejected_by_reason[i] += other.rejected_by_reason[i];
  }
}

base::Result<std::unique_ptr<WeatherReader>> WeatherReader::Open(formats::ByteSource& bytes,
                                                                 const WeatherTable& table,
                                                                 WeatherReaderOptions options) {
  GC_CHECK(options.batch_rows > 0, "a batch holds rows");
  std::unique_ptr<WeatherReader> reader(new WeatherReader(bytes, table, options));
  GC_RETURN_IF_ERROR(reader->ReadHeader());
  return reader;
}

base::Result<void> WeatherReader::ReadHeader() {
  while (true) {
    GC_ASSIGN_OR_RETURN(const CsvEvent event, csv_.Next());
    if (event == CsvEvent::kEnd) return base::InvalidArgument("the file is empty");
    if (event == CsvEvent::kFault) {
      return base::InvalidArgument(fmt::format("the header cannot be taken apart: {}",
                                               formats::Describe(csv_.fault().kind)));
    }
    const std::span<const std::string_view> header = csv_.fields();
    if (header.size() == 1 && Trim(header.front()).empty()) continue;
    return MatchHeader(header);
  }
}

base::Result<void> WeatherReader::MatchHeader(std::span<const std::string_view> header) {
  field_count_ = header.size();
  role_fields_.fill(kAbsent);
  std::vector<std::int32_t> fields(table_.variables.size(), kAbsent);
  for (std::size_t i = 0; i < header.size(); ++i) {
    const std::string name = NormalizeHeader(header[i]);
    std::int32_t* field = nullptr;
    for (std::size_t role = 0; role < kWeatherRoleCount; ++role) {
      if (std::ranges::count(table_.headers[role], name) > 0) field = &role_fields_[role];
    }
    const auto variable = std::ranges::find(table_.variable_headers, name);
    if (variable != table_.variable_headers.end()) {
      field = &fields[static_cast<std::size_t>(variable - table_.variable_headers.begin())];
    }
    if (field == nullptr) {
      unknown_columns_.push_back(Readable(header[i], kShownField));
    } else if (*field != kAbsent) {
      return base::InvalidArgument(fmt::format(
          "two columns mean the same: {} and {}",
          Quoted("column", header[static_cast<std::size_t>(*field)]), Quoted("column", header[i])));
    } else {
      *field = static_cast<std::int32_t>(i);
    }
  }
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields[i] == kAbsent) continue;
    variables_.push_back(i);
    variable_fields_.push_back(static_cast<std::size_t>(fields[i]));
  }
  row_values_.resize(variables_.size());
  return CheckColumns(header);
}

base::Result<void> WeatherReader::CheckColumns(std::span<const std::string_view> header) const {
  const auto has = [this](WeatherRole role) {
    return role_fields_[static_cast<std::size_t>(role)] != kAbsent;
  };
  const auto missing = [&](WeatherRole role) {
    const auto index = static_cast<std::size_t>(role);
    std::string found;
    for (const std::string_view name : header) {
      found += fmt::format("{}{}", found.empty() ? "" : ", ", Readable(name, kShownField));
    }
    return base::InvalidArgument(fmt::format(
        "no column says {}: expected '{}' (blanks for underscores are fine), found {}",
        kRoleTitles[index], fmt::join(table_.headers[index], "' or '"), Readable(found, 400)));
  };
  for (const WeatherRole role : {WeatherRole::kIssued, WeatherRole::kValid}) {
    if (!has(role)) return missing(role);
  }
  if (has(WeatherRole::kLatitude) != has(WeatherRole::kLongitude)) {
    return missing(has(WeatherRole::kLatitude) ? WeatherRole::kLongitude : WeatherRole::kLatitude);
  }
  if (!has(WeatherRole::kSiteId) && !has(WeatherRole::kLatitude)) {
    return missing(WeatherRole::kSiteId);
  }
  if (!variables_.empty()) return {};
  return base::InvalidArgument(
      fmt::format("no column is a variable that config/weather declares; found {}",
                  Readable(fmt::format("{}", fmt::join(unknown_columns_, ", ")), 400)));
}

base::Result<std::optional<WeatherBatch>> WeatherReader::Next() {
  if (ended_) return std::optional<WeatherBatch>();
  WeatherBatch batch;
  for (std::size_t rows = 0; rows < options_.batch_rows; ++rows) {
    GC_ASSIGN_OR_RETURN(const CsvEvent event, csv_.Next());
    if (event == CsvEvent::kEnd) {
      ended_ = true;
      break;
    }
    if (event == CsvEvent::kRecord) {
      TakeRecord(batch);
    } else {
      Reject(batch, RejectFault(csv_));
    }
  }
  return std::optional<WeatherBatch>(std::move(batch));
}

void WeatherReader::TakeRecord(WeatherBatch& batch) {
  switch (ParseRow()) {
    case RowOutcome::kBlank:
      return;
    case RowOutcome::kRejected:
      Reject(batch, RejectRecord(csv_, why_));
      return;
    case RowOutcome::kNotAhead:
      ++counts_.not_ahead;
      break;
    case RowOutcome::kForecast:
      ++counts_.forecasts;
      batch.forecasts.push_back(forecast_);
      batch.values.insert(batch.values.end(), row_values_.begin(), row_values_.end());
      break;
  }
  ++counts_.rows;
}

void WeatherReader::Reject(WeatherBatch& batch, RejectedRow row) {
  ++counts_.rows;
  ++counts_.rejected;
  ++counts_.rejected_by_reason[static_cast<std::size_t>(row.reason)];
  batch.rejected.push_back(std::move(row));
}

WeatherReader::RowOutcome WeatherReader::ParseRow() {
  const std::span<const std::string_view> fields = csv_.fields();
  if (std::ranges::all_of(fields, [](std::string_view field) { return Trim(field).empty(); })) {
    return RowOutcome::kBlank;
  }
  if (fields.size() != field_count_) {
    RejectField(kAbsent, RejectReason::kFieldCount,
                fmt::format("{} fields where the header has {}", fields.size(), field_count_));
    return RowOutcome::kRejected;
  }
  if (!ParsePlace() || !ParseIssued() || !ParseValid() || !ParseValues()) {
    return RowOutcome::kRejected;
  }
  return forecast_.issued_at < base::DayStart(forecast_.valid_day, utc_offset_)
             ? RowOutcome::kForecast
             : RowOutcome::kNotAhead;
}

std::string_view WeatherReader::Field(WeatherRole role) const {
  const std::int32_t field = role_fields_[static_cast<std::size_t>(role)];
  return field == kAbsent ? std::string_view()
                          : Trim(csv_.fields()[static_cast<std::size_t>(field)]);
}

bool WeatherReader::RejectField(std::int32_t field, RejectReason reason, std::string detail) {
  if (field != kAbsent && !formats::IsUtf8(csv_.fields()[static_cast<std::size_t>(field)])) {
    reason = RejectReason::kBadEncoding;
    detail = "not UTF-8: " + detail;
  }
  why_ = {.line = 0,
          .column = static_cast<std::uint32_t>(field + 1),
          .reason = reason,
          .detail = std::move(detail),
          .text = {}};
  return false;
}

bool WeatherReader::ParsePlace() {
  const std::string_view text = Field(WeatherRole::kSiteId);
  if (text.empty()) return ParsePoint();
  const base::Result<airquality::SiteId> id = airquality::SiteId::Parse(text);
  if (!id.ok()) {
    return RejectField(role_fields_[static_cast<std::size_t>(WeatherRole::kSiteId)],
                       RejectReason::kBadSiteId, Quoted("site id", text));
  }
  forecast_.place = *id;
  utc_offset_ = airquality::StandardUtcOffset(*id, std::nullopt);
  return true;
}

bool WeatherReader::ParsePoint() {
  const auto parse = [this](WeatherRole role, std::string_view what, double least,
                            double most) -> std::optional<double> {
    const std::int32_t field = role_fields_[static_cast<std::size_t>(role)];
    const std::string_view text = Field(role);
    const std::optional<double> degrees = ParseNumber(text);
    if (text.empty()) {
      RejectField(field, RejectReason::kMissingField, fmt::format("no {}", what));
    } else if (!degrees || *degrees < least || *degrees > most) {
      RejectField(field, RejectReason::kBadCoordinates, Quoted(what, text));
    } else {
      return degrees;
    }
    return std::nullopt;
  };
  const auto latitude = parse(WeatherRole::kLatitude, "latitude", -90, 90);
  if (!latitude) return false;
  // Models count from 0 to 360 too.
  const auto longitude = parse(WeatherRole::kLongitude, "longitude", -180, 360);
  if (!longitude) return false;
  const airquality::Coordinates point{*latitude, *longitude > 180 ? *longitude - 360 : *longitude};
  forecast_.place = point;
  utc_offset_ = airquality::StandardUtcOffset(airquality::SiteId(), point);
  return true;
}

bool WeatherReader::ParseMoment(WeatherRole role, std::string_view what, MomentReading& reading) {
  const std::string_view text = Field(role);
  const std::int32_t field = role_fields_[static_cast<std::size_t>(role)];
  reading = ReadMoment(text);
  switch (reading.status) {
    case MomentStatus::kMoment:
      return true;
    case MomentStatus::kNoSuchMoment:
      return RejectField(field, RejectReason::kImpossibleDate, Quoted("there is no time", text));
    case MomentStatus::kOtherFormat:
      break;
  }
  if (text.empty())
    return RejectField(field, RejectReason::kMissingField, fmt::format("no {}", what));
  return RejectField(field, RejectReason::kBadDate, Quoted(what, text));
}

bool WeatherReader::ParseIssued() {
  MomentReading issued;
  if (!ParseMoment(WeatherRole::kIssued, "issue time", issued)) return false;
  forecast_.issued_at =
      issued.time ? *issued.time : base::DayStart(issued.day, utc_offset_) + kDateOnlyIssue;
  return true;
}

bool WeatherReader::ParseValid() {
  MomentReading valid;
  if (!ParseMoment(WeatherRole::kValid, "valid time", valid)) return false;
  if (!valid.time) {
    forecast_.valid_day = valid.day;
    forecast_.valid_time.reset();
    return true;
  }
  forecast_.valid_day = base::DayOf(*valid.time, utc_offset_);
  forecast_.valid_time = std::chrono::floor<std::chrono::minutes>(
      *valid.time - base::DayStart(forecast_.valid_day, utc_offset_));
  return true;
}

bool WeatherReader::ParseValues() {
  bool any = false;
  for (std::size_t i = 0; i < variables_.size(); ++i) {
    const std::size_t field = variable_fields_[i];
    const std::string_view text = Trim(csv_.fields()[field]);
    if (IsMissing(text)) {
      row_values_[i] = std::numeric_limits<float>::quiet_NaN();
      continue;
    }
    const airquality::WeatherVariable& variable = table_.variables[variables_[i]];
    const std::optional<double> value = ParseNumber(text);
    if (!value) {
      return RejectField(static_cast<std::int32_t>(field), RejectReason::kBadValue,
                         Quoted(variable.name, text));
    }
    if (*value < double{variable.min} || *value > double{variable.max}) {
      return RejectField(static_cast<std::int32_t>(field), RejectReason::kImplausibleValue,
                         fmt::format("{} is not within {} to {} {}", Quoted(variable.name, text),
                                     variable.min, variable.max, variable.unit));
    }
    row_values_[i] = static_cast<float>(*value);
    any = true;
  }
  if (any) return true;
  return RejectField(kAbsent, RejectReason::kMissingValue, "no variable has a value");
}

}  // namespace geoclimate::ingest
