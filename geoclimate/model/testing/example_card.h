#pragma once

#include "geoclimate/model/model_card.h"

namespace geoclimate::model::testing {

// A card with something in every field, and one figure that is not known.
inline ModelCard ExampleCard() {
  ModelCard card;
  card.model_name = "pm25_d1";
  card.pollutant = "PM2.5";
  card.unit = "ug/m3";
  card.horizon_days = 1;
  card.summary = "Boosted trees over a damped baseline.";
  card.training = {.first_day = base::MakeDay(2015, 1, 1),
                   .last_day = base::MakeDay(2020, 12, 31),
                   .rows = 12'345,
                   .sites = 2,
                   .states = {"California", "New York"},
                   .sources = {{.parameter = 88101,
                                .source = "final",
                                .monitor = "filter",
                                .measurements = 4'000,
                                .sites = 2,
                                .first_day = base::MakeDay(2015, 1, 1),
                                .last_day = base::MakeDay(2020, 12, 30)}},
                   .years = {{.year = 2015, .rows = 2'345}, {.year = 2020, .rows = 10'000}}};
  card.features = {{.name = "pm25_last_ug_m3", .unit = "ug/m3"}, {.name = "week_sin", .unit = ""}};
  card.schema_fingerprint = "0123456789abcdef";
  card.damped_towards = "pm25_mean30_ug_m3";
  card.rho = 0.625;
  card.members = {{.kind = "boosted trees", .target = "log residual", .trees = 240}};
  card.trust = 0.75;
  card.blocks = {{.name = "evaluate",
                  .rows = 2'469,
                  .first_issue_day = base::MakeDay(2019, 11, 1),
                  .last_valid_day = base::MakeDay(2020, 12, 31)}};
  card.settings = {{.name = "learning_rate", .value = 0.04}};
  CardScores scores;
  scores.known = "archive";
  scores.first_issue_day = base::MakeDay(2019, 11, 1);
  scores.last_valid_day = base::MakeDay(2020, 12, 31);
  scores.rows = 2'469;
  scores.sites = 2;
  scores.weeks = 61;
  scores.events = 7;
  scores.forecast = {
      .name = "model", .rmse = {.value = 4.25, .low = 4, .high = 4.5}, .mae = 2.5, .bias = -0.125};
  scores.baselines = {
      {.name = "persistence", .rmse = {.value = 5, .low = 4.75, .high = 5.5}, .mae = 3, .bias = 0},
      {.name = "damped_mean30",
       .rmse = {.value = 4.5, .low = 4.25, .high = 5},
       .mae = 2.75,
       .bias = 0.25}};
  scores.best_baseline = "damped_mean30";
  scores.skill = {.value = 0.108, .low = 0.0625, .high = 0.15};
  scores.crps = {.value = 1.75, .low = 1.5, .high = 2};
  scores.coverage = {.value = 0.8125, .low = 0.78, .high = 0.84};
  scores.width = {.value = 9.5, .low = 9, .high = 10};
  scores.reliability = {{.probability = 0.0025, .observed = 0.002, .rows = 2'400},
                        {.probability = 0.125, .observed = 0.0625, .rows = 69}};
  card.scores = {scores};
  card.sites = {{.site_id = "06-037-1103",
                 .name = "Los Angeles | North Main Street",
                 .rows = 1'200,
                 .rmse = 4.75,
                 .best_baseline = "damped_mean30",
                 .best_baseline_rmse = 5,
                 .skill = 0.0975,
                 .coverage = 0.805}};
  card.limits = {"No weather is among the features.", "The data end on 2020-12-31."};
  return card;
}

}  // namespace geoclimate::model::testing
