#include "geoclimate/forecast/issue_cycle.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "geoclimate/airquality/breakpoints.h"
#include "geoclimate/base/log.h"
#include "geoclimate/features/feature_builder.h"
#include "geoclimate/features/place_row_builder.h"
#include "geoclimate/features/weather_columns.h"
#include "geoclimate/forecast/asked_models.h"
#include "geoclimate/forecast/issue_rows.h"
#include "geoclimate/forecast/overall_aqi.h"
#include "geoclimate/forecast/place_rows.h"
#include "geoclimate/forecast/recency.h"

namespace geoclimate::forecast {
namespace {

using airquality::Basis;
using airquality::Pollutant;

// A site whose last 30 days are empty has no mean to fall back on.
constexpr std::chrono::days kMeanWindow{30};

std::size_t Slot(Pollutant pollutant) {
  return static_cast<std::size_t>(airquality::Index(pollutant));
}

base::Result<void> CheckModel(const inference::LoadedModel* model, Pollutant pollutant,
                              int horizon_days, Basis basis) {
  if (model == nullptr) return {};
  const std::string& id = model->description().model_id;
  const model::Forecaster* forecaster = model->forecaster();
  if (forecaster == nullptr || forecaster->pollutant != pollutant ||
      forecaster->horizon_days != horizon_days) {
    return base::InvalidArgument(fmt::format("model '{}' does not forecast {} {} days ahead", id,
                                             airquality::Name(pollutant), horizon_days));
  }
  const base::Result<void> built = basis == Basis::kSite
                                       ? features::CheckRowSchema(model->schema(), pollutant)
                                       : features::CheckPlaceSchema(model->schema(), pollutant);
  if (!built.ok()) return built.error().WithContext(fmt::format("model '{}'", id));
  return {};
}

base::Result<void> CheckModels(const IssueModels& models) {
  for (const Pollutant pollutant : airquality::kPollutants) {
    for (int horizon = 1; horizon <= kMaxHorizonDays; ++horizon) {
      for (const Basis basis : {Basis::kSite, Basis::kNeighbours}) {
        const HorizonModels& at = models.At(pollutant, horizon, basis);
        GC_RETURN_IF_ERROR(CheckModel(at.production.get(), pollutant, horizon, basis));
        GC_RETURN_IF_ERROR(CheckModel(at.fallback.get(), pollutant, horizon, basis));
      }
    }
  }
  return {};
}

bool HasModel(const IssueModels::ByHorizon& models, Pollutant pollutant) {
  return std::ranges::any_of(models[Slot(pollutant)], [](const HorizonModels& at) {
    return at.production != nullptr || at.fallback != nullptr;
  });
}

bool HasPlaceModels(const IssueModels& models) {
  return std::ranges::any_of(airquality::kPollutants, [&](Pollutant pollutant) {
    return HasModel(models.of_places, pollutant);
  });
}

class Cycle {
 public:
  Cycle(const features::SiteHistory& history, const IssueModels& models,
        const IssueOptions& options)
      : history_(history),
        models_(models),
        options_(options),
        builder_(history),
        places_(HasPlaceModels(models) ? std::make_unique<features::PlaceRowBuilder>(history)
                                       : nullptr),
        tables_(NewestAqiTables()),
        days_(history.sites().size()) {
    if (options.weather != nullptr) {
      weather_.emplace(*options.weather, history.sites(), features::WeatherColumns::kEndOfDay);
    }
  }

