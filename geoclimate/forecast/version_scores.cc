#include "geoclimate/forecast/version_scores.h"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "geoclimate/forecast/score.h"

namespace geoclimate::forecast {
namespace {

using Rows = std::span<const std::uint32_t>;

auto GroupOf(const JudgedForecast& judged) {
  return std::tuple(judged.forecast.pollutant, judged.forecast.horizon_days);
}
auto KeyOf(const JudgedForecast& judged) {
  const airquality::IssuedForecast& forecast = judged.forecast;
  return std::tuple(forecast.pollutant, forecast.horizon_days, std::string_view(forecast.model_id),
                    forecast.site, forecast.issue_day);
}

// The rows from the first of `rows` on that are alike.
template <typename Same>
Rows Take(Rows& rows, const Same& same) {
  const auto end =
      std::ranges::find_if_not(rows, [&](std::uint32_t row) { return same(row, rows.front()); });
  const Rows taken = rows.first(static_cast<std::size_t>(end - rows.begin()));
  rows = rows.subspan(taken.size());
  return taken;
}

class Scorer {
 public:
  Scorer(std::span<const JudgedForecast> judged, const ScoreRules& rules)
      : judged_(judged), rules_(rules) {}

  std::vector<VersionScore> Run() {
    std::vector<std::uint32_t> order(judged_.size());
    std::iota(order.begin(), order.end(), 0U);
    std::ranges::sort(order, {}, [this](std::uint32_t row) { return KeyOf(judged_[row]); });
    for (Rows rest = order; !rest.empty();) {
      ScoreGroup(Take(rest, [this](std::uint32_t a, std::uint32_t b) {
        return GroupOf(judged_[a]) == GroupOf(judged_[b]);
      }));
    }
    return std::move(scores_);
  }

 private:
  void ScoreGroup(Rows rows) {
    const Baseline best = BestBaseline(SumsOf(rows));
    for (Rows rest = rows; !rest.empty();) {
      const Rows version = Take(rest, [this](std::uint32_t a, std::uint32_t b) {
        return judged_[a].forecast.model_id == judged_[b].forecast.model_id;
      });
      Add(version, best, std::nullopt);
      for (Rows sites = version; !sites.empty();) {
        const Rows site = Take(sites, [this](std::uint32_t a, std::uint32_t b) {
          return judged_[a].forecast.site == judged_[b].forecast.site;
        });
        Add(site, best, judged_[site.front()].forecast.site);
      }
    }
  }

  ScoreSums SumsOf(Rows rows) const {
    ScoreSums sums;
    for (const std::uint32_t row : rows) sums.Add(judged_[row], rules_);
    return sums;
  }

  void Add(Rows rows, Baseline best, const std::optional<airquality::SiteId>& site) {
    const airquality::IssuedForecast& first = judged_[rows.front()].forecast;
    const ScoreSums sums = SumsOf(rows);
    const Score score = Summarize(sums, best);
    scores_.push_back({.site = site,
                       .pollutant = first.pollutant,
                       .horizon_days = first.horizon_days,
                       .model_id = first.model_id,
                       .rows = rows.size(),
                       .rmse = score.forecast.rmse,
                       .mae = score.forecast.mae,
                       .bias = score.forecast.bias,
                       .coverage = score.coverage,
                       .best = best,
                       .skill = score.skill,
                       .skill_over_persistence = Summarize(sums, Baseline::kPersistence).skill});
  }

  const std::span<const JudgedForecast> judged_;
  const ScoreRules& rules_;
  std::vector<VersionScore> scores_;
};

}  // namespace

std::vector<VersionScore> ScoreVersions(std::span<const JudgedForecast> judged,
                                        const ScoreRules& rules) {
  return Scorer(judged, rules).Run();
}

}  // namespace geoclimate::forecast
