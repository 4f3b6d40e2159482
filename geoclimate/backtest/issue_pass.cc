#include "geoclimate/backtest/issue_pass.h"

#include <cmath>
#include <utility>

#include "geoclimate/base/check.h"

namespace geoclimate::backtest {

IssuePass::IssuePass(const Knowledge& knowledge, const PollutantRows& rows, int horizon_days,
                     OnForecast on_forecast, double hold_out_share)
    : knowledge_(knowledge),
      rows_(rows),
      horizon_days_(horizon_days),
      hold_out_share_(hold_out_share),
      table_(airquality::NewestTable(rows.pollutant)),
      on_forecast_(std::move(on_forecast)),
      calibration_(rows.basis == airquality::Basis::kSite
                       ? forecast::OnlineCalibration(rows.pollutant)
                       : forecast::OnlineCalibration()) {}

void IssuePass::Issue(const Origin& origin, const Segment& segment) {
  const PollutantRows::Range range = rows_.IssuedBetween(origin.day, origin.last_issue_day);
  GC_CHECK(segment.rows.size() == range.size(), "a segment has a row for each of its days' rows");
  for (std::size_t begin = range.begin; begin < range.end;) {
    std::size_t end = begin;
    while (end < range.end && rows_.keys.keys[end].issue_day == rows_.keys.keys[begin].issue_day) {
      ++end;
    }
    LearnUntil(rows_.keys.keys[begin].issue_day);
    IssueDay({begin, end}, segment, range.begin);
    begin = end;
  }
}

void IssuePass::LearnUntil(base::LocalDay issue_day) {
  std::vector<forecast::VerifiedForecast> verified;
  for (PendingDay& day : pending_) {
    if (day.valid_day > issue_day) break;
    verified.clear();
    std::erase_if(day.forecasts, [&](const Pending& one) {
      const float observed =
          knowledge_.ValueKnownAt(rows_.pollutant, one.site, day.valid_day, issue_day);
      if (!std::isfinite(observed)) return false;
      verified.push_back(forecast::Verified(table_, knowledge_.truth().sites()[one.site].id,
                                            one.given_out, observed));
      return true;
    });
    calibration_.Learn(verified);
  }
  const base::LocalDay given_up = issue_day - knowledge_.longest_wait();
  while (!pending_.empty() && pending_.front().valid_day <= given_up) pending_.pop_front();
}

void IssuePass::IssueDay(PollutantRows::Range day_rows, const Segment& segment,
                         std::size_t first_row) {
  const base::LocalDay issue_day = rows_.keys.keys[day_rows.begin].issue_day;
  const base::LocalDay valid_day = issue_day + std::chrono::days(horizon_days_);
  PendingDay pending{valid_day, {}};
  for (std::size_t i = day_rows.begin; i < day_rows.end; ++i) {
    const Segment::Row& said = segment.rows[i - first_row];
    if (said.model < 0) continue;
    const std::size_t site = rows_.keys.keys[i].site;
    const airquality::SiteId id = knowledge_.truth().sites()[site].id;
    const bool held_out = HeldOut(id, hold_out_share_);
    const forecast::RowForecast row = {
        .model = nullptr, .method = said.method, .distribution = said.distribution};
    const forecast::PollutantForecast forecast =
        forecast::FinishForecast(table_, calibration_, id, row, rows_.keys.last_observed[i],
                                 static_cast<std::uint16_t>(said.model));
    if (!held_out && rows_.basis == airquality::Basis::kSite) {
      pending.forecasts.push_back({site, forecast});
    }
    if (hold_out_share_ > 0 && !held_out) continue;
    on_forecast_({.site = id,
                  .issue_day = issue_day,
                  .horizon_days = horizon_days_,
                  .model_id = segment.model_ids[static_cast<std::size_t>(said.model)],
                  .forecast = forecast,
                  .observed = knowledge_.truth().Get(rows_.pollutant, site).At(valid_day),
                  .interpolation = said.interpolation});
  }
  if (!pending.forecasts.empty()) pending_.push_back(std::move(pending));
}

}  // namespace geoclimate::backtest
