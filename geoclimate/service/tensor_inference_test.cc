#include "geoclimate/service/tensor_inference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <memory_resource>
#include <string>
#include <vector>

#include "geoclimate/service/testing/example_models.h"

namespace geoclimate::service {
namespace {

using inference::TensorType;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr std::size_t kMostRows = 100;

// A tensor of FP32 that lies `offset` bytes into its memory.
class Floats {
 public:
  Floats(std::vector<std::int64_t> shape, const std::vector<float>& values, std::size_t offset = 0)
      : shape_(std::move(shape)), memory_(values.size() * sizeof(float) + offset), offset_(offset) {
    if (!values.empty()) {
      std::memcpy(memory_.data() + offset, values.data(), values.size() * sizeof(float));
    }
  }
  InputTensor As(std::string_view name) const {
    return {.name = name,
            .tensor = {.type = TensorType::kFp32,
                       .shape = shape_,
                       .bytes = std::span(memory_).subspan(offset_)}};
  }

 private:
  std::vector<std::int64_t> shape_;
  std::vector<std::byte> memory_;
  std::size_t offset_;
};

std::vector<float> ValuesOf(const OutputTensor& output) {
  std::vector<float> values(output.bytes.size() / sizeof(float));
  if (!values.empty()) std::memcpy(values.data(), output.bytes.data(), output.bytes.size());
  return values;
}

class TensorInferenceTest : public testing::Test {
 protected:
  base::Result<TensorInference> Prepare(const std::vector<InputTensor>& inputs,
                                        const std::vector<std::string_view>& outputs = {}) {
    return TensorInference::Prepare(trees_, inputs, outputs, kMostRows, memory_);
  }
  std::string Refused(const std::vector<InputTensor>& inputs,
                      const std::vector<std::string_view>& outputs = {}) {
    const auto prepared = Prepare(inputs, outputs);
    if (prepared.ok()) return "it was taken";
    EXPECT_EQ(prepared.error().code(), base::ErrorCode::kInvalidArgument);
    return prepared.error().message();
  }
  std::vector<float> Scores(const std::vector<InputTensor>& inputs, std::size_t slice = 1000) {
    auto run = Prepare(inputs);
    EXPECT_TRUE(run.ok()) << run.error().ToString();
    while (!run->done()) EXPECT_TRUE(run->Score(slice).ok());
    return ValuesOf(run->outputs()[0]);
  }

