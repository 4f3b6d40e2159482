#include "geoclimate/forecast/issue_cycle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "geoclimate/features/feature_builder.h"
#include "geoclimate/features/testing/leakage.h"
#include "geoclimate/features/testing/synthetic_history.h"
#include "geoclimate/forecast/place_forecast.h"
#include "geoclimate/forecast/place_rows.h"
#include "geoclimate/forecast/recency.h"

namespace geoclimate::forecast {
namespace {

using airquality::Method;
using airquality::Pollutant;
using features::FeatureBuilder;

using ModelPointer = std::shared_ptr<const inference::LoadedModel>;

model::Forecaster BaselineOf(Pollutant pollutant, int horizon_days) {
  model::Forecaster forecaster;
  forecaster.pollutant = pollutant;
  forecaster.horizon_days = horizon_days;
  forecaster.schema = FeatureBuilder::Schema(pollutant);
  forecaster.baseline = {.last_feature = std::string(FeatureBuilder::LastValueName(pollutant)),
                         .reference_feature = std::string(FeatureBuilder::Mean30Name(pollutant)),
                         .rho = 0.5};
  for (std::size_t k = 0; k < model::kQuantileLevels.size(); ++k) {
    forecaster.calibration.offsets[k] = model::kQuantileLevels[k] - 0.5;
  }
  forecaster.calibration.spread.floor = 0;
  forecaster.calibration.spread.slope = 1;
  return forecaster;
}

// One tree of one leaf: always the same score.
model::TreeEnsemble Always(const features::FeatureSchema& schema, double score) {
  model::TreeEnsemble ensemble;
  ensemble.features = static_cast<std::int32_t>(schema.size());
  for (const features::Feature& feature : schema.features()) {
    ensemble.feature_names.push_back(feature.name);
  }
  ensemble.base_scores = {0};
  model::Tree tree;
  tree.nodes.emplace_back().value = score;
  ensemble.trees.push_back(std::move(tree));
  return ensemble;
}

ModelPointer Load(std::string id, model::Forecaster forecaster) {
  model::ModelDescription description;
  description.model_id = std::move(id);
  auto loaded =
      inference::LoadedModel::FromForecaster(std::move(description), std::move(forecaster));
  EXPECT_TRUE(loaded.ok()) << loaded.error().ToString();
  return *loaded;
}

// A fallback for everything, and for PM2.5 a production model whose normalised residual is `score`.
IssueModels SomeModels(double score = 0.25) {
  IssueModels models;
  for (const Pollutant pollutant : airquality::kPollutants) {
    for (int horizon = 1; horizon <= kMaxHorizonDays; ++horizon) {
      models.At(pollutant, horizon).fallback = Load(
          std::string(airquality::Slug(pollutant)) + "_fallback", BaselineOf(pollutant, horizon));
    }
  }
  for (int horizon = 1; horizon <= kMaxHorizonDays; ++horizon) {
    model::Forecaster forecaster = BaselineOf(Pollutant::kPm25, horizon);
    forecaster.members.push_back({.target = model::MemberTarget::kNormalizedResidual,
                                  .scale_offset = 1,
                                  .trees = Always(forecaster.schema, score)});
    models.At(Pollutant::kPm25, horizon).production =
        Load("pm25_d" + std::to_string(horizon) + "_v1", std::move(forecaster));
  }
  return models;
}

// And forecasters of places: the interpolation, and for PM2.5 a model of its own.
IssueModels WithPlaces(IssueModels models) {
  for (const Pollutant pollutant : airquality::kPollutants) {
    const PlaceBaselineColumns columns = BaselineColumnsOfPlaces(pollutant);
    for (int horizon = 1; horizon <= kMaxHorizonDays; ++horizon) {
      model::Forecaster forecaster = BaselineOf(pollutant, horizon);
      forecaster.schema = features::PlaceSchema(pollutant);
      forecaster.baseline = {.last_feature = std::string(columns.last),
                             .reference_feature = std::string(columns.references[0]),
                             .rho = 0.5};
      HorizonModels& at = models.At(pollutant, horizon, airquality::Basis::kNeighbours);
      at.fallback =
          Load(std::string(airquality::Slug(pollutant)) + "_neighbours_fallback", forecaster);
      if (pollutant != Pollutant::kPm25) continue;
      forecaster.members.push_back({.target = model::MemberTarget::kNormalizedResidual,
                                    .scale_offset = 1,
                                    .trees = Always(forecaster.schema, 0.5)});
      at.production = Load("pm25_d" + std::to_string(horizon) + "_neighbours_v1", forecaster);
    }
  }
  return models;
}

const base::LocalDay kAsOf = base::MakeDay(2017, 6, 1);

IssueOptions At(base::LocalDay as_of) {
  return {.as_of = as_of, .issued_at = base::Timestamp(std::chrono::hours(415'000))};
}

TableContent MustIssue(const features::SiteHistory& history, const IssueModels& models,
                       const IssueOptions& options) {
  auto content = Issue(history, models, options);
  EXPECT_TRUE(content.ok()) << content.error().ToString();
  return *std::move(content);
}

features::SiteHistory Synthetic() {
  return features::testing::MakeSyntheticHistory({.sites = 30, .days = 900});
}

const PollutantForecast* Find(const TableContent& content, airquality::SiteId site,
                              int horizon_days, Pollutant pollutant) {
  const auto at = std::ranges::find(content.sites, site, &SiteForecast::id);
  if (at == content.sites.end()) return nullptr;
  const DayForecast* day = at->Find(horizon_days);
  if (day == nullptr) return nullptr;
  const auto found = std::ranges::find(day->pollutants, pollutant, &PollutantForecast::pollutant);
  return found == day->pollutants.end() ? nullptr : &*found;
}

// One site with PM2.5 of 10 on each of the days [first, last] before as_of; 0 is as_of itself.
features::SiteHistory Tens(int first, int last) {
  features::SiteHistory::Builder builder;
  airquality::Site site;
  site.id = airquality::SiteId::FromParts(6, 37, 1103);
  builder.AddSite(site);
  for (int ago = first; ago >= last; --ago) {
    builder.Set(Pollutant::kPm25, site.id, kAsOf - std::chrono::days(ago), 10);
  }
  return std::move(builder).Finish();
}

TEST(IssueCycle, EveryTableHoldsWhatItsFormatAsks) {
  const TableContent content = MustIssue(Synthetic(), SomeModels(), At(kAsOf));
  EXPECT_GT(content.sites.size(), 10u);
  const auto table = ForecastTable::Parse(EncodeForecastTable(content));
  ASSERT_TRUE(table.ok()) << table.error().ToString();
  EXPECT_EQ(table->content(), content);
}

TEST(IssueCycle, WhereThereIsAProductionModelItSpeaksAndElsewhereTheLabelledFallback) {
  const features::SiteHistory history = Synthetic();
  const TableContent content = MustIssue(history, SomeModels(), At(kAsOf));
  int by_model = 0;
  int by_fallback = 0;
  for (const SiteForecast& site : content.sites) {
    for (const DayForecast& day : site.days) {
      for (const PollutantForecast& forecast : day.pollutants) {
        const bool recent = kAsOf - forecast.last_observed < kRecent;
        const Method expected = !recent ? Method::kClimatologyFallback
                                : forecast.pollutant == Pollutant::kPm25
                                    ? Method::kModel
                                    : Method::kPersistenceFallback;
        EXPECT_EQ(forecast.method, expected);
        EXPECT_EQ(content.model_ids[forecast.model],
                  expected == Method::kModel
                      ? "pm25_d" + std::to_string(day.horizon_days) + "_v1"
                      : std::string(airquality::Slug(forecast.pollutant)) + "_fallback");
        ++(expected == Method::kModel ? by_model : by_fallback);
      }
    }
  }
  EXPECT_GT(by_model, 10);
  EXPECT_GT(by_fallback, 10);
}

TEST(IssueCycle, AModelsForecastIsItsBaselineAndItsMembers) {
  const TableContent content = MustIssue(Tens(40, 0), SomeModels(0.25), At(kAsOf));
  const PollutantForecast* forecast = Find(content, content.sites[0].id, 1, Pollutant::kPm25);
  ASSERT_NE(forecast, nullptr);
  // 10 + 0.25 * (10 + 1), with a spread as large as the mean.
  EXPECT_FLOAT_EQ(forecast->concentration.mean, 12.75f);
  EXPECT_FLOAT_EQ(forecast->concentration.quantiles[model::kP10], 12.75f * 0.6f);
  EXPECT_FLOAT_EQ(forecast->concentration.quantiles[model::kP90], 12.75f * 1.4f);
  EXPECT_LT(forecast->aqi_p10, forecast->aqi);
  EXPECT_LT(forecast->aqi, forecast->aqi_p90);
  EXPECT_EQ(content.aqi_tables[0], "epa-2024");
}

TEST(IssueCycle, AValueOfEightDaysAgoLeavesTheMeanAlone) {
  const TableContent content = MustIssue(Tens(30, 8), SomeModels(), At(kAsOf));
  const PollutantForecast* forecast = Find(content, content.sites[0].id, 2, Pollutant::kPm25);
  ASSERT_NE(forecast, nullptr);
  EXPECT_EQ(forecast->method, Method::kClimatologyFallback);
  EXPECT_EQ(forecast->last_observed, kAsOf - std::chrono::days(8));
  EXPECT_FLOAT_EQ(forecast->concentration.mean, 10);
}

TEST(IssueCycle, ASiteSilentForThirtyDaysHasNoForecast) {
  const auto content = Issue(Tens(60, 30), SomeModels(), At(kAsOf));
  ASSERT_FALSE(content.ok());
  EXPECT_EQ(content.error().code(), base::ErrorCode::kFailedPrecondition);
  EXPECT_THAT(content.error().message(), testing::HasSubstr("2017-06-01"));
}

TEST(IssueCycle, NothingAfterTheIssueDayChangesABit) {
  const features::SiteHistory history = Synthetic();
  const std::string before = EncodeForecastTable(MustIssue(history, SomeModels(), At(kAsOf)));
  for (const features::testing::FutureChange change : features::testing::kFutureChanges) {
    const features::SiteHistory changed = features::testing::ChangeFuture(history, kAsOf, change);
    EXPECT_EQ(EncodeForecastTable(MustIssue(changed, SomeModels(), At(kAsOf))), before);
  }
}

TEST(IssueCycle, ThreadsChangeNothing) {
  const features::SiteHistory history = Synthetic();
  IssueOptions options = At(kAsOf);
  const TableContent alone = MustIssue(history, SomeModels(), options);
  options.threads = 4;
  EXPECT_EQ(MustIssue(history, SomeModels(), options), alone);
}

TEST(IssueCycle, AModelForSomethingElseIsRefused) {
  IssueModels models = SomeModels();
  models.At(Pollutant::kO3, 2).production = models.At(Pollutant::kPm25, 2).production;
  const auto content = Issue(Synthetic(), models, At(kAsOf));
  ASSERT_FALSE(content.ok());
  EXPECT_EQ(content.error().code(), base::ErrorCode::kInvalidArgument);
  EXPECT_THAT(content.error().message(), testing::HasSubstr("does not forecast O3 2 days ahead"));
}

TEST(IssueCycle, AModelOfOtherFeaturesIsRefused) {
  model::Forecaster forecaster = BaselineOf(Pollutant::kPm25, 1);
  std::vector<features::Feature> features = forecaster.schema.features();
  features.pop_back();
  forecaster.schema = features::FeatureSchema(std::move(features));
  IssueModels models;
  models.At(Pollutant::kPm25, 1).production = Load("old", std::move(forecaster));
  const auto content = Issue(Synthetic(), models, At(kAsOf));
  ASSERT_FALSE(content.ok());
  EXPECT_THAT(content.error().message(), testing::HasSubstr("train it again"));
}

TEST(IssueCycle, OptionsOutOfRangeAreNamed) {
  IssueOptions options = At(kAsOf);
  options.threads = 0;
  EXPECT_FALSE(Issue(Synthetic(), SomeModels(), options).ok());
}

TEST(IssueCycle, IssuedForecastsAreTheTablesOwn) {
  const TableContent content = MustIssue(Synthetic(), SomeModels(), At(kAsOf));
  std::size_t expected = 0;
  for (const SiteForecast& site : content.sites) {
    for (const DayForecast& day : site.days) expected += day.pollutants.size();
  }
  const std::vector<airquality::IssuedForecast> issued = IssuedForecasts(content);
  ASSERT_EQ(issued.size(), expected);
  for (const airquality::IssuedForecast& forecast : issued) {
    const PollutantForecast* in_table =
        Find(content, forecast.site, forecast.horizon_days, forecast.pollutant);
    ASSERT_NE(in_table, nullptr);
    EXPECT_EQ(forecast.issue_day, kAsOf);
    EXPECT_EQ(forecast.issued_at, content.issued_at);
    EXPECT_EQ(forecast.mean, in_table->concentration.mean);
    EXPECT_EQ(forecast.p90, in_table->concentration.quantiles[model::kP90]);
    EXPECT_EQ(forecast.aqi, in_table->aqi);
    EXPECT_EQ(forecast.model_id, content.model_ids[in_table->model]);
  }
}

TEST(IssueCycle, SilentAndNewSitesAreForecastFromTheirNeighbours) {
  const features::SiteHistory history = Synthetic();
  const IssueModels models = WithPlaces(SomeModels());
  const TableContent content = MustIssue(history, models, At(kAsOf));
  int silent = 0;
  for (std::size_t site = 1; site < history.sites().size(); ++site) {
    for (const Pollutant pollutant : airquality::kPollutants) {
      const PollutantForecast* forecast = Find(content, history.sites()[site].id, 1, pollutant);
      const features::SiteHistory::Series series = history.Get(pollutant, site);
      if (NewestValue(series, kAsOf, kRecent)) {
        ASSERT_NE(forecast, nullptr);
        EXPECT_EQ(forecast->basis, airquality::Basis::kSite);
      } else if (forecast != nullptr && forecast->basis == airquality::Basis::kNeighbours) {
        ++silent;
        EXPECT_EQ(forecast->method,
                  pollutant == Pollutant::kPm25 ? Method::kModel : Method::kPersistenceFallback);
        EXPECT_THAT(content.model_ids[forecast->model], ::testing::HasSubstr("_neighbours"));
      }
    }
  }
  EXPECT_GT(silent, 5);
  const auto table = ForecastTable::Parse(EncodeForecastTable(content));
  ASSERT_TRUE(table.ok()) << table.error().ToString();
  EXPECT_EQ(table->content(), content);
  // Where a site speaks for itself the forecasters of places change nothing.
  const TableContent without = MustIssue(history, SomeModels(), At(kAsOf));
  for (const SiteForecast& site : without.sites) {
    for (const PollutantForecast& before : site.days[0].pollutants) {
      const PollutantForecast* after = Find(content, site.id, 1, before.pollutant);
      ASSERT_NE(after, nullptr);
      if (after->basis == airquality::Basis::kSite) {
        EXPECT_EQ(after->concentration, before.concentration);
      }
    }
  }
}

TEST(IssueCycle, AnyPlaceGetsTheForecastOfASilentSiteThere) {
  const features::SiteHistory history = Synthetic();
  const IssueModels models = WithPlaces(SomeModels());
  const TableContent content = MustIssue(history, models, At(kAsOf));
  const PlaceForecaster places(content);
  ASSERT_TRUE(places.available());
  const auto find = [&](const std::string& id) -> ModelPointer {
    for (const auto& of_pollutant : models.of_places) {
      for (const HorizonModels& at : of_pollutant) {
        for (const ModelPointer& model : {at.production, at.fallback}) {
          if (model != nullptr && model->description().model_id == id) return model;
        }
      }
    }
    return nullptr;
  };
  int compared = 0;
  for (const SiteForecast& site : content.sites) {
    if (!site.coordinates) continue;
    const auto forecast = places.Forecast(*site.coordinates, find);
    if (!forecast.ok()) continue;
    for (const PollutantForecast& own : site.days[0].pollutants) {
      if (own.basis != airquality::Basis::kNeighbours) continue;
      const auto& there = forecast->forecast.days[0].pollutants;
      const auto at = std::ranges::find(there, own.pollutant, &PollutantForecast::pollutant);
      ASSERT_NE(at, there.end());
      // The site's other pollutants, if it reports some, are not hidden from a place there.
      EXPECT_EQ(at->method, own.method);
      EXPECT_EQ(at->last_observed, own.last_observed);
      EXPECT_NEAR(at->concentration.mean, own.concentration.mean, 1e-4F);
      EXPECT_EQ(content.model_ids[at->model], content.model_ids[own.model]);
      ++compared;
    }
  }
  EXPECT_GT(compared, 5);
  const auto nowhere = places.Forecast({0, 0}, find);
  ASSERT_FALSE(nowhere.ok());
  EXPECT_EQ(nowhere.error().code(), base::ErrorCode::kNotFound);
  const auto unloaded = places.Forecast(content.places.sites[0].coordinates,
                                        [](const std::string&) { return nullptr; });
  ASSERT_FALSE(unloaded.ok());
  EXPECT_EQ(unloaded.error().code(), base::ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace geoclimate::forecast
