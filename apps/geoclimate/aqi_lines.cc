#include "apps/geoclimate/aqi_lines.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <limits>
#include <optional>

#include "geoclimate/airquality/aqi.h"
#include "geoclimate/airquality/nowcast.h"
#include "geoclimate/formats/json.h"

namespace geoclimate::app {
namespace {

using airquality::AqiValue;
using airquality::Concentration;
using airquality::kNowCastHours;
using airquality::NowCast;

constexpr std::size_t kLongestShown = 60;

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

// Fit for one line of a terminal.
std::string Shown(std::string_view text) {
  std::string shown(text.substr(0, kLongestShown));
  for (char& c : shown) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  if (text.size() > kLongestShown) shown += "...";
  return shown;
}

base::Result<Concentration> ParseValue(std::string_view text) {
  base::Result<Concentration> value = Concentration::Parse(text);
  if (value.ok()) return value;
  const bool too_large = value.error().code() == base::ErrorCode::kOutOfRange;
  return base::Error(
      value.error().code(),
      fmt::format("'{}' is {}", Shown(text), too_large ? "out of range" : "not a number"));
}

bool IsMissing(std::string_view hour) {
  return hour.empty() || hour == "-" || hour == "NA";
}

using Hours = std::array<std::optional<Concentration>, kNowCastHours>;

base::Result<Hours> ParseHours(std::string_view text) {
  const bool by_comma = text.find(',') != std::string_view::npos;
  Hours hours;
  std::size_t count = 0;
  std::string_view rest = text;
  for (bool more = true; more; ++count) {
    const std::size_t end = rest.find_first_of(by_comma ? "," : " \t");
    const std::string_view hour = Trim(rest.substr(0, end));
    more = end != std::string_view::npos;
    if (more) rest = by_comma ? rest.substr(end + 1) : Trim(rest.substr(end));
    if (count >= kNowCastHours || IsMissing(hour)) continue;
    GC_ASSIGN_OR_RETURN(hours[count], ParseValue(hour));
  }
  if (count != kNowCastHours) {
    return base::InvalidArgument(
        fmt::format("'{}' has {} hourly values, not {}", Shown(text), count, kNowCastHours));
  }
  return hours;
}

class Converter {
 public:
  Converter(const AqiLinesOptions& options, std::ostream& out, std::ostream& errors)
      : options_(options), out_(out), errors_(errors) {}

  void Convert(std::string_view line) {
    ++line_number_;
    const std::string_view text = Trim(line);
    if (text.empty()) {
      WriteNothing();
    } else if (options_.input == AqiInput::kHours) {
      ConvertHours(text);
    } else {
      ConvertValue(text);
    }
  }

  base::Result<void> Flush() {
    out_.write(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
    out_.flush();
    buffer_.clear();
    if (!out_) return base::Internal("cannot write the output");
    return {};
  }

  std::uint64_t bad_lines() const { return bad_lines_; }

 private:
  void ConvertValue(std::string_view text) {
    const base::Result<Concentration> value = ParseValue(text);
    if (!value.ok()) return Refuse(value.error());
    const AqiValue aqi = airquality::Aqi(*options_.table, *value);
    if (options_.output == AqiOutput::kPlain) return WritePlain(aqi);
    WriteJson(*value, aqi, nullptr);
  }

  void ConvertHours(std::string_view text) {
    const base::Result<Hours> hours = ParseHours(text);
    if (!hours.ok()) return Refuse(hours.error());
    const std::optional<NowCast> nowcast =
        airquality::ComputeNowCast(options_.table->pollutant, *hours);
    if (!nowcast) return WriteNothing();
    const AqiValue aqi = airquality::Aqi(*options_.table, nowcast->value);
    if (options_.output == AqiOutput::kPlain) return WritePlain(aqi);
    WriteJson(nowcast->value, aqi, &*nowcast);
  }

  void Refuse(const base::Error& error) {
    ++bad_lines_;
    errors_ << options_.source_name << ':' << line_number_ << ": " << error.message() << '\n';
    WriteNothing();
  }

  void WriteNothing() {
    if (options_.output == AqiOutput::kJsonLines) {
      formats::JsonWriter(buffer_)
          .BeginObject()
          .Key("line")
          .Integer(line_number_)
          .Key("aqi")
          .Null()
          .EndObject();
    }
    buffer_ += '\n';
  }

  void WritePlain(const AqiValue& aqi) {
    std::array<char, std::numeric_limits<int>::digits10 + 3> digits;
    const std::to_chars_result end =
        std::to_chars(digits.data(), digits.data() + digits.size(), aqi.aqi);
    *end.ptr = '\n';
    buffer_.append(digits.data(), end.ptr + 1);
  }

  void WriteJson(Concentration concentration, const AqiValue& aqi, const NowCast* nowcast) {
    const airquality::PollutantTraits& pollutant = airquality::Traits(aqi.pollutant);
    formats::JsonWriter json(buffer_);
    json.BeginObject().Key("line").Integer(line_number_);
    json.Key("pollutant").String(pollutant.name);
    json.Key("concentration").Raw(concentration.ToString());
    json.Key("unit").String(pollutant.unit_name);
    if (nowcast != nullptr) {
      json.Key("method").String(airquality::NowCastMethodName(nowcast->method));
    }
    json.Key("truncated_concentration").Raw(aqi.truncated.ToString());
    json.Key("aqi").Integer(aqi.aqi);
    json.Key("category").String(airquality::Name(aqi.category));
    json.Key("color").String(airquality::Traits(aqi.category).color.hex);
    json.Key("aqi_table").String(aqi.table);
    json.EndObject();
    buffer_ += '\n';
  }

  const AqiLinesOptions& options_;
  std::ostream& out_;
  std::ostream& errors_;
  std::string buffer_;
  std::int64_t line_number_ = 0;
  std::uint64_t bad_lines_ = 0;
};

}  // namespace

base::Result<std::uint64_t> ConvertAqiLines(const AqiLinesOptions& options, LineBlocks& lines,
                                            std::ostream& out, std::ostream& errors) {
  Converter converter(options, out, errors);
  bool first = true;
  for (;;) {
    GC_ASSIGN_OR_RETURN(std::string_view block, lines.Next());
    if (block.empty()) return converter.bad_lines();
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    if (first && block.starts_with(kByteOrderMark)) block.remove_prefix(kByteOrderMark.size());
    first = false;
    while (!block.empty()) {
      const std::size_t end = block.find('\n');
      converter.Convert(block.substr(0, end));
      block.remove_prefix(end + 1);
    }
    GC_RETURN_IF_ERROR(converter.Flush());
  }
}

}  // namespace geoclimate::app
