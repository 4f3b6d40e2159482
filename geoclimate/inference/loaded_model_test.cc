#include "geoclimate/inference/loaded_model.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "geoclimate/formats/digest.h"
#include "geoclimate/model/tree_walk.h"

namespace geoclimate::inference {
namespace {

model::TreeEnsemble Trees(double seed, bool average) {
  model::TreeEnsemble ensemble;
  ensemble.features = 3;
  ensemble.feature_names = {"last", "mean30", "wind"};
  ensemble.base_scores = {0.25 * seed};
  ensemble.average = average;
  for (int i = 0; i < 11; ++i) {
    model::Tree tree;
    tree.nodes.resize(3);
    tree.nodes[0].feature = i % 3;
    tree.nodes[0].threshold = i;
    tree.nodes[0].left = 1;
    tree.nodes[0].right = 2;
    tree.nodes[1].value = 0.5 * seed;
    tree.nodes[2].value = -0.25 * i;
    ensemble.trees.push_back(tree);
  }
  return ensemble;
}

model::Forecaster Example(bool average = false) {
  model::Forecaster forecaster;
  forecaster.schema = features::FeatureSchema({{.name = "last", .unit = "ug/m3"},
                                               {.name = "mean30", .unit = "ug/m3"},
                                               {.name = "wind", .unit = ""}});
  forecaster.baseline = {.last_feature = "last", .reference_feature = "mean30", .rho = 0.5};
  for (std::size_t k = 0; k < model::kQuantileLevels.size(); ++k) {
    forecaster.calibration.offsets[k] = static_cast<double>(k) - 5;
  }
  forecaster.members = {
      {.target = model::MemberTarget::kResidual, .scale_offset = 1, .trees = Trees(1, false)},
      {.target = model::MemberTarget::kNormalizedResidual,
       .scale_offset = 1,
       .trees = Trees(2, average)},
      {.target = model::MemberTarget::kLogResidual,
       .scale_offset = 1,
       .trees = Trees(0.125, false)}};
  return forecaster;
}

std::vector<float> Rows(std::size_t count) {
  std::vector<float> rows;
  rows.reserve(count * 3);
  for (std::size_t i = 0; i < count * 3; ++i) rows.push_back(static_cast<float>((i * 7) % 13));
  return rows;
}

float Score(const model::TreeEnsemble& trees, std::span<const float> row) {
  auto sum = static_cast<float>(trees.base_scores[0]);
  for (const model::Tree& tree : trees.trees) {
    sum += static_cast<float>(model::FindLeaf(tree, row).value);
  }
  return trees.average ? sum / static_cast<float>(trees.trees.size()) : sum;
}

void ExpectForecastsOf(const model::Forecaster& forecaster) {
  const auto loaded = LoadedModel::FromForecaster({}, forecaster);
  ASSERT_TRUE(loaded.ok()) << loaded.error().message();
  constexpr std::size_t kCount = 777;  // more than any block
  const std::vector<float> rows = Rows(kCount);
  std::vector<model::Distribution> distributions(kCount);
  std::vector<float> means(kCount);
  ASSERT_TRUE((*loaded)->PredictDistributions(rows, kCount, distributions).ok());
  ASSERT_TRUE((*loaded)->Predict(rows, kCount, means).ok());
  for (std::size_t i = 0; i < kCount; ++i) {
    const std::span<const float> row = std::span(rows).subspan(3 * i, 3);
    std::vector<float> scores;
    scores.reserve(forecaster.members.size());
    for (const model::Member& member : forecaster.members) {
      scores.push_back(Score(member.trees, row));
    }
    const model::Spread& spread = forecaster.calibration.spread;
    if (spread.has_trees()) scores.push_back(Score(spread.trees, row));
    const model::Distribution expected = forecaster.Combine(row, scores);
    ASSERT_EQ(distributions[i].mean, expected.mean) << i;
    ASSERT_EQ(distributions[i].quantiles, expected.quantiles) << i;
    ASSERT_EQ(means[i], expected.mean) << i;
  }
}

TEST(LoadedModel, AForecasterAnswersWhatItsPartsSay) {
  ExpectForecastsOf(Example());
}

TEST(LoadedModel, MembersThatSumInDifferentWaysAreScoredApart) {
  ExpectForecastsOf(Example(true));
}

TEST(LoadedModel, AForecasterWithoutMembersServesItsBaseline) {
  model::Forecaster forecaster = Example();
  forecaster.members.clear();
  ExpectForecastsOf(forecaster);
}

TEST(LoadedModel, TheSpreadsTreesAreScoredBesideTheMembers) {
  for (const bool average : {false, true}) {
    model::Forecaster forecaster = Example(average);
    forecaster.calibration.spread.trees = Trees(0.125, false);
    ExpectForecastsOf(forecaster);
    forecaster.members.clear();
    ExpectForecastsOf(forecaster);
  }
}

TEST(LoadedModel, ParseFillsInWhatFollowsFromTheArtifact) {
  const std::string artifact = model::EncodeForecaster(Example());
  const auto loaded = LoadedModel::Parse({}, artifact);
  ASSERT_TRUE(loaded.ok()) << loaded.error().message();
  const model::ModelDescription& description = (*loaded)->description();
  EXPECT_EQ(description.model_type, "forecaster");
  EXPECT_EQ(description.task_type, "forecasting");
  EXPECT_EQ(description.schema_fingerprint, Example().schema.fingerprint());
  EXPECT_EQ(description.features.size(), 3U);
  EXPECT_EQ(description.size_bytes, artifact.size());
  EXPECT_EQ(description.sha256, formats::Sha256(artifact).Hex());
  EXPECT_NE((*loaded)->forecaster(), nullptr);
  EXPECT_EQ((*loaded)->outputs(), 1U);
}

TEST(LoadedModel, AForeignModelNamesItsFeaturesAsItsFileDoes) {
  const std::filesystem::path path =
      std::filesystem::path(GEOCLIMATE_SOURCE_DIR) / "tests/golden/models/xgb_softprob.json";
  std::ifstream file(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const auto loaded = LoadedModel::Parse({}, bytes);
  ASSERT_TRUE(loaded.ok()) << loaded.error().message();
  EXPECT_EQ((*loaded)->forecaster(), nullptr);
  EXPECT_EQ((*loaded)->outputs(), 3U);
  EXPECT_EQ((*loaded)->description().task_type, "classification");
  EXPECT_EQ((*loaded)->schema().Find("f3"), 3);
  std::vector<float> answers(6);
  ASSERT_TRUE((*loaded)->Predict(std::vector<float>(8, 0.5F), 2, answers).ok());
  EXPECT_NEAR(answers[0] + answers[1] + answers[2], 1, 1e-6);
}

TEST(LoadedModel, AForecasterGivesItsQuantilesAsTensorsToo) {
  const auto loaded = LoadedModel::FromForecaster({}, Example());
  ASSERT_TRUE(loaded.ok()) << loaded.error().ToString();
  ASSERT_EQ((*loaded)->tensor_inputs().size(), 1U);
  EXPECT_EQ((*loaded)->tensor_inputs()[0],
            (TensorSpec{.name = "input", .type = TensorType::kFp32, .shape = {-1, 3}}));
  std::vector<std::string> outputs;
  for (const TensorSpec& output : (*loaded)->tensor_outputs()) outputs.push_back(output.name);
  EXPECT_EQ(outputs, (std::vector<std::string>{"output", "p10", "p50", "p90"}));
}

// Rows as a tensor, `offset` bytes into the memory that holds it.
class RowTensor {
 public:
  RowTensor(std::span<const float> rows, std::int64_t width, std::size_t offset)
      : shape_{static_cast<std::int64_t>(rows.size()) / width, width},
        memory_(rows.size_bytes() + offset),
        offset_(offset) {
    std::ranges::copy(std::as_bytes(rows), memory_.begin() + static_cast<std::ptrdiff_t>(offset));
  }
  TensorView view() const {
    return {
        .type = TensorType::kFp32, .shape = shape_, .bytes = std::span(memory_).subspan(offset_)};
  }

 private:
  std::vector<std::int64_t> shape_;
  std::vector<std::byte> memory_;
  std::size_t offset_;
};

float ElementOf(const Tensor& tensor, std::size_t index) {
  float value = 0;
  std::memcpy(&value, tensor.bytes.data() + index * sizeof value, sizeof value);
  return value;
}

TEST(LoadedModel, AForecastersTensorsAreItsDistributions) {
  const auto loaded = LoadedModel::FromForecaster({}, Example());
  ASSERT_TRUE(loaded.ok()) << loaded.error().ToString();
  EXPECT_TRUE((*loaded)->takes_rows());
  constexpr std::size_t kCount = 37;  // no multiple of a block
  const std::vector<float> rows = Rows(kCount);
  std::vector<model::Distribution> expected(kCount);
  ASSERT_TRUE((*loaded)->PredictDistributions(rows, kCount, expected).ok());
  std::vector<Tensor> outputs;
  for (const std::size_t offset : {0U, 1U}) {
    const RowTensor input(rows, 3, offset);
    ASSERT_TRUE((*loaded)->Infer({{input.view()}}, outputs).ok());
    ASSERT_EQ(outputs.size(), 4U);
    for (const Tensor& output : outputs) {
      EXPECT_EQ(output.shape, (std::vector<std::int64_t>{kCount, 1}));
    }
    for (std::size_t i = 0; i < kCount; ++i) {
      ASSERT_EQ(ElementOf(outputs[0], i), expected[i].mean) << i;
      ASSERT_EQ(ElementOf(outputs[1], i), expected[i].quantiles[model::kP10]) << i;
      ASSERT_EQ(ElementOf(outputs[2], i), expected[i].quantiles[model::kP50]) << i;
      ASSERT_EQ(ElementOf(outputs[3], i), expected[i].quantiles[model::kP90]) << i;
    }
  }
}

TEST(LoadedModel, AnEnsemblesTensorIsItsScoresAndMayHaveNoRows) {
  const auto loaded = LoadedModel::FromFile(
      {}, {.format = model::ModelFormat::kXgboost, .content = Trees(1, false)});
  ASSERT_TRUE(loaded.ok()) << loaded.error().ToString();
  std::vector<Tensor> outputs(3);
  for (const std::size_t count : {5U, 0U}) {
    const std::vector<float> rows = Rows(count);
    const RowTensor input(rows, 3, 0);
    ASSERT_TRUE((*loaded)->Infer({{input.view()}}, outputs).ok());
    ASSERT_EQ(outputs.size(), 1U);
    EXPECT_EQ(outputs[0].shape, (std::vector<std::int64_t>{static_cast<std::int64_t>(count), 1}));
    ASSERT_EQ(outputs[0].bytes.size(), count * sizeof(float));
    std::vector<float> expected(count);
    ASSERT_TRUE((*loaded)->Predict(rows, count, expected).ok());
    for (std::size_t i = 0; i < count; ++i) EXPECT_EQ(ElementOf(outputs[0], i), expected[i]);
  }
}

TEST(LoadedModel, ATensorOfAnotherWidthIsRefusedByName) {
  const auto loaded = LoadedModel::FromForecaster({}, Example());
  ASSERT_TRUE(loaded.ok()) << loaded.error().ToString();
  const RowTensor input(Rows(2), 2, 0);
  std::vector<Tensor> outputs;
  const auto answered = (*loaded)->Infer({{input.view()}}, outputs);
  ASSERT_FALSE(answered.ok());
  EXPECT_EQ(answered.error().code(), base::ErrorCode::kInvalidArgument);
  EXPECT_NE(answered.error().message().find("'input'"), std::string::npos);
}

TEST(LoadedModel, ADescriptionOfAnotherSchemaIsRefused) {
  const std::string artifact = model::EncodeForecaster(Example());
  model::ModelDescription description;
  description.model_id = "pm25_d1_v1_20240101_000000";
  description.schema_fingerprint = "0000000000000000";
  const auto other_fingerprint = LoadedModel::Parse(description, artifact);
  ASSERT_FALSE(other_fingerprint.ok());
  EXPECT_EQ(other_fingerprint.error().code(), base::ErrorCode::kFailedPrecondition);
  EXPECT_NE(other_fingerprint.error().message().find(Example().schema.fingerprint()),
            std::string::npos);
  description.schema_fingerprint.clear();
  description.features = {{.name = "last", .unit = ""}};
  const auto other_features = LoadedModel::Parse(description, artifact);
  ASSERT_FALSE(other_features.ok());
  EXPECT_EQ(other_features.error().code(), base::ErrorCode::kFailedPrecondition);
}

TEST(LoadedModel, BytesThatAreNoModelAreRefused) {
  for (const std::string_view bytes : {"", "hello", "GCFCAST", "{}", "tree\nversion=v4\n"}) {
    EXPECT_FALSE(LoadedModel::Parse({}, bytes).ok()) << bytes;
  }
}

}  // namespace
}  // namespace geoclimate::inference