  std::pmr::monotonic_buffer_resource memory_;
  // 1 when last < 10, else 2, also for a missing one; over last, mean30, wind.
  const ServedModel trees_ = ServeExampleTrees("trees");
  const ServedModel forecaster_ = ServeExampleForecaster("forecaster");
};

TEST_F(TensorInferenceTest, RowsComeAsOneTensorOfAnyAlignment) {
  const std::vector<float> rows = {5, 0, 0, 15, 0, 0, kNan, 0, 0};
  for (const std::size_t offset : {0U, 1U, 2U}) {
    EXPECT_THAT(Scores({Floats({3, 3}, rows, offset).As("input")}), ElementsAre(1, 2, 2));
  }
}

TEST_F(TensorInferenceTest, SlicesDoNotShow) {
  const Floats rows({3, 3}, {5, 0, 0, 15, 0, 0, 6, 0, 0});
  for (const std::size_t slice : {1U, 2U, 3U, 50U}) {
    EXPECT_THAT(Scores({rows.As("input")}, slice), ElementsAre(1, 2, 1));
  }
}

TEST_F(TensorInferenceTest, FeaturesComeByNameAndThoseNotGivenAreMissing) {
  const Floats last({2, 1}, {15, 5});
  const Floats wind({2}, {1, 2});
  EXPECT_THAT(Scores({wind.As("wind"), last.As("last")}), ElementsAre(2, 1));
  EXPECT_THAT(Scores({wind.As("wind")}), ElementsAre(2, 2));
}

TEST_F(TensorInferenceTest, NoRowsHaveNoAnswers) {
  auto run = Prepare({Floats({0, 3}, {}).As("input")});
  ASSERT_TRUE(run.ok());
  EXPECT_TRUE(run->done());
  EXPECT_THAT(run->outputs()[0].shape, ElementsAre(0, 1));
  EXPECT_TRUE(run->outputs()[0].bytes.empty());
}

TEST_F(TensorInferenceTest, ARefusalNamesTheTensor) {
  const Floats row({1, 3}, {1, 2, 3});
  const Floats cell({1, 1}, {1});
  EXPECT_THAT(Refused({}), HasSubstr("no inputs"));
  EXPECT_THAT(Refused({cell.As("lst")}), HasSubstr("input 'lst'"));
  EXPECT_THAT(Refused({cell.As("lst")}), HasSubstr("'last'"));
  EXPECT_THAT(Refused({cell.As("last"), cell.As("last")}), HasSubstr("given twice"));
  EXPECT_THAT(Refused({row.As("input"), cell.As("last")}), HasSubstr("'last'"));
  EXPECT_THAT(Refused({Floats({1, 2}, {1, 2}).As("input")}), HasSubstr("[-1, 3]"));
  EXPECT_THAT(Refused({Floats({3}, {1, 2, 3}).As("input")}), HasSubstr("[3]"));
  EXPECT_THAT(Refused({cell.As("last"), Floats({2, 1}, {1, 2}).As("wind")}),
              HasSubstr("'wind': it has 2 rows"));
  EXPECT_THAT(Refused({Floats({101, 3}, std::vector<float>(303)).As("input")}),
              HasSubstr("100 are the most"));
  EXPECT_THAT(Refused({row.As("input")}, {"p50"}), HasSubstr("output 'p50'"));
  EXPECT_THAT(Refused({row.As("input")}, {"output", "output"}), HasSubstr("asked for twice"));
}

TEST_F(TensorInferenceTest, BytesTypeAndShapeMustAgree) {
  const Floats row({1, 3}, {1, 2, 3});
  InputTensor wrong = row.As("input");
  wrong.tensor.bytes = wrong.tensor.bytes.first(11);
  EXPECT_THAT(Refused({wrong}), HasSubstr("takes 12 bytes, 11 came"));
  wrong = row.As("input");
  wrong.tensor.type = TensorType::kInt32;
  EXPECT_THAT(Refused({wrong}), HasSubstr("INT32, the model takes FP32"));
  const std::vector<std::int64_t> negative = {-1, 3};
  wrong = row.As("input");
  wrong.tensor.shape = negative;
  EXPECT_THAT(Refused({wrong}), HasSubstr("[-1, 3]"));
  const std::vector<std::int64_t> huge = {std::int64_t{1} << 62U, std::int64_t{1} << 62U};
  wrong.tensor.shape = huge;
  EXPECT_THAT(Refused({wrong}), HasSubstr("not one of a tensor"));
}

TEST_F(TensorInferenceTest, AForecasterGivesQuantilesInTheOrderThatIsAskedFor) {
  const std::size_t columns = forecaster_.schema().size();
  const Floats rows({20, static_cast<std::int64_t>(columns)}, std::vector<float>(20 * columns, 7));
  const std::vector<InputTensor> inputs = {rows.As("input")};
  const std::vector<std::string_view> wanted = {"p90", "output", "p10"};
  auto run = TensorInference::Prepare(forecaster_, inputs, wanted, kMostRows, memory_);
  ASSERT_TRUE(run.ok()) << run.error().ToString();
  while (!run->done()) ASSERT_TRUE(run->Score(17).ok());
  std::vector<model::Distribution> expected(20);
  const std::vector<float> values(20 * columns, 7);
  ASSERT_TRUE(forecaster_.model->PredictDistributions(values, 20, expected).ok());
  ASSERT_EQ(run->outputs().size(), 3U);
  for (std::size_t i = 0; i < 20; ++i) {
    EXPECT_EQ(ValuesOf(run->outputs()[0])[i], expected[i].quantiles[model::kP90]);
    EXPECT_EQ(ValuesOf(run->outputs()[1])[i], expected[i].mean);
    EXPECT_EQ(ValuesOf(run->outputs()[2])[i], expected[i].quantiles[model::kP10]);
  }
}

TEST_F(TensorInferenceTest, ARowWithoutAnAnswerIsNamed) {
  const std::size_t columns = forecaster_.schema().size();
  std::vector<float> values(3 * columns, 7);
  std::fill(values.begin() + static_cast<std::ptrdiff_t>(2 * columns), values.end(), kNan);
  const Floats rows({3, static_cast<std::int64_t>(columns)}, values);
  const std::vector<InputTensor> inputs = {rows.As("input")};
  auto run = TensorInference::Prepare(forecaster_, inputs, {}, kMostRows, memory_);
  ASSERT_TRUE(run.ok());
  const auto scored = run->Score(3);
  ASSERT_FALSE(scored.ok());
  EXPECT_THAT(scored.error().message(), HasSubstr("row 2"));
}

}  // namespace
}  // namespace geoclimate::service
