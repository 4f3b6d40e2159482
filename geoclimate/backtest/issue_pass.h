#pragma once

#include <deque>
#include <functional>
#include <limits>
#include <string_view>
#include <vector>

#include "geoclimate/airquality/breakpoints.h"
#include "geoclimate/airquality/site.h"
#include "geoclimate/backtest/backtest_options.h"
#include "geoclimate/backtest/knowledge.h"
#include "geoclimate/backtest/pollutant_rows.h"
#include "geoclimate/backtest/segment.h"
#include "geoclimate/forecast/online_calibration.h"
#include "geoclimate/forecast/row_forecast.h"

namespace geoclimate::backtest {

// A forecast as a backtest gives it out.
struct GivenForecast {
  airquality::SiteId site;
  base::LocalDay issue_day;
  int horizon_days = 1;
  std::string_view model_id;
  const forecast::PollutantForecast& forecast;
  float observed;                                                 // NaN where nothing was measured
  float interpolation = std::numeric_limits<float>::quiet_NaN();  // as Segment::Row's
};

// Goes through one pollutant and lead time in the order of days: before a day's forecasts are given
// out, the calibration learns from every earlier forecast whose valid day's value is known by then.
// Where sites are held out, only their forecasts are given out, and only from the others' is
// learnt. Nothing is learnt of forecasts from neighbours, as in the issue cycle. `rows` must
// outlive it, as must what `knowledge` is made of. Not thread-safe.
class IssuePass {
 public:
  using OnForecast = std::function<void(const GivenForecast&)>;

  IssuePass(const Knowledge& knowledge, const PollutantRows& rows, int horizon_days,
            OnForecast on_forecast, double hold_out_share = 0);

  // The days of one origin; origins in their order. `segment` is what ForecastDays() gave.
  void Issue(const Origin& origin, const Segment& segment);

  // As it was when the last day's forecasts were given out.
  const forecast::OnlineCalibration& calibration() const { return calibration_; }

 private:
  struct Pending {
    std::size_t site;
    forecast::PollutantForecast given_out;
  };
  struct PendingDay {
    base::LocalDay valid_day;
    std::vector<Pending> forecasts;
  };
  void LearnUntil(base::LocalDay issue_day);
  void IssueDay(PollutantRows::Range day_rows, const Segment& segment, std::size_t first_row);

  const Knowledge knowledge_;
  const PollutantRows& rows_;
  const int horizon_days_;
  const double hold_out_share_;
  const airquality::BreakpointTable& table_;
  OnForecast on_forecast_;
  forecast::OnlineCalibration calibration_;
  std::deque<PendingDay> pending_;
};

}  // namespace geoclimate::backtest
