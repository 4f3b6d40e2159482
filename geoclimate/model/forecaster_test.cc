#include "geoclimate/model/forecaster.h"

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <limits>
#include <string>

#include <gtest/gtest.h>

#include "geoclimate/formats/digest.h"

namespace geoclimate::model {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

TreeEnsemble Trees() {
  TreeEnsemble ensemble;
  ensemble.features = 3;
  ensemble.feature_names = {"last", "mean30", "region"};
  ensemble.base_scores = {0.25};
  ensemble.source = "xgboost 3.2.0";
  ensemble.objective = "reg:squarederror";
  Tree tree;
  tree.nodes.resize(5);
  tree.nodes[0].feature = 0;
  tree.nodes[0].threshold = 12.5;
  tree.nodes[0].default_left = true;
  tree.nodes[0].left = 1;
  tree.nodes[0].right = 2;
  tree.nodes[1].value = -0.5;
  tree.nodes[2].feature = 2;
  tree.nodes[2].kind = SplitKind::kInSetRight;
  tree.nodes[2].category_words_count = 1;
  tree.nodes[2].left = 3;
  tree.nodes[2].right = 4;
  tree.nodes[3].value = 0.75;
  tree.nodes[4].value = 1.5;
  tree.category_words = {5};
  ensemble.trees = {tree, tree};
  return ensemble;
}

Forecaster Example() {
  Forecaster forecaster;
  forecaster.pollutant = airquality::Pollutant::kO3;
  forecaster.horizon_days = 2;
  forecaster.schema = features::FeatureSchema(
      {{.name = "last", .unit = "ppm", .min = 0, .max = 1, .missing_allowed = true},
       {.name = "mean30", .unit = "ppm"},
       {.name = "region", .unit = ""}});
  forecaster.baseline = {.last_feature = "last", .reference_feature = "mean30", .rho = 0.5};
  for (std::size_t k = 0; k < kQuantileLevels.size(); ++k) {
    forecaster.calibration.offsets[k] = static_cast<double>(k) - 5;
  }
  forecaster.calibration.spread.floor = 1;
  forecaster.calibration.spread.slope = 0.1;
  return forecaster;
}

Forecaster WithSpreadTrees() {
  Forecaster forecaster = Example();
  forecaster.calibration.spread.trees = Trees();
  return forecaster;
}

Forecaster WithMembers() {
  Forecaster forecaster = Example();
  for (const MemberTarget target :
       {MemberTarget::kResidual, MemberTarget::kNormalizedResidual, MemberTarget::kLogResidual}) {
    forecaster.members.push_back({.target = target, .scale_offset = 2, .trees = Trees()});
  }
  forecaster.members[2].linear = {.intercept = 0, .bound = 3, .terms = {{.column = 2}}};
  return forecaster;
}

std::string Refusal(const std::function<void(Forecaster&)>& spoil) {
  Forecaster forecaster = WithMembers();
  spoil(forecaster);
  const base::Result<void> valid = forecaster.Validate();
  return valid.ok() ? "accepted" : valid.error().message();
}

TEST(Forecaster, ServesItsBaselineWithoutMembers) {
  const Distribution forecast = Example().Combine(std::vector<float>{20, 10, 0}, {});
  EXPECT_EQ(forecast.mean, 15);                       // 10 + 0.5 (20 - 10)
  EXPECT_EQ(forecast.quantiles[kP50], 15);            // offset 0
  EXPECT_EQ(forecast.quantiles[kP90], 15 + 4 * 2.5);  // spread 1 + 0.1 * 15
  EXPECT_EQ(forecast.quantiles[kP10], 15 - 4 * 2.5);
}

TEST(Forecaster, TheLastScoreIsThatOfTheSpreadsTrees) {
  const Distribution forecast =
      WithSpreadTrees().Combine(std::vector<float>{20, 10, 0}, std::vector<float>{std::log(2.0F)});
  EXPECT_EQ(forecast.mean, 15);
  EXPECT_EQ(forecast.quantiles[kP50], 15);
  EXPECT_FLOAT_EQ(forecast.quantiles[kP90], 15 + 4 * 5);
}

TEST(Forecaster, EachTargetTurnsAScoreIntoAConcentration) {
  const std::vector<float> row = {20, 10, 0};  // baseline 15, reference 10
  const auto mean = [&](MemberTarget target, float score) {
    Forecaster forecaster = Example();
    forecaster.members = {{.target = target, .scale_offset = 2, .trees = Trees()}};
    return forecaster.Combine(row, std::vector<float>{score}).mean;
  };
  EXPECT_EQ(mean(MemberTarget::kResidual, 3), 18);
  EXPECT_EQ(mean(MemberTarget::kNormalizedResidual, 0.5F), 21);           // 15 + 0.5 * 12
  EXPECT_FLOAT_EQ(mean(MemberTarget::kLogResidual, std::log(2.0F)), 32);  // 17 * 2 - 2
}

TEST(Forecaster, TheMeanIsTheMeanOfTheMembersConcentrations) {
  const Distribution forecast =
      WithMembers().Combine(std::vector<float>{20, 10, 0}, std::vector<float>{3, 0.5F, 0});
  EXPECT_EQ(forecast.mean, 18);  // (18 + 21 + 15) / 3
}

TEST(Forecaster, AMembersLinearPartIsAddedToTheScoreOfItsTrees) {
  Forecaster forecaster = Example();
  Member& member = forecaster.members.emplace_back();
  member.trees = NoTrees(forecaster.schema);
  // 2 + 3 (region - 1)
  member.linear = {.intercept = 2, .bound = 10, .terms = {{.column = 2, .center = 1, .weight = 3}}};
  ASSERT_TRUE(forecaster.Validate().ok());
  EXPECT_EQ(forecaster.Combine(std::vector<float>{20, 10, 2}, std::vector<float>{0}).mean, 20);
  EXPECT_EQ(forecaster.Combine(std::vector<float>{20, 10, 2}, std::vector<float>{7}).mean, 27);
}

TEST(Forecaster, MembersCorrectTheBaselineAsFarAsTheyAreTrusted) {
  Forecaster forecaster = WithMembers();
  const auto mean = [&](double trust) {
    forecaster.trust = trust;
    return forecaster.Combine(std::vector<float>{20, 10, 0}, std::vector<float>{3, 0.5F, 0}).mean;
  };
  EXPECT_EQ(mean(1), 18);
  EXPECT_EQ(mean(0.5), 16.5);
  EXPECT_EQ(mean(0), 15);
}

TEST(Forecaster, NegativeReferencesScaleAsZero) {
  Forecaster forecaster = Example();
  forecaster.members = {
      {.target = MemberTarget::kNormalizedResidual, .scale_offset = 2, .trees = Trees()}};
  EXPECT_EQ(forecaster.Combine(std::vector<float>{-10, -10, 0}, std::vector<float>{1}).mean, -8);
}

TEST(Forecaster, WithOneBaselineColumnMissingTheOtherStandsIn) {
  const Forecaster forecaster = Example();
  EXPECT_EQ(forecaster.Baseline(std::vector<float>{kNan, 10, 0}), 10);
  EXPECT_EQ(forecaster.Baseline(std::vector<float>{20, kNan, 0}), 20);
  EXPECT_EQ(forecaster.Combine(std::vector<float>{20, kNan, 0}, {}).quantiles[kP90], 20 + 4 * 3);
}

TEST(Forecaster, WithBothBaselineColumnsMissingAllIsNan) {
  const Distribution forecast =
      WithMembers().Combine(std::vector<float>{kNan, kNan, 0}, std::vector<float>{1, 1, 1});
  EXPECT_TRUE(std::isnan(forecast.mean));
  for (const float quantile : forecast.quantiles) EXPECT_TRUE(std::isnan(quantile));
}

TEST(Forecaster, ValidateNamesWhatIsWrong) {
  EXPECT_EQ(Refusal([](auto&) {}), "accepted");
  EXPECT_EQ(Refusal([](auto& f) { f.baseline.last_feature = "x"; }),
            "the baseline's column 'x' is not in the schema");
  EXPECT_EQ(Refusal([](auto& f) { f.members[1].trees.feature_names[2] = "zone"; }),
            "member 1: its feature 2 is 'zone', the schema's 'region'");
  EXPECT_EQ(Refusal([](auto& f) { f.members[0].trees.trees[1].nodes[0].left = 9; }),
            "member 0: tree 1, node 0: has the child 9 of 5 nodes");
  EXPECT_EQ(Refusal([](auto& f) { f.members[2].trees.link = Link::kLogistic; }),
            "member 2: it has a link or more than one output");
  EXPECT_EQ(Refusal([](auto& f) { f.members[2].scale_offset = 0; }),
            "member 2: a logarithmic target needs a scale offset above 0");
  EXPECT_EQ(Refusal([](auto& f) { f.calibration.offsets[3] = 9; }),
            "the calibration offsets do not ascend");
  EXPECT_EQ(Refusal([](auto& f) { f.calibration.spread.floor = kNan; }),
            "a calibration spread is nan");
  EXPECT_EQ(Refusal([](auto& f) {
              f.calibration.spread.trees = Trees();
              f.calibration.spread.trees.feature_names[0] = "x";
            }),
            "the spread's trees: its feature 0 is 'x', the schema's 'last'");
  EXPECT_EQ(Refusal([](auto& f) { f.members[2].linear.terms[0].column = 3; }),
            "member 2: its linear term 0 reads column 3 of 3");
  EXPECT_EQ(Refusal([](auto& f) {
              f.members[0].linear.terms = {{.column = 1}};
              f.members[0].scale_offset = 0;
            }),
            "member 0: a linear part needs a scale offset above 0");
  EXPECT_EQ(Refusal([](auto& f) { f.trust = 1.5; }), "its members are trusted by 1.5, not 0 to 1");
  EXPECT_EQ(Refusal([](auto& f) { f.members.resize(65); }), "65 members, at most 64 are allowed");
}

TEST(ForecasterCodec, ReadsBackWhatItWrote) {
  Forecaster written = WithMembers();
  written.trust = 0.75;
  written.members[1].linear = {
      .intercept = 0.5,
      .bound = 2,
      .terms = {
          {.column = 0, .input = LinearInput::kDeparture, .center = 1, .scale = 4, .weight = 9},
          {.column = 2, .input = LinearInput::kShare, .weight = -1}}};
  const std::string bytes = EncodeForecaster(written);
  const base::Result<Forecaster> read = ParseForecaster(bytes);
  ASSERT_TRUE(read.ok()) << read.error().message();
  EXPECT_EQ(EncodeForecaster(*read), bytes);
  EXPECT_EQ(read->pollutant, written.pollutant);
  EXPECT_EQ(read->horizon_days, 2);
  EXPECT_EQ(read->schema.fingerprint(), written.schema.fingerprint());
  EXPECT_EQ(read->schema.features()[0].max, 1);
  EXPECT_EQ(read->baseline.rho, 0.5);
  ASSERT_EQ(read->members.size(), 3U);
  EXPECT_EQ(read->members[2].target, MemberTarget::kLogResidual);
  EXPECT_EQ(read->members[0].trees.source, "xgboost 3.2.0");
  EXPECT_EQ(read->trust, 0.75);
  const LinearScore& linear = read->members[1].linear;
  EXPECT_EQ(linear.intercept, 0.5);
  EXPECT_EQ(linear.bound, 2);
  ASSERT_EQ(linear.terms.size(), 2U);
  EXPECT_EQ(linear.terms[0].input, LinearInput::kDeparture);
  EXPECT_EQ(linear.terms[0].scale, 4);
  EXPECT_EQ(linear.terms[0].weight, 9);
  EXPECT_EQ(linear.terms[1].column, 2);
  const TreeNode& node = read->members[0].trees.trees[1].nodes[2];
  EXPECT_EQ(node.kind, SplitKind::kInSetRight);
  EXPECT_EQ(read->members[0].trees.trees[1].category_words, (std::vector<std::uint32_t>{5}));
}

TEST(ForecasterCodec, ReadsBackTheSpreadAndItsTrees) {
  const std::string bytes = EncodeForecaster(WithSpreadTrees());
  const base::Result<Forecaster> read = ParseForecaster(bytes);
  ASSERT_TRUE(read.ok()) << read.error().message();
  EXPECT_EQ(EncodeForecaster(*read), bytes);
  EXPECT_EQ(read->calibration.spread.slope, 0.1);
  ASSERT_EQ(read->calibration.spread.trees.trees.size(), 2U);
  EXPECT_EQ(read->calibration.spread.trees.trees[1].nodes[4].value, 1.5);
}

TEST(ForecasterCodec, KeepsDoublesWhereTheEnsembleHasThem) {
  Forecaster forecaster = WithMembers();
  TreeEnsemble& trees = forecaster.members[0].trees;
  trees.float_thresholds = false;
  trees.trees[0].nodes[0].threshold = 0.1;
  trees.trees[0].nodes[1].value = 0.3;
  const base::Result<Forecaster> read = ParseForecaster(EncodeForecaster(forecaster));
  ASSERT_TRUE(read.ok()) << read.error().message();
  EXPECT_EQ(read->members[0].trees.trees[0].nodes[0].threshold, 0.1);
  EXPECT_EQ(read->members[0].trees.trees[0].nodes[1].value, 0.3);
}

TEST(ForecasterCodec, RefusesEveryTruncationAndEveryChangedByte) {
  const std::string bytes = EncodeForecaster(WithMembers());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    ASSERT_FALSE(ParseForecaster(std::string_view(bytes).substr(0, size)).ok()) << size;
  }
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::string changed = bytes;
    changed[at] = static_cast<char>(changed[at] ^ 0x10);
    ASSERT_FALSE(ParseForecaster(changed).ok()) << at;
  }
}

