#include "geoclimate/ingest/row_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "geoclimate/formats/utf8.h"
#include "geoclimate/ingest/date_parser.h"
#include "geoclimate/ingest/text.h"

namespace geoclimate::ingest {
namespace {

using airquality::Pollutant;
using airquality::SiteId;
using airquality::Statistic;

constexpr std::size_t kShownField = 80;
constexpr std::size_t kLongestName = 200;

// EPA's exports of SAS tables write a value that is missing as a dot.
bool IsMissing(std::string_view text) {
  return text.empty() || text == ".";
}

template <typename T>
std::optional<T> ParseNumber(std::string_view text) {
  T value{};
  const char* const end = text.data() + text.size();
  const auto [stop, status] = std::from_chars(text.data(), end, value);
  if (status != std::errc() || stop != end) return std::nullopt;
  return value;
}

std::string Quoted(std::string_view what, std::string_view text) {
  return fmt::format("{} '{}'", what, Readable(text, kShownField));
}

std::string_view UnitName(airquality::Unit unit) {
  for (const Pollutant pollutant : airquality::kPollutants) {
    if (Traits(pollutant).unit == unit) return Traits(pollutant).unit_name;
  }
  return "?";
}

}  // namespace

RowParser::RowParser(const ColumnMap& columns) : columns_(columns), source_(*columns.source) {}

std::string_view RowParser::Field(Role role) const {
  const std::int32_t field = columns_.FieldOf(role);
  return field == ColumnMap::kAbsent ? std::string_view()
                                     : Trim(fields_[static_cast<std::size_t>(field)]);
}

bool RowParser::IsBlank() const {
  return std::all_of(fields_.begin(), fields_.end(),
                     [](std::string_view field) { return Trim(field).empty(); });
}

bool RowParser::RejectField(std::int32_t field, RejectReason reason, std::string detail) {
  rejected_.column = static_cast<std::uint32_t>(field + 1);
  rejected_.reason = reason;
  rejected_.detail = std::move(detail);
  return false;
}

bool RowParser::Reject(Role role, RejectReason reason, std::string detail) {
  return RejectField(columns_.FieldOf(role), reason, std::move(detail));
}

// For a field that does not read as what it should be.
bool RowParser::RejectText(Role role, RejectReason reason, std::string_view what) {
  const std::string_view text = Field(role);
  if (!formats::IsUtf8(text))
    return Reject(role, RejectReason::kBadEncoding, Quoted("not UTF-8:", text));
  if (text.empty()) return Reject(role, RejectReason::kMissingField, fmt::format("no {}", what));
  return Reject(role, reason, Quoted(what, text));
}

RowOutcome RowParser::Parse(std::span<const std::string_view> fields) {
  fields_ = fields;
  news_of_site_ = nullptr;
  if (fields.size() != columns_.field_count) {
    if (IsBlank()) return RowOutcome::kBlank;
    RejectField(
        ColumnMap::kAbsent, RejectReason::kFieldCount,
        fmt::format("{} fields where the header has {}", fields.size(), columns_.field_count));
    return RowOutcome::kRejected;
  }
  if (Field(Role::kDate).empty() && IsBlank()) return RowOutcome::kBlank;
  if (!ParseDate() || !ParseSiteId() || !ParseParameter()) return RowOutcome::kRejected;
  if (!parameter_.skipped_as.empty()) return RowOutcome::kSkipped;
  const bool taken = ParseStatistic() && ParseUnits() && ParseValue() && ParsePoc() && ParseAqi() &&
                     ParseCount() && ParseCompleteness() && ParseSource() && ParseEventType() &&
                     ParseSite();
  if (!taken) return RowOutcome::kRejected;
  SetMonitor();
  observation_.key.start = base::DayStart(day_, site_->site.utc_offset);
  observation_.key.duration = airquality::Duration::kDay;
  return RowOutcome::kObservation;
}

bool RowParser::ParseDate() {
  const std::string_view text = Field(Role::kDate);
  const DateReading reading = ReadDate(text, source_.dates);
  switch (reading.status) {
    case DateStatus::kDay:
      day_ = reading.day;
      return true;
    case DateStatus::kNoSuchDay:
      return Reject(Role::kDate, RejectReason::kImpossibleDate, Quoted("there is no day", text));
    case DateStatus::kOtherFormat:
      break;
  }
  return RejectText(Role::kDate, RejectReason::kBadDate, "date");
}

bool RowParser::ParseSiteId() {
  if (columns_.FieldOf(Role::kSiteId) != ColumnMap::kAbsent) {
    const std::string_view text = Field(Role::kSiteId);
    return last_site_.Is(text) ? TakeLastSite() : ParseNewSiteId(Role::kSiteId, text);
  }
  const std::string_view state = Field(Role::kStateCode);
  const std::string_view county = Field(Role::kCountyCode);
  const std::string_view site = Field(Role::kSiteNumber);
  joined_.assign(state).append(1, '-').append(county).append(1, '-').append(site);
  return last_site_.Is(joined_) ? TakeLastSite() : ParseNewSiteId(Role::kSiteNumber, joined_);
}

bool RowParser::TakeLastSite() {
  observation_.key.site = *last_site_.value;
  return true;
}

bool RowParser::ParseNewSiteId(Role role, std::string_view text) {
  const base::Result<SiteId> id = SiteId::Parse(text);
  if (id.ok()) {
    last_site_.Set(text, *id);
    return TakeLastSite();
  }
  if (!formats::IsUtf8(text)) {
    return Reject(role, RejectReason::kBadEncoding, Quoted("not UTF-8:", text));
  }
  if (text.empty() || text == "--") {
    return Reject(role, RejectReason::kMissingField, "no site id");
  }
  return Reject(role, RejectReason::kBadSiteId, Quoted("site id", text));
}

bool RowParser::ParseParameter() {
  const std::string_view text = Field(Role::kParameter);
  if (text.empty()) {
    // No code: the column of concentrations tells, which MatchHeader saw to be only one.
    const std::optional<airquality::ParameterCode> code = columns_.values.front().column->parameter;
    if (!code) {
      return Reject(Role::kParameter, RejectReason::kMissingField, "no parameter code");
    }
    parameter_ = {*code, airquality::PollutantOf(*code), {}};
    if (const auto skipped = source_.skipped.find(*code); skipped != source_.skipped.end()) {
      parameter_.skipped_as = skipped->second;
    }
  } else if (last_parameter_.Is(text)) {
    parameter_ = *last_parameter_.value;
  } else {
    const auto code = ParseNumber<airquality::ParameterCode>(text);
    if (!code) return RejectText(Role::kParameter, RejectReason::kBadParameter, "parameter code");
    parameter_ = {*code, airquality::PollutantOf(*code), {}};
    if (const auto skipped = source_.skipped.find(*code); skipped != source_.skipped.end()) {
      parameter_.skipped_as = skipped->second;
    } else if (!parameter_.pollutant) {
      return Reject(Role::kParameter, RejectReason::kUnknownParameter,
                    Quoted("no AQI is defined for parameter", text));
    }
    last_parameter_.Set(text, parameter_);
  }
  observation_.key.parameter = parameter_.code;
  return true;
}

bool RowParser::ParseStatistic() {
  monitor_.reset();
  if (source_.durations.empty()) {
    value_column_ = columns_.values.front().column;
    value_field_ = columns_.values.front().field;
    observation_.key.statistic = value_column_->statistics.front();
  } else {
    const std::string_view text = Field(Role::kDuration);
    if (!last_duration_.Is(text)) {
      const auto rule = source_.durations.find(NormalizeText(text));
      if (rule == source_.durations.end()) {
        return RejectText(Role::kDuration, RejectReason::kUnknownDuration, "sample duration");
      }
      last_duration_.Set(text, rule->second);
    }
    const DurationRule& rule = *last_duration_.value;
    monitor_ = rule.monitor;
    observation_.key.statistic = rule.statistic;
    value_column_ = nullptr;
    for (const ColumnMap::Value& value : columns_.values) {
      const auto& statistics = value.column->statistics;
      if (std::find(statistics.begin(), statistics.end(), rule.statistic) != statistics.end()) {
        value_column_ = value.column;
        value_field_ = value.field;
      }
    }
    if (value_column_ == nullptr) {
      return Reject(Role::kDuration, RejectReason::kMissingValue,
                    Quoted("the file has no column for sample duration", text));
    }
  }
  const std::optional<airquality::ParameterCode> expected = value_column_->parameter;
  if (expected && airquality::PollutantOf(*expected) != parameter_.pollutant) {
    return Reject(
        Role::kParameter, RejectReason::kParameterMismatch,
        fmt::format("parameter {} in a column of parameter {}", parameter_.code, *expected));
  }
  return true;
}

bool RowParser::ParseUnits() {
  const std::string_view text = Field(Role::kUnits);
  if (text.empty()) return true;
  if (!last_unit_.Is(text)) {
    const auto unit = source_.units.find(NormalizeText(text));
    if (unit == source_.units.end()) {
      return RejectText(Role::kUnits, RejectReason::kUnknownUnit, "unit");
    }
    last_unit_.Set(text, unit->second);
  }
  const airquality::PollutantTraits& traits = Traits(*parameter_.pollutant);
  if (*last_unit_.value == traits.unit) return true;
  return Reject(Role::kUnits, RejectReason::kWrongUnit,
                fmt::format("unit {} where {} is in {}", UnitName(*last_unit_.value), traits.name,
                            traits.unit_name));
}

bool RowParser::ParseValue() {
  const std::string_view text = Trim(fields_[static_cast<std::size_t>(value_field_)]);
  if (IsMissing(text)) {
    return RejectField(value_field_, RejectReason::kMissingValue, "no concentration");
  }
  const base::Result<airquality::Concentration> value = airquality::Concentration::Parse(text);
  if (!value.ok()) {
    if (!formats::IsUtf8(text)) {
      return RejectField(value_field_, RejectReason::kBadEncoding, Quoted("not UTF-8:", text));
    }
    const bool too_large = value.error().code() == base::ErrorCode::kOutOfRange;
    return RejectField(value_field_,
                       too_large ? RejectReason::kImplausibleValue : RejectReason::kBadValue,
                       Quoted("concentration", text));
  }
  const PlausibleRange& range =
      source_.plausible[static_cast<std::size_t>(Index(*parameter_.pollutant))];
  if (*value < range.low || *value > range.high) {
    return RejectField(value_field_, RejectReason::kImplausibleValue,
                       fmt::format("concentration '{}' of {} is not within {} to {} {}", text,
                                   Name(*parameter_.pollutant), range.low.ToString(),
                                   range.high.ToString(), Traits(*parameter_.pollutant).unit_name));
  }
  observation_.value = *value;
  return true;
}

bool RowParser::ParsePoc() {
  const std::string_view text = Field(Role::kPoc);
  observation_.key.poc = 0;
  if (text.empty()) return true;
  const auto poc = ParseNumber<std::uint16_t>(text);
  if (!poc) return RejectText(Role::kPoc, RejectReason::kBadPoc, "POC");
  observation_.key.poc = *poc;
  return true;
}

bool RowParser::ParseAqi() {
  std::string_view text = Field(Role::kAqi);
  file_aqi_.reset();
  if (IsMissing(text)) return true;
  const std::size_t dot = text.find('.');
  const std::string_view decimals = dot == std::string_view::npos ? "" : text.substr(dot + 1);
  if (!std::all_of(decimals.begin(), decimals.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    return RejectText(Role::kAqi, RejectReason::kBadAqi, "AQI");
  }
  const auto whole = ParseNumber<std::int32_t>(text.substr(0, dot));
  if (!whole) return RejectText(Role::kAqi, RejectReason::kBadAqi, "AQI");
  if (decimals.find_first_not_of('0') != std::string_view::npos) {
    return Reject(Role::kAqi, RejectReason::kFractionalAqi, Quoted("AQI", text));
  }
  if (*whole < 0) return RejectText(Role::kAqi, RejectReason::kBadAqi, "AQI");
  file_aqi_ = *whole;
  return true;
}

bool RowParser::ParseCount() {
  const std::string_view text = Field(Role::kObservationCount);
  observation_count_ = 0;
  if (IsMissing(text)) return true;
  if (!last_count_.Is(text)) {
    constexpr double kMost = 1e6;
    const auto count = ParseNumber<double>(text);
    if (!count || !(*count >= 0) || *count > kMost || *count != std::floor(*count)) {
      return RejectText(Role::kObservationCount, RejectReason::kBadCount, "observation count");
    }
    last_count_.Set(text, static_cast<std::uint32_t>(*count));
  }
  observation_count_ = *last_count_.value;
  return true;
}

// Rounded down, so that 74.9 is under 75. A few percent over 100 are EPA's own (more samples than
// were scheduled) and count as 100.
bool RowParser::ParseCompleteness() {
  constexpr double kMost = 1000;
  const std::string_view text = Field(Role::kCompleteness);
  if (IsMissing(text)) {
    observation_.completeness = airquality::kCompletenessUnknown;
    return true;
  }
  if (!last_completeness_.Is(text)) {
    const auto percent = ParseNumber<double>(text);
    if (!percent || !(*percent >= 0) || *percent > kMost) {
      return RejectText(Role::kCompleteness, RejectReason::kBadCompleteness, "completeness");
    }
    last_completeness_.Set(text, static_cast<std::uint8_t>(std::min(*percent, 100.0)));
  }
  observation_.completeness = *last_completeness_.value;
  return true;
}

bool RowParser::ParseSource() {
  const std::string_view text = Field(Role::kSource);
  observation_.source = airquality::Source::kFinal;
  if (text.empty()) return true;
  if (!last_source_.Is(text)) {
    const auto source = source_.sources.find(NormalizeText(text));
    if (source == source_.sources.end()) {
      return RejectText(Role::kSource, RejectReason::kUnknownSource, "source");
    }
    last_source_.Set(text, source->second);
  }
  observation_.source = *last_source_.value;
  return true;
}

bool RowParser::ParseEventType() {
  const std::string_view text = Field(Role::kEventType);
  observation_.key.event = airquality::EventStatus::kRegular;
  if (text.empty()) return true;
  if (!last_event_type_.Is(text)) {
    const auto event = source_.event_types.find(NormalizeText(text));
    if (event == source_.event_types.end()) {
      return RejectText(Role::kEventType, RejectReason::kUnknownEventType, "event type");
    }
    last_event_type_.Set(text, event->second);
  }
  observation_.key.event = *last_event_type_.value;
  return true;
}

void RowParser::SetMonitor() {
  if (monitor_) {
    observation_.monitor = *monitor_;
  } else if (observation_count_ > 1) {
    observation_.monitor = airquality::MonitorKind::kContinuous;
  } else {
    observation_.monitor = airquality::LikelyMonitorKind(parameter_.code, observation_.source);
  }
}

bool RowParser::ParseSite() {
  const SiteId id = observation_.key.site;
  if (site_ == nullptr || site_->site.id != id) {
    const auto [entry, added] = sites_.try_emplace(id);
    KnownSite& known = entry->second;
    if (added) {
      known.site.id = id;
      if (!ParseCoordinates(known)) {
        sites_.erase(entry);
        site_ = nullptr;
        return false;
      }
      DescribeSite(known);
      known.site.utc_offset = airquality::StandardUtcOffset(id, known.site.coordinates);
      news_of_site_ = &known.site;
    }
    site_ = &known;
  }
  if (news_of_site_ != nullptr) return true;
  if (!ParseCoordinates(*site_)) return false;
  DescribeSite(*site_);
  return true;
}

// Looks at the coordinates only where they are written otherwise than last time.
bool RowParser::ParseCoordinates(KnownSite& known) {
  const std::string_view latitude_text = Field(Role::kLatitude);
  const std::string_view longitude_text = Field(Role::kLongitude);
  if (IsMissing(latitude_text) || IsMissing(longitude_text)) return true;
  if (known.latitude == latitude_text && known.longitude == longitude_text) return true;
  const auto latitude = ParseNumber<double>(latitude_text);
  const auto longitude = ParseNumber<double>(longitude_text);
  if (!latitude || !(std::abs(*latitude) <= 90)) {
    return RejectText(Role::kLatitude, RejectReason::kBadCoordinates, "latitude");
  }
  if (!longitude || !(std::abs(*longitude) <= 180)) {
    return RejectText(Role::kLongitude, RejectReason::kBadCoordinates, "longitude");
  }
  known.latitude = latitude_text;
  known.longitude = longitude_text;
  if (!known.site.coordinates) {
    known.site.coordinates = airquality::Coordinates{*latitude, *longitude};
    news_of_site_ = &known.site;
  }
  return true;
}

// Fills what is still empty.
void RowParser::DescribeSite(KnownSite& known) {
  const auto fill = [this, &known](Role role, std::string& text) {
    if (!text.empty()) return;
    const std::string_view field = Field(role);
    if (IsMissing(field)) return;
    text = Readable(field, kLongestName);
    news_of_site_ = &known.site;
  };
  fill(Role::kSiteName, known.site.name);
  fill(Role::kCounty, known.site.county);
  fill(Role::kState, known.site.state);
  fill(Role::kCbsa, known.site.cbsa);
}

}  // namespace geoclimate::ingest
