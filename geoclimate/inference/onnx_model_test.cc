// ONNX Runtime behind OnnxModel against its own Python package
// (tests/golden/models/onnx/generate.py).
#include "geoclimate/inference/onnx_model.h"

#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "geoclimate/inference/testing/onnx_golden.h"

namespace geoclimate::inference {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

base::Result<std::unique_ptr<OnnxModel>> Load(const std::string& name) {
  GC_ASSIGN_OR_RETURN(const model::OnnxGraph graph,
                      model::ReadOnnx(ReadOnnxFile(GEOCLIMATE_SOURCE_DIR, name)));
  return OnnxModel::Build(graph);
}

std::vector<OnnxGoldenRun> Runs(const std::string& name) {
  return ReadOnnxRuns(GEOCLIMATE_SOURCE_DIR, name);
}

void ExpectSame(const Tensor& got, const Tensor& expected, const std::string& what) {
  EXPECT_EQ(TensorTypeName(got.type), TensorTypeName(expected.type)) << what;
  ASSERT_EQ(got.shape, expected.shape) << what;
  ASSERT_EQ(got.bytes.size(), expected.bytes.size()) << what;
  const std::vector<double> a = NumbersOf(got);
  const std::vector<double> b = NumbersOf(expected);
  // Another machine's instructions round in another order.
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_LE(DistanceOf(a[i], b[i]), 1e-5) << what << i;
}

class GoldenGraph : public testing::TestWithParam<const char*> {};

TEST_P(GoldenGraph, AnswersWhatThePythonPackageDoes) {
  const auto model = Load(GetParam());
  ASSERT_TRUE(model.ok()) << model.error().ToString();
  std::vector<Tensor> outputs;
  for (int turn = 0; turn < 2; ++turn) {  // the second finds the state of the first
    for (const OnnxGoldenRun& run : Runs(GetParam())) {
      ASSERT_EQ(run.inputs.size(), (*model)->inputs().size());
      const auto answered = (*model)->Run(ViewsOf(run.inputs), outputs);
      ASSERT_TRUE(answered.ok()) << answered.error().ToString();
      ASSERT_EQ(outputs.size(), run.outputs.size());
      for (std::size_t i = 0; i < outputs.size(); ++i) {
        EXPECT_EQ((*model)->outputs()[i].name, run.output_names[i]);
        ExpectSame(outputs[i], run.outputs[i], run.output_names[i]);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Golden, GoldenGraph,
                         testing::Values("mlp", "rows_depend", "fixed", "named_sizes", "gather",
                                         "mixed", "sklearn_classifier", "xgb_squarederror",
                                         "lgb_regression"),
                         [](const auto& test) { return std::string(test.param); });

TEST(OnnxModel, SaysWhatItTakesAndGives) {
  const auto model = Load("mixed");
  ASSERT_TRUE(model.ok()) << model.error().ToString();
  const std::vector<TensorSpec> inputs = {
      {.name = "single", .type = TensorType::kFp32, .shape = {-1, 2}},
      {.name = "double", .type = TensorType::kFp64, .shape = {-1, 2}},
      {.name = "half", .type = TensorType::kFp16, .shape = {-1, 1}},
      {.name = "count", .type = TensorType::kInt64, .shape = {-1, 1}},
      {.name = "flag", .type = TensorType::kBool, .shape = {-1, 1}}};
  EXPECT_THAT((*model)->inputs(), testing::ElementsAreArray(inputs));
  ASSERT_EQ((*model)->outputs().size(), 3U);
  EXPECT_EQ((*model)->outputs()[1],
            (TensorSpec{.name = "not_flag", .type = TensorType::kBool, .shape = {-1, 1}}));
}

// The wheel's library keeps events of every session on disk and sends them to its maker, in a
// thread of its own, unless it is told not to before it begins.
TEST(OnnxModel, NothingIsReportedToAnybody) {
  ASSERT_TRUE(Load("mlp").ok());
  const char* const disabled =
      std::getenv("ORT_DISABLE_TELEMETRY");  // NOLINT(concurrency-mt-unsafe)
  ASSERT_NE(disabled, nullptr);
  EXPECT_STREQ(disabled, "1");
}

TEST(OnnxModel, InputsThatAreNotAlignedAreAnsweredAlike) {
  const auto model = Load("mixed");
  ASSERT_TRUE(model.ok()) << model.error().ToString();
  const OnnxGoldenRun run = Runs("mixed")[0];
  std::vector<std::vector<std::byte>> memory;
  std::vector<TensorView> views = ViewsOf(run.inputs);
  for (TensorView& view : views) {
    std::vector<std::byte>& shifted = memory.emplace_back(view.bytes.size() + 1);
    std::memcpy(shifted.data() + 1, view.bytes.data(), view.bytes.size());
    view.bytes = std::span<const std::byte>(shifted).subspan(1);
  }
  std::vector<Tensor> outputs;
  ASSERT_TRUE((*model)->Run(views, outputs).ok());
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    ExpectSame(outputs[i], run.outputs[i], run.output_names[i]);
  }
}

TEST(OnnxModel, ManyThreadsRunItAtOnce) {
  const auto model = Load("named_sizes");
  ASSERT_TRUE(model.ok()) << model.error().ToString();
  const std::vector<OnnxGoldenRun> runs = Runs("named_sizes");
  std::vector<std::thread> threads;
  std::vector<std::size_t> wrong(4, 0);
  threads.reserve(wrong.size());
  for (std::size_t thread = 0; thread < wrong.size(); ++thread) {
    threads.emplace_back([&, thread] {
      std::vector<Tensor> outputs;
      for (std::size_t i = 0; i < 200; ++i) {
        const OnnxGoldenRun& run = runs[(i + thread) % runs.size()];
        const bool same = (*model)->Run(ViewsOf(run.inputs), outputs).ok() &&
                          outputs[0].bytes == run.outputs[0].bytes &&
                          outputs[1].shape == run.outputs[1].shape &&
                          outputs[1].bytes == run.outputs[1].bytes;
        if (!same) ++wrong[thread];
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, std::vector<std::size_t>(wrong.size(), 0));
}

TEST(OnnxModel, OneOutputIsWrittenIntoTheCallersMemoryBetweenRunsOfAll) {
  const auto model = Load("mixed");
  ASSERT_TRUE(model.ok()) << model.error().ToString();
  const OnnxGoldenRun run = Runs("mixed")[0];
  std::vector<Tensor> outputs;
  for (const std::size_t wanted : {2U, 0U, 0U}) {
    std::vector<std::byte> memory(run.outputs[wanted].bytes.size());
    ASSERT_TRUE(
        (*model)->RunInto(ViewsOf(run.inputs), wanted, run.outputs[wanted].shape, memory).ok());
    EXPECT_EQ(memory, run.outputs[wanted].bytes);
    ASSERT_TRUE((*model)->Run(ViewsOf(run.inputs), outputs).ok());
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      EXPECT_EQ(outputs[i].bytes, run.outputs[i].bytes) << i;
    }
  }
}

TEST(OnnxModel, AShapeThatIsNotTheOutputsIsAnErrorAndNotMore) {
  const auto model = Load("mlp");
  ASSERT_TRUE(model.ok()) << model.error().ToString();
  const OnnxGoldenRun run = Runs("mlp")[0];
  std::vector<std::byte> memory(4096);
  const std::vector<std::int64_t> wrong = {9, 3};
  EXPECT_FALSE((*model)->RunInto(ViewsOf(run.inputs), 0, wrong, std::span(memory).first(108)).ok());
  std::vector<Tensor> outputs;
  EXPECT_TRUE((*model)->Run(ViewsOf(run.inputs), outputs).ok());
}

TEST(OnnxModel, TensorsThatAreNotAsTheGraphSaysAreRefusedByName) {
  const auto model = Load("named_sizes");
  ASSERT_TRUE(model.ok()) << model.error().ToString();
  std::vector<Tensor> outputs;
  std::vector<Tensor> inputs = Runs("named_sizes")[0].inputs;
  inputs[2].type = TensorType::kUint32;
  const auto type = (*model)->Run(ViewsOf(inputs), outputs);
  ASSERT_FALSE(type.ok());
  EXPECT_EQ(type.error().code(), base::ErrorCode::kInvalidArgument);
  EXPECT_THAT(type.error().message(), HasSubstr("'c' is UINT32, the model takes INT32"));

  inputs = Runs("named_sizes")[0].inputs;
  inputs[1].shape = {2, 2};
  inputs[1].bytes.resize(16);
  const auto sizes = (*model)->Run(ViewsOf(inputs), outputs);
  ASSERT_FALSE(sizes.ok());
  EXPECT_EQ(sizes.error().code(), base::ErrorCode::kInvalidArgument);
  EXPECT_THAT(sizes.error().message(),
              HasSubstr("the size 'n' is 2 in the input tensor 'b' and 3 in 'a'"));
}

TEST(OnnxModel, ValuesThatAnOperatorRefusesAreTheCallersError) {
  const auto model = Load("gather");
  ASSERT_TRUE(model.ok()) << model.error().ToString();
  std::vector<Tensor> outputs;
  OnnxGoldenRun run = Runs("gather")[0];
  const std::int64_t far = 1'000'000;
  std::memcpy(run.inputs[0].bytes.data(), &far, sizeof far);
  const auto answered = (*model)->Run(ViewsOf(run.inputs), outputs);
  ASSERT_FALSE(answered.ok());
  EXPECT_EQ(answered.error().code(), base::ErrorCode::kInvalidArgument)
      << answered.error().ToString();
  EXPECT_THAT(answered.error().message(), HasSubstr("1000000"));
  run = Runs("gather")[0];
  ASSERT_TRUE((*model)->Run(ViewsOf(run.inputs), outputs).ok());
  EXPECT_EQ(outputs[0].bytes, run.outputs[0].bytes);
}

TEST(OnnxModel, AnOperatorThatNobodyHasIsNamed) {
  const auto model = Load("unknown_operator");
  ASSERT_FALSE(model.ok());
  EXPECT_EQ(model.error().code(), base::ErrorCode::kInvalidArgument);
  EXPECT_THAT(model.error().message(), AllOf(HasSubstr("Frobnicate"), HasSubstr("com.example")));
}

TEST(OnnxModel, AnOpsetThatIsNotOutYetIsNamed) {
  const auto model = Load("future_opset");
  ASSERT_FALSE(model.ok());
  EXPECT_EQ(model.error().code(), base::ErrorCode::kInvalidArgument);
  EXPECT_THAT(model.error().message(), HasSubstr("Opset 99"));
  EXPECT_THAT(model.error().message(), testing::Not(HasSubstr("onnxruntime_src")));
}

}  // namespace
}  // namespace geoclimate::inference