// With the checksum made to fit, so that the body's own checks are what refuses or accepts.
TEST(ForecasterCodec, SurvivesBodiesThatAreWrongUnderAFittingChecksum) {
  Forecaster forecaster = WithMembers();
  forecaster.calibration.spread.trees = Trees();
  const std::string bytes = EncodeForecaster(forecaster);
  std::size_t refused = 0;
  for (std::size_t at = 20; at + 8 < bytes.size(); ++at) {
    std::string changed = bytes.substr(0, bytes.size() - 8);
    changed[at] = static_cast<char>(0xFF);
    const std::uint64_t checksum = formats::Xxh3(changed);
    changed.append(reinterpret_cast<const char*>(&checksum), sizeof checksum);
    const base::Result<Forecaster> read = ParseForecaster(changed);
    if (!read.ok()) {
      EXPECT_EQ(read.error().code(), base::ErrorCode::kDataLoss);
      ++refused;
    } else {
      EXPECT_TRUE(read->Validate().ok());
    }
  }
  EXPECT_GT(refused, 100U);
}

TEST(ForecasterCodec, ReadsTheSeedsOfItsFuzzer) {
  const std::filesystem::path seeds =
      std::filesystem::path(GEOCLIMATE_SOURCE_DIR) / "fuzz/corpus/model_file";
  for (const char* name : {"forecaster.bin", "forecaster_double.bin", "forecaster_spread.bin",
                           "forecaster_sample.bin"}) {
    std::ifstream file(seeds / name, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    const base::Result<Forecaster> read = ParseForecaster(bytes);
    ASSERT_TRUE(read.ok()) << name << ": " << read.error().message();
    EXPECT_EQ(EncodeForecaster(*read), bytes) << name;
  }
}

TEST(ForecasterCodec, EveryOtherVersionIsRefusedByItsNumber) {
  for (const int version : {1, 2, 3, 6}) {
    std::string bytes = EncodeForecaster(Example());
    bytes[8] = static_cast<char>(version);
    const base::Result<Forecaster> read = ParseForecaster(bytes);
    ASSERT_FALSE(read.ok());
    EXPECT_EQ(read.error().code(), base::ErrorCode::kUnimplemented);
    EXPECT_EQ(read.error().message(),
              "forecaster: version " + std::to_string(version) +
                  " of the format; this program reads versions 4 and 5: train it again");
  }
}

// As the version of the format before wrote it: the same, without what follows the members.
std::string AsBefore(const Forecaster& forecaster) {
  std::string bytes = EncodeForecaster(forecaster);
  bytes.resize(bytes.size() - sizeof(std::uint64_t) - 1);  // the checksum, and the flag
  const std::uint32_t version = 4;
  const std::uint64_t body = bytes.size() - 20;
  std::memcpy(bytes.data() + 8, &version, sizeof(version));
  std::memcpy(bytes.data() + 12, &body, sizeof(body));
  const std::uint64_t checksum = formats::Xxh3(bytes);
  bytes.append(reinterpret_cast<const char*>(&checksum), sizeof(checksum));
  return bytes;
}

TEST(ForecasterCodec, OneOfTheVersionBeforeIsReadAndHasNoTrainingSample) {
  const auto read = ParseForecaster(AsBefore(WithMembers()));
  ASSERT_TRUE(read.ok()) << read.error().ToString();
  EXPECT_TRUE(read->training_sample.empty());
  EXPECT_EQ(EncodeForecaster(*read), EncodeForecaster(WithMembers()));
}

TEST(ForecasterCodec, ATrainingSampleIsGivenBackAsItWas) {
  Forecaster forecaster = WithMembers();
  const std::vector<float> values = {1, 2, 3, 4, 5, std::numeric_limits<float>::quiet_NaN()};
  const std::vector<std::uint8_t> months = {0, 3, 3, 7, 11, 11};
  forecaster.training_sample.features.assign(forecaster.schema.size(),
                                             MakeSampleColumn(values, months, 3));
  forecaster.training_sample.features.front() = {};
  forecaster.training_sample.prediction = MakeSampleColumn(values, months, 2);
  ASSERT_TRUE(forecaster.Validate().ok());
  const std::string bytes = EncodeForecaster(forecaster);
  const auto read = ParseForecaster(bytes);
  ASSERT_TRUE(read.ok()) << read.error().ToString();
  EXPECT_EQ(read->training_sample, forecaster.training_sample);
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(ParseForecaster(bytes.substr(0, length)).ok());
  }
  forecaster.training_sample.features.pop_back();
  EXPECT_FALSE(forecaster.Validate().ok());
}

}  // namespace
}  // namespace geoclimate::model
