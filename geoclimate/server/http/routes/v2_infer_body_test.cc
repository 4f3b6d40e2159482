#include "geoclimate/server/http/routes/v2_infer_body.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

namespace geoclimate::server::http::routes {
namespace {

using inference::TensorType;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class InferBodyTest : public testing::Test {
 protected:
  InferBodyReader Read(std::string_view json, std::string_view binary = {},
                       std::size_t slice = 1000) {
    InferBodyReader reader(json, binary, arena_);
    while (reader.Read(slice) == InferBodyReader::Progress::kMore) {
    }
    return reader;
  }
  std::string Error(std::string_view json, std::string_view binary = {}) {
    const InferBodyReader reader = Read(json, binary);
    return reader.error().has_value() ? reader.error()->message() : "it was taken";
  }
  template <typename T>
  static std::vector<T> Elements(const service::InputTensor& input) {
    std::vector<T> values(input.tensor.bytes.size() / sizeof(T));
    if (!values.empty())
      std::memcpy(values.data(), input.tensor.bytes.data(), values.size() * sizeof(T));
    return values;
  }
  static std::string OneInput(std::string_view type, std::string_view shape,
                              std::string_view data) {
    return R"({"inputs":[{"name":"x","datatype":")" + std::string(type) + R"(","shape":)" +
           std::string(shape) + R"(,"data":)" + std::string(data) + "}]}";
  }

  Arena arena_;
};

TEST_F(InferBodyTest, DataIsNestedOrFlatAndItsPlaceInTheInputIsFree) {
  for (const std::string& body :
       {OneInput("FP32", "[2,2]", "[[1,2],[3,null]]"), OneInput("FP32", "[2,2]", "[1,2,3,null]"),
        std::string(R"({"inputs":[{"data":[1,[2],3,[[null]]],"shape":[2,2],)"
                    R"("more":{"a":[1]},"datatype":"FP32","name":"x"}],"id":"7"})")}) {
    for (const std::size_t slice : {1U, 2U, 1000U}) {
      const InferBodyReader reader = Read(body, {}, slice);
      ASSERT_FALSE(reader.error().has_value()) << reader.error()->message();
      const service::InputTensor& input = reader.body().inputs.at(0);
      EXPECT_EQ(input.name, "x");
      EXPECT_THAT(input.tensor.shape, ElementsAre(2, 2));
      const std::vector<float> values = Elements<float>(input);
      ASSERT_EQ(values.size(), 4U);
      EXPECT_EQ(values[2], 3);
      EXPECT_TRUE(std::isnan(values[3]));
    }
  }
}

TEST_F(InferBodyTest, IntegersAreExact) {
  const InferBodyReader reader =
      Read(OneInput("INT64", "[2]", "[9223372036854775807,-9223372036854775808]"));
  ASSERT_FALSE(reader.error().has_value());
  EXPECT_THAT(Elements<std::int64_t>(reader.body().inputs.at(0)),
              ElementsAre(INT64_MAX, INT64_MIN));
  EXPECT_THAT(Error(OneInput("INT8", "[1]", "[128]")), HasSubstr("fits INT8"));
  EXPECT_THAT(Error(OneInput("UINT32", "[1]", "[-1]")), HasSubstr("fits UINT32"));
  EXPECT_THAT(Error(OneInput("INT32", "[1]", "[1.5]")), HasSubstr("whole number"));
  EXPECT_THAT(Error(OneInput("BOOL", "[1]", "[1]")), HasSubstr("true or false"));
}

TEST_F(InferBodyTest, BinaryTensorsLieInTheOrderOfTheInputs) {
  constexpr std::string_view kJson =
      R"({"inputs":[{"name":"a","datatype":"UINT8","shape":[3],"parameters":{"binary_data_size":3}},
      {"name":"b","datatype":"UINT8","shape":[1],"data":[7]},
      {"name":"c","datatype":"UINT8","shape":[2],"parameters":{"binary_data_size":2}}]})";
  const std::string binary = "abcde";
  const InferBodyReader reader = Read(kJson, binary);
  ASSERT_FALSE(reader.error().has_value()) << reader.error()->message();
  EXPECT_EQ(static_cast<const void*>(reader.body().inputs.at(0).tensor.bytes.data()),
            binary.data());
  EXPECT_THAT(Elements<char>(reader.body().inputs.at(2)), ElementsAre('d', 'e'));
  EXPECT_THAT(Error(kJson, "abcd"), HasSubstr("'c'"));
  EXPECT_THAT(Error(kJson, "abcdef"), HasSubstr("6 bytes follow"));
}

TEST_F(InferBodyTest, OutputsSayTheirFormWhereverTheDefaultStands) {
  const std::string input = R"("inputs":[{"name":"x","datatype":"FP32","shape":[0],"data":[]}])";
  const InferBodyReader reader =
      Read(R"({"outputs":[{"name":"p","parameters":{"binary_data":false}},{"name":"q"}],)" + input +
           R"(,"parameters":{"binary_data_output":true,"timeout":5,"priority":1}})");
  ASSERT_FALSE(reader.error().has_value()) << reader.error()->message();
  const InferBody& body = reader.body();
  EXPECT_THAT(body.outputs, ElementsAre("p", "q"));
  EXPECT_EQ(body.forms.at(0).value_or(body.form), TensorForm::kJson);
  EXPECT_EQ(body.forms.at(1).value_or(body.form), TensorForm::kBinary);
  EXPECT_EQ(body.timeout_us, 5U);
}

TEST_F(InferBodyTest, MemoryIsNotTakenForWhatTheBodyCannotHold) {
  EXPECT_THAT(Error(OneInput("FP64", "[9007199254740992]", "[1]")), HasSubstr("fewer elements"));
  EXPECT_THAT(Error(OneInput("FP32", "[4294967296,4294967296,4]", "[1]")),
              HasSubstr("fewer elements"));
}

TEST_F(InferBodyTest, AnEmptyOrBrokenBodyIsRefused) {
  EXPECT_THAT(Error({}), HasSubstr("empty"));
  EXPECT_THAT(Error(" "), HasSubstr("not valid JSON"));
  EXPECT_THAT(Error(R"({"inputs":[{"name":"x")"), HasSubstr("not valid JSON"));
  EXPECT_THAT(Error(R"({"inputs":[{"name":"x","shape":[1],"datatype":"FP32"}]})"),
              HasSubstr("no data"));
  EXPECT_THAT(Error(R"({"inputs":[{"shape":[1],"datatype":"FP32","data":[1]}]})"),
              HasSubstr("no name"));
  EXPECT_THAT(Error(R"({"inputs":3})"), HasSubstr("expected an array"));
  EXPECT_THAT(Error(OneInput("BF16", "[1]", "[1]")), HasSubstr("binary"));
}

}  // namespace
}  // namespace geoclimate::server::http::routes
