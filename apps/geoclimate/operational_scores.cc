#include "apps/geoclimate/operational_scores.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "geoclimate/airquality/breakpoints.h"
#include "geoclimate/backtest/task_run.h"
#include "geoclimate/features/feature_builder.h"
#include "geoclimate/features/site_geometry.h"
#include "geoclimate/features/weather_columns.h"
#include "geoclimate/forecast/asked_models.h"
#include "geoclimate/forecast/baselines.h"
#include "geoclimate/forecast/card_scores.h"
#include "geoclimate/forecast/issue_rows.h"
#include "geoclimate/forecast/parallel.h"
#include "geoclimate/forecast/recency.h"
#include "geoclimate/forecast/row_forecast.h"
#include "geoclimate/inference/loaded_model.h"

namespace geoclimate::app {
namespace {

using airquality::Pollutant;
using std::chrono::days;

// One judged forecaster, and what it says on each of its days.
struct Speaker {
  Pollutant pollutant;
  int horizon_days;
  std::string_view method;
  model::ModelCard* card;
  forecast::HorizonModels models;  // it alone
  base::LocalDay first_day;
  std::vector<std::vector<forecast::CardRow>> said;  // by day, from first_day

  base::LocalDay last_day() const { return first_day + days(said.size()) - days(1); }
  bool SpeaksOn(base::LocalDay day) const { return day >= first_day && day <= last_day(); }
};

// The two of each job that was trained.
base::Result<std::vector<Speaker>> SpeakersOf(std::span<TrainedJob> jobs, days longest) {
  std::vector<Speaker> speakers;
  for (TrainedJob& job : jobs) {
    if (!job.trained.ok() || job.job.basis != airquality::Basis::kSite) continue;
    const training::BlockReport& block = job.trained->report.evaluate;
    const base::LocalDay last = block.last_valid_day - days(job.job.horizon_days);
    Speaker model = {.pollutant = job.job.pollutant,
                     .horizon_days = job.job.horizon_days,
                     .method = "model",
                     .card = &job.cards.model,
                     .models = {},
                     .first_day = std::max(block.first_issue_day, last - longest + days(1)),
                     .said = {}};
    model.said.resize(static_cast<std::size_t>((last - model.first_day).count() + 1));
    Speaker fallback = model;
    fallback.method = "fallback";
    fallback.card = &job.cards.fallback;
    const training::JudgedForecasters& judged = *job.trained->judged;
    GC_ASSIGN_OR_RETURN(model.models.production,
                        inference::LoadedModel::FromForecaster({}, judged.model));
    GC_ASSIGN_OR_RETURN(fallback.models.fallback,
                        inference::LoadedModel::FromForecaster({}, judged.fallback));
    speakers.push_back(std::move(model));
    speakers.push_back(std::move(fallback));
  }
  return speakers;
}

class Issues {
 public:
  Issues(const forecast::VintageHistory& vintages, const features::WeatherHistory* weather,
         std::vector<Speaker>& speakers)
      : vintages_(vintages),
        geometry_(std::make_shared<const features::SiteGeometry>(vintages.truth().sites())),
        speakers_(speakers) {
    if (weather != nullptr) {
      weather_.emplace(*weather, vintages.truth().sites(), forecast::kIssueTime);
    }
  }

  // What everybody says on `day`; days may be worked on side by side.
  base::Result<void> Issue(base::LocalDay day) const {
    const features::SiteHistory known = vintages_.KnownAt(day);
    const features::FeatureBuilder builder(known, geometry_);
    for (const Pollutant pollutant : airquality::kPollutants) {
      std::vector<Speaker*> speakers;
      for (Speaker& speaker : speakers_) {
        if (speaker.pollutant == pollutant && speaker.SpeaksOn(day)) speakers.push_back(&speaker);
      }
      if (speakers.empty()) continue;
      const forecast::IssueKeys keys =
          forecast::FindIssueKeys(known, pollutant, {day, day}, forecast::kRecent);
      if (keys.keys.empty()) continue;
      const features::FeatureMatrix rows = forecast::BuildIssueRows(builder, pollutant, keys, 1);
      for (Speaker* const speaker : speakers) {
        GC_ASSIGN_OR_RETURN(
            speaker->said[static_cast<std::size_t>((day - speaker->first_day).count())],
            Say(*speaker, keys, rows));
      }
    }
    return {};
  }

