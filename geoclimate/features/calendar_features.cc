#include "geoclimate/features/calendar_features.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <numbers>
#include <utility>
#include <vector>

namespace geoclimate::features {
namespace {

struct Angle {
  float sin;
  float cos;
};

Angle Turn(double share) {
  const double radians = 2 * std::numbers::pi * share;
  return {static_cast<float>(std::sin(radians)), static_cast<float>(std::cos(radians))};
}

// Sine and cosine of `steps` equal parts of `turns` turns.
std::vector<Angle> Turns(int steps, double period, double turns) {
  std::vector<Angle> angles;
  angles.reserve(static_cast<std::size_t>(steps));
  for (int i = 0; i < steps; ++i) angles.push_back(Turn(turns * i / period));
  return angles;
}

bool HasYear(airquality::Pollutant pollutant) {
  return pollutant != airquality::Pollutant::kO3 && pollutant != airquality::Pollutant::kPm25;
}

float* Write(const Angle& angle, float* out) {
  *out++ = angle.sin;
  *out++ = angle.cos;
  return out;
}

}  // namespace

void AddCalendarColumns(ColumnList& columns) {
  const auto add = [&](const char* name) { columns.AddPlain({name, "", -1, 1, false}); };
  add("week_sin");
  add("week_cos");
  if (!HasYear(columns.pollutant())) return;
  add("year_sin");
  add("year_cos");
  add("halfyear_sin");
  add("halfyear_cos");
}

bool IsCalendarColumn(std::string_view name) {
  // A pollutant with all of them.
  static const std::vector<Feature> columns = [] {
    ColumnList list(airquality::Pollutant::kNo2);
    AddCalendarColumns(list);
    return std::move(list).Take();
  }();
  return std::ranges::find(columns, name, &Feature::name) != columns.end();
}

float* WriteCalendarFeatures(airquality::Pollutant pollutant, base::LocalDay day, float* out) {
  static const std::vector<Angle> week = Turns(7, 7, 1);
  static const std::vector<Angle> year = Turns(366, 365.25, 1);
  static const std::vector<Angle> half_year = Turns(366, 365.25, 2);

  out = Write(week[std::chrono::weekday(day).iso_encoding() - 1], out);
  if (!HasYear(pollutant)) return out;
  const std::chrono::year_month_day date(day);
  const base::LocalDay new_year(date.year() / std::chrono::January / 1);
  const auto day_of_year = static_cast<std::size_t>((day - new_year).count());
  out = Write(year[day_of_year], out);
  return Write(half_year[day_of_year], out);
}

}  // namespace geoclimate::features
