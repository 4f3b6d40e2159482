#include "apps/geoclimate/operational_scores.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "geoclimate/airquality/breakpoints.h"
#include "geoclimate/backtest/task_run.h"
#include "geoclimate/features/feature_builder.h"
#include "geoclimate/features/weather_columns.h"
#include "geoclimate/forecast/asked_models.h"
#include "geoclimate/forecast/card_scores.h"
#include "geoclimate/forecast/issue_rows.h"
#include "geoclimate/forecast/judge.h"
#include "geoclimate/forecast/recency.h"
#include "geoclimate/forecast/row_forecast.h"
#include "geoclimate/inference/loaded_model.h"

namespace geoclimate::app {
namespace {

using airquality::IssuedForecast;

base::Result<std::shared_ptr<const inference::LoadedModel>> Load(std::string_view name,
                                                                 model::Forecaster forecaster) {
  model::ModelDescription description;
  description.model_id = name;
  return inference::LoadedModel::FromForecaster(std::move(description), std::move(forecaster));
}

// One judged forecaster and what it says.
struct Speaker {
  airquality::Pollutant pollutant;
  int horizon_days;
  base::LocalDay first_day;
  base::LocalDay last_day;
  forecast::HorizonModels models;
  std::string_view name;
  model::ModelCard* card;
  std::map<base::LocalDay, std::vector<IssuedForecast>> said;  // a place for each of its days
};

class Issues {
 public:
  Issues(const forecast::VintageHistory& vintages, const features::WeatherHistory* weather,
         std::vector<Speaker>& speakers)
      : vintages_(vintages), speakers_(speakers) {
    if (weather != nullptr) {
      weather_.emplace(*weather, vintages.truth().sites(), forecast::kIssueTime);
    }
  }

  // What everybody says at the end of `day`; days may be worked on side by side.
  base::Result<void> Issue(base::LocalDay day) const {
    const features::SiteHistory known = vintages_.KnownAt(day);
    const features::FeatureBuilder builder(known);
    for (const airquality::Pollutant pollutant : airquality::kPollutants) {
      const bool wanted = std::ranges::any_of(speakers_, [&](const Speaker& speaker) {
        return speaker.pollutant == pollutant && speaker.said.contains(day);
      });
      if (!wanted) continue;
      const forecast::IssueKeys keys =
          forecast::FindIssueKeys(known, pollutant, {day, day}, forecast::kRecent);
      if (keys.keys.empty()) continue;
      const features::FeatureMatrix rows = forecast::BuildIssueRows(builder, pollutant, keys, 1);
      for (Speaker& speaker : speakers_) {
        const auto at = speaker.said.find(day);
        if (speaker.pollutant != pollutant || at == speaker.said.end()) continue;
        GC_ASSIGN_OR_RETURN(at->second, Say(speaker, known, keys, rows));
      }
    }
    return {};
  }

 private:
  base::Result<std::vector<IssuedForecast>> Say(const Speaker& speaker,
                                                const features::SiteHistory& known,
                                                const forecast::IssueKeys& keys,
                                                const features::FeatureMatrix& rows) const {
    const forecast::AskedModels asked(speaker.models, rows, keys.keys, speaker.horizon_days,
                                      weather_ ? &*weather_ : nullptr);
    GC_ASSIGN_OR_RETURN(
        const std::vector<forecast::RowForecast> said,
        forecast::ForecastRows(asked.models(), asked.rows(), keys.keys, keys.last_observed));
    std::vector<IssuedForecast> forecasts;
    for (std::size_t row = 0; row < said.size(); ++row) {
      if (said[row].model == nullptr) continue;
      const forecast::PollutantForecast given = forecast::FinishForecast(
          airquality::NewestTable(speaker.pollutant), {}, said[row], keys.last_observed[row], 0);
      IssuedForecast& one = forecasts.emplace_back();
      one.site = known.sites()[keys.keys[row].site].id;
      one.pollutant = speaker.pollutant;
      one.issue_day = keys.keys[row].issue_day;
      one.horizon_days = speaker.horizon_days;
      one.mean = given.concentration.mean;
      one.p10 = given.concentration.quantiles[model::kP10];
      one.p50 = given.concentration.quantiles[model::kP50];
      one.p90 = given.concentration.quantiles[model::kP90];
      one.probability_over_100 = given.probability_over_100;
    }
    return forecasts;
  }