  base::Result<TableContent> Run() {
    TableContent content;
    content.as_of = options_.as_of;
    content.issued_at = options_.issued_at;
    for (const Pollutant pollutant : airquality::kPollutants) {
      content.aqi_tables[Slot(pollutant)] = tables_[Slot(pollutant)]->name;
      const PlaceRows silent = SilentSites(pollutant);
      GC_RETURN_IF_ERROR(Forecast(silent.keys, silent.features, pollutant, Basis::kNeighbours));
      if (!HasModel(models_.by_horizon, pollutant)) continue;
      const IssueKeys keys = FindIssueKeys(history_, pollutant, {options_.as_of, options_.as_of},
                                           std::max(kMeanWindow, kRecent));
      GC_RETURN_IF_ERROR(Forecast(keys, BuildIssueRows(builder_, pollutant, keys, options_.threads),
                                  pollutant, Basis::kSite));
    }
    content.error_correlations = EstimateErrorCorrelations(history_, options_.as_of);
    content.sites = TakeSites(content.error_correlations);
    if (content.sites.empty()) {
      if (left_out_ > 0) {
        return base::FailedPrecondition(
            "the models were trained with weather, and there is none for their forecasts: give "
            "files of what was issued with --weather, or train without");
      }
      return base::FailedPrecondition(
          fmt::format("no site has a value of the 30 days to {} of a pollutant that has a model",
                      base::FormatDay(options_.as_of)));
    }
    content.places = BasisOfPlaces();
    content.model_ids = std::move(model_ids_);
    return content;
  }

 private:
  using SiteDays = std::array<DayForecast, kMaxHorizonDays>;

  // Who is forecast from neighbours.
  PlaceRows SilentSites(Pollutant pollutant) const {
    if (!HasModel(models_.of_places, pollutant)) return {};
    return BuildPlaceRows(*places_, pollutant, FindSilentSites(history_, pollutant, options_.as_of),
                          options_.threads);
  }

  base::Result<void> Forecast(const IssueKeys& keys, const features::FeatureMatrix& rows,
                              Pollutant pollutant, Basis basis) {
    const OnlineCalibration none;
    for (int horizon = 1; horizon <= kMaxHorizonDays; ++horizon) {
      const AskedModels asked(models_.At(pollutant, horizon, basis), rows, keys.keys, horizon,
                              weather_ ? &*weather_ : nullptr);
      const HorizonModels& models = asked.models();
      const OnlineCalibration& calibration = basis == Basis::kSite ? models.calibration : none;
      SayWhoIsLeftOut(asked);
      GC_ASSIGN_OR_RETURN(const std::vector<RowForecast> forecasts,
                          ForecastRows(models, asked.rows(), keys.keys, keys.last_observed));
      for (std::size_t row = 0; row < forecasts.size(); ++row) {
        const RowForecast& forecast = forecasts[row];
        if (forecast.model == nullptr) continue;
        DayForecast& day = days_[keys.keys[row].site][static_cast<std::size_t>(horizon - 1)];
        day.horizon_days = horizon;
        // What the neighbours say today goes before an old mean of the site's own.
        if (!day.pollutants.empty() && day.pollutants.back().pollutant == pollutant) continue;
        PollutantForecast& finished = day.pollutants.emplace_back(FinishForecast(
            *tables_[Slot(pollutant)], calibration, history_.sites()[keys.keys[row].site].id,
            forecast, keys.last_observed[row], ModelIndex(forecast.model->description().model_id)));
        finished.basis = basis;
      }
    }
    return {};
  }

  void SayWhoIsLeftOut(const AskedModels& asked) {
    for (const std::string& id : asked.left_out()) {
      ++left_out_;
      base::Log(base::LogLevel::kWarning, "forecast",
                "a model was trained with weather and there is none: its fallback forecasts",
                {{"model_id", id}, {"as_of", base::FormatDay(options_.as_of)}});
    }
  }

