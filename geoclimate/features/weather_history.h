#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "geoclimate/airquality/site.h"
#include "geoclimate/airquality/weather.h"
#include "geoclimate/base/clock.h"
#include "geoclimate/base/day.h"

namespace geoclimate::features {

// What models of weather and chemistry forecast for places and days, with the time at which each
// forecast was issued: one value a variable, place, valid day and issue time, NaN where there is
// none. Immutable; thread-safe. About 16 bytes a place, day and issue and 4 a value.
class WeatherHistory {
 public:
  class Builder {
   public:
    // Every row has a value or NaN for each of `variables`, in their order.
    explicit Builder(std::vector<airquality::WeatherVariable> variables);

    // In any order: the history does not depend on it. Of one variable's values with equal place,
    // issue and valid time the greatest counts. About 24 bytes a row and 4 a value.
    void Add(const airquality::WeatherForecast& forecast, std::span<const float> values);

    // A day's values of one issue: the row of the whole day where it has the value; else the
    // moments of the day, reduced as the variable says, if they span kLeastSpan of it.
    WeatherHistory Finish() &&;

   private:
    struct PlaceLess {
      bool operator()(const airquality::WeatherPlace& a, const airquality::WeatherPlace& b) const;
    };
    struct Row {
      std::int64_t issued_s;
      std::uint32_t place;
      std::int32_t valid_day;
      std::int32_t minute;  // of the day; kWholeDay
    };
    static constexpr std::int32_t kWholeDay = -1;

    std::span<const float> ValuesOf(std::size_t row) const;
    // Positions of rows_ by place (in the order of places_), valid day, issue time, minute.
    std::vector<std::uint32_t> Order() const;
    float Reduce(std::size_t variable, std::span<const std::uint32_t> rows) const;

    std::vector<airquality::WeatherVariable> variables_;
    std::map<airquality::WeatherPlace, std::uint32_t, PlaceLess> places_;
    std::pair<airquality::WeatherPlace, std::uint32_t> last_place_;
    std::vector<Row> rows_;
    std::vector<float> values_;
  };

  // A day is not told by a part of it: three-hourly values span 21 hours, six-hourly ones 18.
  static constexpr std::chrono::hours kLeastSpan{18};

  // Of a place: which day was forecast when.
  struct Issue {
    std::int64_t issued_s;  // since 1970, UTC
    std::int32_t valid_day;
  };

  const std::vector<airquality::WeatherVariable>& variables() const { return variables_; }
  // Sites by their ids, then points by latitude and longitude.
  const std::vector<airquality::WeatherPlace>& places() const { return places_; }
  // Of a place, by valid day, then by issue time.
  std::span<const Issue> IssuesOf(std::size_t place) const;
  // Beside IssuesOf(place): variables().size() values an issue.
  std::span<const float> ValuesOf(std::size_t place) const;

  // The value of the newest forecast for that day that was issued by `known_until` (that second
  // included) and has one; NaN without. What was issued later changes nothing.
  float Newest(std::size_t place, std::size_t variable, base::LocalDay valid_day,
               base::Timestamp known_until) const;

 private:
  std::vector<airquality::WeatherVariable> variables_;
  std::vector<airquality::WeatherPlace> places_;
  std::vector<std::size_t> offsets_ = {0};  // of each place's issues, and the end
  std::vector<Issue> issues_;
  std::vector<float> values_;
};

}  // namespace geoclimate::features