  const forecast::VintageHistory& vintages_;
  std::vector<Speaker>& speakers_;
  std::optional<features::WeatherColumns> weather_;
};

base::Result<std::vector<Speaker>> Speakers(std::span<TrainedJob> jobs,
                                            const OperationalOptions& options) {
  std::vector<Speaker> speakers;
  for (TrainedJob& job : jobs) {
    if (!job.trained.ok()) continue;
    const training::BlockReport& block = job.trained->report.evaluate;
    Speaker speaker{.pollutant = job.job.pollutant,
                    .horizon_days = job.job.horizon_days,
                    .first_day = block.first_issue_day,
                    .last_day = block.last_valid_day - std::chrono::days(job.job.horizon_days),
                    .models = {},
                    .name = "model",
                    .card = &job.cards.model,
                    .said = {}};
    speaker.first_day =
        std::max(speaker.first_day, speaker.last_day - options.longest + std::chrono::days(1));
    for (base::LocalDay day = speaker.first_day; day <= speaker.last_day;
         day += std::chrono::days(1)) {
      speaker.said[day];
    }
    Speaker fallback = speaker;
    GC_ASSIGN_OR_RETURN(speaker.models.production, Load("model", job.trained->judged.model));
    GC_ASSIGN_OR_RETURN(fallback.models.fallback, Load("fallback", job.trained->judged.fallback));
    fallback.name = "fallback";
    fallback.card = &job.cards.fallback;
    speakers.push_back(std::move(speaker));
    speakers.push_back(std::move(fallback));
  }
  return speakers;
}

void Judge(const features::SiteHistory& truth, const OperationalOptions& options,
           Speaker& speaker) {
  std::vector<IssuedForecast> forecasts;
  for (auto& [day, said] : speaker.said) {
    std::ranges::move(std::exchange(said, {}), std::back_inserter(forecasts));
  }
  forecast::JudgeOptions judging;
  judging.threads = options.threads;
  const forecast::Judgement judgement = forecast::Judge(truth, forecasts, judging);
  if (judgement.judged.empty()) return;
  speaker.card->scores.push_back(
      forecast::EvaluateForCard(speaker.name, "operational", truth, judgement.judged).scores);
}

}  // namespace

base::Result<void> AddOperationalScores(const forecast::VintageHistory& vintages,
                                        std::span<TrainedJob> jobs,
                                        const OperationalOptions& options,
                                        OperationalProgress& progress) {
  GC_ASSIGN_OR_RETURN(std::vector<Speaker> speakers, Speakers(jobs, options));
  std::vector<base::LocalDay> days;
  for (const Speaker& speaker : speakers) {
    for (const auto& [day, said] : speaker.said) days.push_back(day);
  }
  std::ranges::sort(days);
  days.erase(std::unique(days.begin(), days.end()), days.end());
  progress.days = days.size();
  const Issues issues(vintages, options.weather, speakers);
  const auto issue = [&](std::size_t i) -> base::Result<void> {
    GC_RETURN_IF_ERROR(issues.Issue(days[i]));
    ++progress.days_done;
    return {};
  };
  GC_RETURN_IF_ERROR(
      backtest::TaskRun(days.size(), issue).Run(static_cast<std::size_t>(options.threads)));
  for (Speaker& speaker : speakers) Judge(vintages.truth(), options, speaker);
  return {};
}

}  // namespace geoclimate::app
