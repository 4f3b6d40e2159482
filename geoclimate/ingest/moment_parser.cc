#include "geoclimate/ingest/moment_parser.h"

#include <array>
#include <chrono>

#include "geoclimate/ingest/date_parser.h"

namespace geoclimate::ingest {
namespace {

constexpr std::size_t kDateSize = 10;

const std::array<DateFormat, 1>& IsoDate() {
  using Part = DateFormat::Part;
  static const std::array<DateFormat, 1> format = {
      DateFormat{{Part::kYear, Part::kMonth, Part::kDay}, '-', "year-month-day"}};
  return format;
}

// What is left of a text that is read from the front.
class Cursor {
 public:
  explicit Cursor(std::string_view rest) : rest_(rest) {}
  bool at_end() const { return rest_.empty(); }
  bool Take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  std::optional<int> TakeTwoDigits() {
    if (rest_.size() < 2) return std::nullopt;
    const auto digit = [this](std::size_t i) { return rest_[i] - '0'; };
    const int tens = digit(0);
    const int ones = digit(1);
    if (tens < 0 || tens > 9 || ones < 0 || ones > 9) return std::nullopt;
    rest_.remove_prefix(2);
    return tens * 10 + ones;
  }

 private:
  std::string_view rest_;
};

struct ClockTime {
  int hour = 0;
  int minute = 0;
  int second = 0;
  int zone_minutes = 0;  // east of UTC

  bool Exists() const {
    return hour < 24 && minute < 60 && second < 60 && zone_minutes > -24 * 60 &&
           zone_minutes < 24 * 60;
  }
};

std::optional<int> TakeZone(Cursor& text) {
  if (text.at_end() || text.Take('Z')) return 0;
  const bool west = text.Take('-');
  if (!west && !text.Take('+')) return std::nullopt;
  const std::optional<int> hours = text.TakeTwoDigits();
  if (!hours) return std::nullopt;
  text.Take(':');
  const std::optional<int> minutes = text.TakeTwoDigits();
  if (!minutes) return std::nullopt;
  // Past the end of any clock, so that it is told from another format.
  if (*minutes > 59) return 24 * 60;
  return (west ? -1 : 1) * (*hours * 60 + *minutes);
}

std::optional<ClockTime> ReadClockTime(Cursor text) {
  const std::optional<int> hour = text.TakeTwoDigits();
  if (!hour || !text.Take(':')) return std::nullopt;
  const std::optional<int> minute = text.TakeTwoDigits();
  if (!minute) return std::nullopt;
  std::optional<int> second = 0;
  if (text.Take(':')) second = text.TakeTwoDigits();
  if (!second) return std::nullopt;
  const std::optional<int> zone = TakeZone(text);
  if (!zone || !text.at_end()) return std::nullopt;
  return ClockTime{*hour, *minute, *second, *zone};
}

}  // namespace

MomentReading ReadMoment(std::string_view text) {
  MomentReading reading;
  std::optional<ClockTime> time;
  if (text.size() > kDateSize) {
    if (text[kDateSize] != 'T' && text[kDateSize] != ' ') return reading;
    time = ReadClockTime(Cursor(text.substr(kDateSize + 1)));
    if (!time) return reading;
    text = text.substr(0, kDateSize);
  }
  const DateReading date = ReadDate(text, IsoDate());
  if (date.status == DateStatus::kOtherFormat) return reading;
  if (date.status == DateStatus::kNoSuchDay || (time && !time->Exists())) {
    reading.status = MomentStatus::kNoSuchMoment;
    return reading;
  }
  reading.status = MomentStatus::kMoment;
  reading.day = date.day;
  if (time) {
    reading.time = base::DayStart(date.day, std::chrono::minutes(time->zone_minutes)) +
                   std::chrono::hours(time->hour) + std::chrono::minutes(time->minute) +
                   std::chrono::seconds(time->second);
  }
  return reading;
}

}  // namespace geoclimate::ingest
