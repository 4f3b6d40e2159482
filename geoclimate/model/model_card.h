#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/base/day.h"
#include "geoclimate/base/result.h"
#include "geoclimate/model/manifest.h"

// What a version of a forecaster was made from, how, and how good it is: written when it is
// trained, published with it, for people and programs that decide whether to trust it
// (docs/formats/model_card.md). Values; concentrations are in the card's unit, shares and skills
// are not in percent. A figure that is not known is NaN, in JSON null.
namespace geoclimate::model {

inline constexpr double kUnknownFigure = std::numeric_limits<double>::quiet_NaN();

// A score with the ends of its 95 % interval.
struct CardFigure {
  double value = kUnknownFigure;
  double low = kUnknownFigure;
  double high = kUnknownFigure;
};

// Measurements of one kind, from which daily values were chosen.
struct CardSource {
  std::uint32_t parameter = 0;  // AQS code: 88101
  std::string source;           // "final", "provisional"
  std::string monitor;          // "continuous", "filter": decides when a value can be known
  std::uint64_t measurements = 0;
  std::uint64_t sites = 0;
  base::LocalDay first_day;
  base::LocalDay last_day;
};

struct CardYear {
  std::int32_t year = 0;  // of the issue day
  std::uint64_t rows = 0;
};

// What the model learnt from.
struct CardTraining {
  base::LocalDay first_day;  // of the values that rows and targets were made from
  base::LocalDay last_day;
  std::uint64_t rows = 0;
  std::uint64_t sites = 0;          // with a row
  std::vector<std::string> states;  // of these sites, sorted
  std::vector<CardSource> sources;
  std::vector<CardYear> years;
};

struct CardFeature {
  std::string name;
  std::string unit;
};

// A part of the rows in time, and what it was for.
struct CardBlock {
  std::string name;  // "fit", "calibrate", "evaluate"
  std::uint64_t rows = 0;
  base::LocalDay first_issue_day;
  base::LocalDay last_valid_day;
};

struct CardMember {
  std::string kind;    // "ridge and boosted trees"
  std::string target;  // "residual", "normalized residual", "log residual"
  std::uint32_t trees = 0;
};

struct CardSetting {
  std::string name;  // as the training options name it: "learning_rate"
  double value = 0;
};

// One method on the rows of a CardScores.
struct CardMethod {
  std::string name;  // "model", "persistence"
  CardFigure rmse;
  double mae = kUnknownFigure;
  double bias = kUnknownFigure;  // mean of forecast - observed
};

// The rows for which about the same probability of AQI > 100 was given.
struct CardReliability {
  double probability = kUnknownFigure;  // mean of what was given
  double observed = kUnknownFigure;     // share of the rows on which it came
  std::uint64_t rows = 0;
};

// What the forecaster is worth on rows that came after everything it was fitted on.
struct CardScores {
  // When a value counts as known to the forecaster: "archive", at the end of its day;
  // "operational", once it was available. The baselines know each issue day to its end either way
  // (docs/formats/model_card.md).
  std::string known;
  base::LocalDay first_issue_day;
  base::LocalDay last_valid_day;
  std::uint64_t rows = 0;
  std::uint64_t sites = 0;
  std::uint64_t weeks = 0;   // blocks of the bootstrap
  std::uint64_t events = 0;  // rows observed over AQI 100
  CardMethod forecast;
  std::vector<CardMethod> baselines;  // the six
  std::string best_baseline;          // the one with the lowest RMSE
  CardFigure skill;                   // 1 - MSE(forecast) / MSE(best baseline)
  CardFigure crps;                    // of p10, p50, p90
  CardFigure coverage;                // share of observations within p10 .. p90
  CardFigure width;                   // mean of p90 - p10
  CardFigure brier;                   // of P(AQI > 100)
  // Of that probability: tenths of the way from 0 to 1, in their order, that have rows.
  std::vector<CardReliability> reliability;
};

struct CardSite {
  std::string site_id;  // "06-037-1103"
  std::string name;
  std::uint64_t rows = 0;
  double rmse = kUnknownFigure;
  std::string best_baseline;  // over this site's rows
  double best_baseline_rmse = kUnknownFigure;
  double skill = kUnknownFigure;
  double coverage = kUnknownFigure;
};

struct ModelCard {
  std::string model_name;  // "pm25_d1"
  std::string pollutant;   // "PM2.5"
  std::string unit;
  std::int32_t horizon_days = 1;
  std::string summary;  // what it is, in a sentence
  CardTraining training;
  std::vector<CardFeature> features;
  std::string schema_fingerprint;
  std::string damped_towards;  // the feature that the forecaster's own baseline damps towards
  double rho = kUnknownFigure;
  std::vector<CardMember> members;  // empty: it forecasts its baseline
  double trust = kUnknownFigure;    // share of the members' correction that is taken
  std::vector<CardBlock> blocks;
  std::vector<CardSetting> settings;
  std::vector<CardScores> scores;   // by mode of knowledge, "archive" first
  std::vector<CardSite> sites;      // of scores.front(), by id
  std::vector<std::string> limits;  // what it must not be trusted with, a sentence each
};

// The scores of one mode of knowledge; null without.
const CardScores* FindScores(const ModelCard& card, std::string_view known);

// Deterministic: the same card gives the same bytes.
std::string EncodeCard(const ModelCard& card);
// kInvalidArgument naming the field; kUnimplemented for a later version of the format. Safe on
// hostile input.
base::Result<ModelCard> ParseCard(std::string_view json);

// EncodeDescription() with one member more, "card": the card, or null without one.
std::string EncodeDescription(const ModelDescription& description, const ModelCard* card);

// The card as Markdown that reads well as plain text too. `model_id` heads it.
std::string RenderCard(const ModelCard& card, std::string_view model_id);

}  // namespace geoclimate::model
