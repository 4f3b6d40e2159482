#include "geoclimate/store/period.h"

#include <chrono>

namespace geoclimate::store {
namespace {

using std::chrono::months;
using std::chrono::years;

std::int64_t MinutesAt(std::chrono::year_month month) {
  const std::chrono::sys_days day(month / 1);
  return std::chrono::minutes(day.time_since_epoch()).count();
}

}  // namespace

Period PeriodOf(std::int64_t start, airquality::Duration duration) {
  const auto day = std::chrono::floor<std::chrono::days>(std::chrono::minutes(start));
  const std::chrono::year_month_day date{std::chrono::sys_days(day)};
  const auto year = static_cast<std::int64_t>(static_cast<int>(date.year()));
  if (duration == airquality::Duration::kDay) {
    const auto january = date.year() / std::chrono::January;
    return {year, MinutesAt(january), MinutesAt(january + years(1))};
  }
  const auto month = date.year() / date.month();
  const auto number = static_cast<std::int64_t>(static_cast<unsigned>(date.month()));
  return {year * 100 + number, MinutesAt(month), MinutesAt(month + months(1))};
}

}  // namespace geoclimate::store
