#include "geoclimate/server/http/routes/predict_body.h"

#include <cmath>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "geoclimate/service/testing/example_models.h"

namespace geoclimate::server::http::routes {
namespace {

using service::ServedModels;
using service::ServeExampleTrees;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr std::string_view kA = "a_v1_20240131_120000";

class PredictBodyTest : public testing::Test {
 protected:
  PredictBody Read(std::string_view body, UnknownFeatures unknown = UnknownFeatures::kRefuse) {
    return ReadPredictBody(body, one_, unknown, arena_);
  }
  // The first thing wrong, with its place: "body.data.last: feature 'last': ...".
  std::string Wrong(std::string_view body) {
    const PredictBody read = Read(body);
    if (read.error) return read.error->message();
    if (read.findings.errors.empty()) return "nothing is wrong";
    const FieldError& error = read.findings.errors.front();
    std::string place;
    for (const LocationPart& part : error.loc) {
      if (!place.empty()) place += '.';
      place += std::holds_alternative<std::string>(part)
                   ? std::get<std::string>(part)
                   : std::to_string(std::get<std::uint64_t>(part));
    }
    return place + ": " + error.msg;
  }

  Arena arena_;
  ServedModels one_{{ServeExampleTrees("a")}, {}};
};

TEST_F(PredictBodyTest, PutsFeaturesIntoTheirSlotsInAnyOrder) {
  const PredictBody body = Read(R"({"data":{"wind":3.5,"last":1,"mean30":-2e1}})");
  ASSERT_THAT(body.findings.errors, SizeIs(0));
  EXPECT_EQ(body.model->description.model_id, kA);
  EXPECT_THAT(body.row, ElementsAre(1.0F, -20.0F, 3.5F));
}

TEST_F(PredictBodyTest, WhatIsNullOrAbsentIsMissing) {
  const PredictBody body = Read(R"({"data":{"mean30":null,"last":0}})");
  ASSERT_THAT(body.findings.errors, SizeIs(0));
  EXPECT_EQ(body.row[0], 0.0F);
  EXPECT_TRUE(std::isnan(body.row[1]));
  EXPECT_TRUE(std::isnan(body.row[2]));
  EXPECT_TRUE(std::isnan(Read(R"({"data":{}})").row[0]));
}

TEST_F(PredictBodyTest, NamesWithEscapesAreTheSameNames) {
  EXPECT_THAT(Read(R"({"d\u0061ta":{"l\u0061st":7}})").row[0], 7.0F);
}

TEST_F(PredictBodyTest, RefusesWhatIsNoNumberAndNamesTheFeature) {
  EXPECT_EQ(Wrong(R"({"data":{"last":"7"}})"),
            "body.data.last: feature 'last': expected a number or null, got a string");
  EXPECT_EQ(Wrong(R"({"data":{"last":true}})"),
            "body.data.last: feature 'last': expected a number or null, got a boolean");
  EXPECT_EQ(Wrong(R"({"data":{"last":[1]}})"),
            "body.data.last: feature 'last': expected a number or null, got an array");
  EXPECT_EQ(Wrong(R"({"data":{"last":{"a":1}}})"),
            "body.data.last: feature 'last': expected a number or null, got an object");
  EXPECT_EQ(Wrong(R"({"data":{"last":3.5e38}})"),
            "body.data.last: feature 'last': out of the range of a 32-bit float");
  EXPECT_EQ(Wrong(R"({"data":{"last":-1e999}})"),
            "body.data.last: feature 'last': out of the range of a 32-bit float");
  EXPECT_EQ(Wrong(R"({"data":{"last":1,"wind":2,"last":1}})"),
            "body.data.last: feature 'last': given twice");
}

TEST_F(PredictBodyTest, KeepsTheLargestAndTheSmallestFloats) {
  EXPECT_EQ(Read(R"({"data":{"last":3.4028234663852886e38}})").row[0], 3.4028234663852886e38F);
  EXPECT_EQ(Read(R"({"data":{"last":1e-60}})").row[0], 0.0F);
}

TEST_F(PredictBodyTest, AnUnknownFeatureIsRefusedWithTheNearestName) {
  EXPECT_EQ(Wrong(R"({"data":{"mean3":1}})"),
            "body.data.mean3: unknown feature 'mean3'; the nearest known name is 'mean30'");
  const PredictBody lenient =
      Read(R"({"data":{"mean3":{"x":[1]},"last":2}})", UnknownFeatures::kWarn);
  EXPECT_THAT(lenient.findings.errors, SizeIs(0));
  EXPECT_THAT(lenient.findings.warnings, ElementsAre(HasSubstr("'mean30'")));
  EXPECT_EQ(lenient.row[0], 2.0F);
}

TEST_F(PredictBodyTest, TellsOfAllThatIsWrongUpToALimit) {
  std::string body = R"({"data":{"last":"x")";
  for (int i = 0; i < 100; ++i) body += ",\"u" + std::to_string(i) + "\":1";
  const PredictBody read = Read(body + "}}");
  EXPECT_THAT(read.findings.errors, SizeIs(BodyFindings::kMost));
}

TEST_F(PredictBodyTest, RefusesMalformedBodies) {
  EXPECT_THAT(Wrong(""), HasSubstr("the body is empty"));
  EXPECT_THAT(Wrong(" \n"), HasSubstr("the body is empty"));
  EXPECT_THAT(Wrong("[]"), HasSubstr("expected an object"));
  EXPECT_THAT(Wrong("{}"), HasSubstr("field 'data' is missing"));
  EXPECT_THAT(Wrong(R"({"data":[1,2]})"), HasSubstr("expected an object of features"));
  EXPECT_THAT(Wrong(R"({"data":null})"), HasSubstr("expected an object of features, got null"));
  EXPECT_THAT(Wrong(R"({"data":{"last":1}} x)"), HasSubstr("something follows"));
  EXPECT_THAT(Wrong(R"({"data":{"last":1},})"), HasSubstr("not valid JSON at byte 19"));
  EXPECT_THAT(Wrong(R"({"data":{"last":NaN}})"), HasSubstr("not valid JSON"));
  EXPECT_THAT(Wrong(R"({"data":{"last":01}})"), HasSubstr("leading zeros"));
  EXPECT_THAT(Wrong(R"({"data":{},"data":{}})"), HasSubstr("given twice"));
  EXPECT_THAT(Wrong(R"({"data":{},"model_id":7})"), HasSubstr("expected a string"));
  EXPECT_THAT(Wrong(R"({"data":{},"return_interval":"yes"})"), HasSubstr("expected true or false"));
  EXPECT_THAT(Wrong(R"({"data":{},"model_id":"nothing"})"), HasSubstr("no model 'nothing'"));
}

TEST_F(PredictBodyTest, WarnsOfMembersThatItDoesNotKnow) {
  const PredictBody body = Read(R"({"dat":1,"data":{"last":1}})");
  EXPECT_THAT(body.findings.errors, SizeIs(0));
  EXPECT_THAT(body.findings.warnings, ElementsAre("unknown field 'dat' was ignored"));
}

TEST_F(PredictBodyTest, TheModelMayBeNamedAfterTheData) {
  const ServedModels several({ServeExampleTrees("a"), ServeExampleTrees("b")}, {});
  for (const char* body :
       {R"({"data":{"last":4},"model_name":"b"})", R"({"model_name":"b","data":{"last":4}})",
        R"({"data":{"last":4},"model_id":"b_v1_20240131_120000"})",
        R"({"model_id":null,"data":{"last":4},"model_name":"b"})"}) {
    const PredictBody read = ReadPredictBody(body, several, UnknownFeatures::kRefuse, arena_);
    ASSERT_FALSE(read.error) << body;
    ASSERT_THAT(read.findings.errors, SizeIs(0)) << body;
    EXPECT_EQ(read.model->description.model_name, "b");
    EXPECT_EQ(read.row[0], 4.0F);
  }
  const PredictBody unnamed =
      ReadPredictBody(R"({"data":{"last":4}})", several, UnknownFeatures::kRefuse, arena_);
  ASSERT_TRUE(unnamed.error);
  EXPECT_THAT(unnamed.error->message(), HasSubstr("a, b"));
}

TEST_F(PredictBodyTest, WhatWasWrongForAGuessedModelIsForgotten) {
  model::TreeEnsemble other = service::ExampleTrees();
  other.feature_names = {"x", "y", "z"};
  const ServedModels two(
      {ServeExampleTrees("a"),
       service::Serve(service::DescriptionOf("b", 1, model::Stage::kDev),
                      {.format = model::ModelFormat::kXgboost, .content = other})},
      {});
  const PredictBody read = ReadPredictBody(R"({"data":{"y":4},"model_id":"b_v1_20240131_120000"})",
                                           two, UnknownFeatures::kRefuse, arena_);
  EXPECT_THAT(read.findings.errors, SizeIs(0));
  EXPECT_EQ(read.row[1], 4.0F);
}

TEST_F(PredictBodyTest, AModelOfTensorsIsRefusedWithTheProtocolThatItSpeaks) {
  const ServedModels set({service::ServeExampleTensors("image")}, {});
  const PredictBody read =
      ReadPredictBody(R"({"data":{"last":1}})", set, UnknownFeatures::kRefuse, arena_);
  ASSERT_TRUE(read.error);
  EXPECT_EQ(read.error->code(), base::ErrorCode::kUnimplemented);
  EXPECT_THAT(read.error->message(), HasSubstr("/v2/models/image/infer"));
}

TEST_F(PredictBodyTest, AMissingFeatureThatNeverWasInTrainingIsWarnedOf) {
  model::Forecaster forecaster;
  forecaster.schema = features::FeatureSchema(
      {{.name = "last", .unit = ""}, {.name = "month", .unit = "", .missing_allowed = false}});
  forecaster.baseline = {.last_feature = "last", .reference_feature = "last", .rho = 1};
  for (std::size_t k = 0; k < model::kQuantileLevels.size(); ++k) {
    forecaster.calibration.offsets[k] = static_cast<double>(k);
  }
  const ServedModels set(
      {service::Serve(service::DescriptionOf("f", 1, model::Stage::kProduction),
                      {.format = model::ModelFormat::kForecaster, .content = forecaster})},
      {});
  const PredictBody read =
      ReadPredictBody(R"({"data":{"last":1}})", set, UnknownFeatures::kRefuse, arena_);
  EXPECT_THAT(read.findings.errors, SizeIs(0));
  EXPECT_THAT(read.findings.warnings, ElementsAre(HasSubstr("'month'")));
}

}  // namespace
}  // namespace geoclimate::server::http::routes
