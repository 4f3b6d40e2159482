// The engine and the readers against what XGBoost and LightGBM themselves answered
// (tests/golden/models/generate.py).
#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "geoclimate/inference/tree_backend.h"
#include "geoclimate/model/lightgbm_reader.h"
#include "geoclimate/model/model_file.h"
#include "geoclimate/model/xgboost_reader.h"

namespace geoclimate::inference {
namespace {

namespace fs = std::filesystem;

fs::path Folder() {
  return fs::path(GEOCLIMATE_SOURCE_DIR) / "tests/golden/models";
}

std::string ReadAll(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

struct Golden {
  std::size_t rows = 0;
  std::vector<float> features;
  std::vector<double> margins;
  std::vector<double> answers;
};

Golden ReadGolden(const fs::path& path) {
  Golden golden;
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  const std::string head = "," + line;
  std::string kinds;  // the letter of each column
  for (std::size_t at = head.find(','); at != std::string::npos; at = head.find(',', at + 1)) {
    kinds += head[at + 1];
  }
  while (std::getline(file, line)) {
    ++golden.rows;
    const char* at = line.data();
    const char* const end = at + line.size();
    for (const char kind : kinds) {
      double value = 0;
      const auto [last, error] = std::from_chars(at, end, value);
      EXPECT_EQ(error, std::errc()) << path << ": " << line;
      at = last + 1;
      if (kind == 'f') golden.features.push_back(static_cast<float>(value));
      if (kind == 'm') golden.margins.push_back(value);
      if (kind == 'a') golden.answers.push_back(value);
    }
  }
  return golden;
}

base::Result<model::TreeEnsemble> ReadModel(const fs::path& path) {
  const std::string bytes = ReadAll(path);
  GC_ASSIGN_OR_RETURN(const model::ModelFormat format, model::DetectFormat(bytes));
  return format == model::ModelFormat::kXgboost ? model::ReadXgboost(bytes)
                                                : model::ReadLightgbm(bytes);
}

std::vector<float> Predict(const model::TreeEnsemble& ensemble, Scores scores,
                           const Golden& golden) {
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

std::vector<fs::path> Models() {
  std::vector<fs::path> models;
  for (const fs::directory_entry& entry : fs::directory_iterator(Folder())) {
    fs::path csv = entry.path();
    csv.replace_extension(".csv");
    if (entry.path() != csv && fs::exists(csv)) models.push_back(entry.path());
  }
  std::sort(models.begin(), models.end());
  return models;
}

class LibraryModel : public testing::TestWithParam<fs::path> {};

TEST_P(LibraryModel, MarginsAreTheLibrarysToTheBit) {
  const Golden golden = ReadGolden(fs::path(GetParam()).replace_extension(".csv"));
  const auto ensemble = ReadModel(GetParam());
  ASSERT_TRUE(ensemble.ok()) << ensemble.error().message();
  const std::vector<float> margins = Predict(*ensemble, Scores::kMargin, golden);
  ASSERT_EQ(margins.size(), golden.margins.size());
  for (std::size_t i = 0; i < margins.size(); ++i) {
    EXPECT_EQ(Ulps(margins[i], static_cast<float>(golden.margins[i])), 0)
        << "value " << i << ": " << margins[i] << " against " << golden.margins[i];
  }
}

TEST_P(LibraryModel, AnswersAreTheLibrarysWithinFourUlp) {
  const Golden golden = ReadGolden(fs::path(GetParam()).replace_extension(".csv"));
  const auto ensemble = ReadModel(GetParam());
  ASSERT_TRUE(ensemble.ok()) << ensemble.error().message();
  const std::vector<float> answers = Predict(*ensemble, Scores::kLinked, golden);
  ASSERT_EQ(answers.size(), golden.answers.size());
  for (std::size_t i = 0; i < answers.size(); ++i) {
    EXPECT_LE(Ulps(answers[i], static_cast<float>(golden.answers[i])), 4)
        << "value " << i << ": " << answers[i] << " against " << golden.answers[i];
  }
}

INSTANTIATE_TEST_SUITE_P(Golden, LibraryModel, testing::ValuesIn(Models()), [](const auto& test) {
  return test.param.stem().string() + "_" + test.param.extension().string().substr(1);
});

TEST(LibraryModelFolder, HoldsModelsOfBothLibraries) {
  EXPECT_GE(Models().size(), 40U);
}

}  // namespace
}  // namespace geoclimate::inference