 private:
  base::Result<std::vector<forecast::CardRow>> Say(const Speaker& speaker,
                                                   const forecast::IssueKeys& keys,
                                                   const features::FeatureMatrix& rows) const {
    const forecast::AskedModels asked(speaker.models, rows, keys.keys, speaker.horizon_days,
                                      weather_ ? &*weather_ : nullptr);
    GC_ASSIGN_OR_RETURN(
        const std::vector<forecast::RowForecast> forecasts,
        forecast::ForecastRows(asked.models(), asked.rows(), keys.keys, keys.last_observed));
    const airquality::BreakpointTable& table = airquality::NewestTable(speaker.pollutant);
    std::vector<forecast::CardRow> said;
    for (std::size_t i = 0; i < forecasts.size(); ++i) {
      if (forecasts[i].model == nullptr) continue;
      said.push_back(forecast::MakeCardRow(table, keys.keys[i], forecasts[i].distribution));
    }
    return said;
  }

  const forecast::VintageHistory& vintages_;
  const std::shared_ptr<const features::SiteGeometry> geometry_;
  std::vector<Speaker>& speakers_;
  std::optional<features::WeatherColumns> weather_;
};

void JudgeSpeaker(const features::SiteHistory& truth, const forecast::Baselines& baselines,
                  Speaker& speaker) {
  forecast::CardForecasts forecasts = {.method = std::string(speaker.method),
                                       .known = "operational",
                                       .pollutant = speaker.pollutant,
                                       .horizon_days = speaker.horizon_days};
  for (std::vector<forecast::CardRow>& said : speaker.said) {
    std::ranges::move(std::exchange(said, {}), std::back_inserter(forecasts.rows));
  }
  std::optional<forecast::CardEvaluation> evaluation =
      forecast::EvaluateForCard(truth, baselines, forecasts);
  if (evaluation) speaker.card->scores.push_back(std::move(evaluation->scores));
}

void JudgeAll(const features::SiteHistory& truth, std::vector<Speaker>& speakers, int threads) {
  std::map<Pollutant, std::vector<int>> horizons;
  for (const Speaker& speaker : speakers) {
    horizons[speaker.pollutant].push_back(speaker.horizon_days);
  }
  std::map<Pollutant, forecast::Baselines> baselines;
  for (const auto& [pollutant, of_pollutant] : horizons) {
    baselines.try_emplace(pollutant, truth, pollutant, of_pollutant);
  }
  forecast::ForEachTask(speakers.size(), threads, [&](std::size_t i) {
    JudgeSpeaker(truth, baselines.at(speakers[i].pollutant), speakers[i]);
  });
}

}  // namespace

base::Result<void> AddOperationalScores(const forecast::VintageHistory& vintages,
                                        std::span<TrainedJob> jobs,
                                        const OperationalOptions& options,
                                        OperationalProgress& progress) {
  GC_ASSIGN_OR_RETURN(std::vector<Speaker> speakers, SpeakersOf(jobs, options.longest));
  std::set<base::LocalDay> spoken_on;
  for (const Speaker& speaker : speakers) {
    for (base::LocalDay day = speaker.first_day; day <= speaker.last_day(); day += days(1)) {
      spoken_on.insert(day);
    }
  }
  const std::vector<base::LocalDay> issue_days(spoken_on.begin(), spoken_on.end());
  progress.days = issue_days.size();
  const Issues issues(vintages, options.weather, speakers);
  const auto issue = [&](std::size_t i) -> base::Result<void> {
    GC_RETURN_IF_ERROR(issues.Issue(issue_days[i]));
    ++progress.days_done;
    return {};
  };
  GC_RETURN_IF_ERROR(
      backtest::TaskRun(issue_days.size(), issue).Run(static_cast<std::size_t>(options.threads)));
  JudgeAll(vintages.truth(), speakers, options.threads);
  return {};
}

}  // namespace geoclimate::app
