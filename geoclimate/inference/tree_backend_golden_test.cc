// The engine and the readers against what XGBoost and LightGBM themselves answered
// (tests/golden/models/generate.py).
#include <bit>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "geoclimate/inference/testing/golden_models.h"
#include "geoclimate/inference/tree_backend.h"

namespace geoclimate::inference {
namespace {

namespace fs = std::filesystem;

std::vector<float> Predict(const model::TreeEnsemble& ensemble, Scores scores,
                           const GoldenAnswers& golden) {
  const auto backend = TreeBackend::Build(ensemble, scores);
  EXPECT_TRUE(backend.ok());
  std::vector<float> out(golden.rows * (*backend)->outputs());
  EXPECT_TRUE((*backend)->Predict(golden.features, golden.rows, out).ok());
  return out;
}

// Distance in representable floats, 0 for two NaN.
std::int64_t Ulps(float a, float b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b) ? 0 : 1 << 30;
  const auto order = [](float value) {
    const auto bits = std::bit_cast<std::int32_t>(value);
    return std::int64_t{bits < 0 ? std::numeric_limits<std::int32_t>::min() - bits : bits};
  };
  return std::abs(order(a) - order(b));
}

class LibraryModel : public testing::TestWithParam<fs::path> {};

TEST_P(LibraryModel, MarginsAreTheLibrarysToTheBit) {
  const GoldenAnswers golden = ReadGoldenAnswers(fs::path(GetParam()).replace_extension(".csv"));
  const auto ensemble = ReadGoldenModel(GetParam());
  ASSERT_TRUE(ensemble.ok()) << ensemble.error().message();
  const std::vector<float> margins = Predict(*ensemble, Scores::kMargin, golden);
  ASSERT_EQ(margins.size(), golden.margins.size());
  for (std::size_t i = 0; i < margins.size(); ++i) {
    EXPECT_EQ(Ulps(margins[i], static_cast<float>(golden.margins[i])), 0)
        << "value " << i << ": " << margins[i] << " against " << golden.margins[i];
  }
}

TEST_P(LibraryModel, AnswersAreTheLibrarysWithinFourUlp) {
  const GoldenAnswers golden = ReadGoldenAnswers(fs::path(GetParam()).replace_extension(".csv"));
  const auto ensemble = ReadGoldenModel(GetParam());
  ASSERT_TRUE(ensemble.ok()) << ensemble.error().message();
  const std::vector<float> answers = Predict(*ensemble, Scores::kLinked, golden);
  ASSERT_EQ(answers.size(), golden.answers.size());
  for (std::size_t i = 0; i < answers.size(); ++i) {
    EXPECT_LE(Ulps(answers[i], static_cast<float>(golden.answers[i])), 4)
        << "value " << i << ": " << answers[i] << " against " << golden.answers[i];
  }
}

INSTANTIATE_TEST_SUITE_P(Golden, LibraryModel,
                         testing::ValuesIn(GoldenModels(GEOCLIMATE_SOURCE_DIR)),
                         [](const auto& test) { return GoldenName(test.param); });

TEST(LibraryModelFolder, HoldsModelsOfBothLibraries) {
  EXPECT_GE(GoldenModels(GEOCLIMATE_SOURCE_DIR).size(), 40U);
}

}  // namespace
}  // namespace geoclimate::inference