  PlaceBasis BasisOfPlaces() {
    PlaceBasis basis;
    if (places_ == nullptr) return basis;
    const auto index = [this](const inference::LoadedModel* model) -> std::optional<std::uint16_t> {
      if (model == nullptr) return std::nullopt;
      return ModelIndex(model->description().model_id);
    };
    for (const Pollutant pollutant : airquality::kPollutants) {
      for (int horizon = 1; horizon <= kMaxHorizonDays; ++horizon) {
        const HorizonModels& models = models_.At(pollutant, horizon, Basis::kNeighbours);
        basis.models[Slot(pollutant)][static_cast<std::size_t>(horizon - 1)] = {
            .production = index(models.production.get()), .fallback = index(models.fallback.get())};
      }
    }
    const features::NetworkReport report = places_->ReportOf(options_.as_of);
    for (std::size_t site = 0; site < history_.sites().size(); ++site) {
      const airquality::Site& of = history_.sites()[site];
      if (!of.coordinates) continue;
      ReportingSite reporting{
          .id = of.id, .coordinates = *of.coordinates, .utc_offset = of.utc_offset, .values = {}};
      for (std::size_t p = 0; p < reporting.values.size(); ++p) {
        reporting.values[p] = report.values[p][site];
      }
      if (std::ranges::any_of(reporting.values, &features::ReportedValues::reports)) {
        basis.sites.push_back(reporting);
      }
    }
    return basis;
  }

  std::uint16_t ModelIndex(const std::string& model_id) {
    const auto known = std::ranges::find(model_ids_, model_id);
    const auto index = static_cast<std::uint16_t>(known - model_ids_.begin());
    if (known == model_ids_.end()) model_ids_.push_back(model_id);
    return index;
  }

  std::vector<SiteForecast> TakeSites(const ErrorCorrelations& correlations) {
    const JointLevels levels(correlations);
    std::vector<SiteForecast> sites;
    for (std::size_t index = 0; index < days_.size(); ++index) {
      const airquality::Site& site = history_.sites()[index];
      SiteForecast forecast{.id = site.id,
                            .name = site.name,
                            .coordinates = site.coordinates,
                            .utc_offset = site.utc_offset,
                            .days = {}};
      for (DayForecast& day : days_[index]) {
        if (day.pollutants.empty()) continue;
        FillOverallAqi(tables_, levels, day);
        forecast.days.push_back(std::move(day));
      }
      if (!forecast.days.empty()) sites.push_back(std::move(forecast));
    }
    return sites;
  }

  const features::SiteHistory& history_;
  const IssueModels& models_;
  const IssueOptions& options_;
  const features::FeatureBuilder builder_;
  const std::unique_ptr<const features::PlaceRowBuilder> places_;  // null without their models
  const AqiTables tables_;
  std::optional<features::WeatherColumns> weather_;
  std::size_t left_out_ = 0;  // models, for want of weather
  std::vector<std::string> model_ids_;
  std::vector<SiteDays> days_;  // by site; a day without pollutants is none
};

}  // namespace

base::Result<void> IssueOptions::Validate() const {
  if (threads >= 1) return {};
  return base::InvalidArgument(fmt::format("threads is {}, expected at least 1", threads));
}

base::Result<TableContent> Issue(const features::SiteHistory& history, const IssueModels& models,
                                 const IssueOptions& options) {
  GC_RETURN_IF_ERROR(options.Validate());
  GC_RETURN_IF_ERROR(CheckModels(models));
  return Cycle(history, models, options).Run();
}

std::vector<airquality::IssuedForecast> IssuedForecasts(const TableContent& content) {
  std::vector<airquality::IssuedForecast> issued;
  for (const SiteForecast& site : content.sites) {
    for (const DayForecast& day : site.days) {
      for (const PollutantForecast& forecast : day.pollutants) {
        issued.push_back({.site = site.id,
                          .pollutant = forecast.pollutant,
                          .issue_day = content.as_of,
                          .horizon_days = day.horizon_days,
                          .issued_at = content.issued_at,
                          .method = forecast.method,
                          .model_id = content.model_ids[forecast.model],
                          .mean = forecast.concentration.mean,
                          .p10 = forecast.concentration.quantiles[model::kP10],
                          .p50 = forecast.concentration.quantiles[model::kP50],
                          .p90 = forecast.concentration.quantiles[model::kP90],
                          .probability_over_100 = forecast.probability_over_100,
                          .aqi = forecast.aqi});
      }
    }
  }
  return issued;
}

}  // namespace geoclimate::forecast
