#include "geoclimate/features/feature_schema.h"

#include <gtest/gtest.h>

#include <memory>

namespace geoclimate::features {
namespace {

Feature Named(std::string name, std::string unit = "") {
  Feature feature;
  feature.name = std::move(name);
  feature.unit = std::move(unit);
  return feature;
}

FeatureSchema Of(std::vector<Feature> features) {
  return FeatureSchema(std::move(features));
}

FeatureSchema Abc() {
  return Of({Named("alpha", "ppb"), Named("beta"), Named("gamma")});
}

TEST(FeatureSchema, FindsColumnsByName) {
  const FeatureSchema schema = Abc();
  EXPECT_EQ(schema.size(), 3u);
  EXPECT_EQ(schema.Find("alpha"), 0);
  EXPECT_EQ(schema.Find("gamma"), 2);
  EXPECT_EQ(schema.Find("delta"), -1);
  EXPECT_EQ(schema.Find(""), -1);
}

TEST(FeatureSchema, ACopyFindsItsOwnColumns) {
  auto original = std::make_unique<FeatureSchema>(Abc());
  const FeatureSchema copy = *original;
  original.reset();
  EXPECT_EQ(copy.Find("beta"), 1);
  EXPECT_EQ(copy.Nearest("betta"), "beta");
}

TEST(FeatureSchema, NearestHasTheLeastEditDistance) {
  const FeatureSchema schema(
      {Named("pm25_lag0_ug_m3"), Named("pm25_lag1_ug_m3"), Named("latitude_degrees")});
  EXPECT_EQ(schema.Nearest("pm25_lag1_ugm3"), "pm25_lag1_ug_m3");
  EXPECT_EQ(schema.Nearest("latitude"), "latitude_degrees");
  EXPECT_EQ(schema.Nearest("pm25_lag_ug_m3"), "pm25_lag0_ug_m3") << "the first of several";
  EXPECT_EQ(FeatureSchema().Nearest("x"), "");
}

TEST(FeatureSchema, FingerprintTellsNamesUnitsAndOrderApart) {
  const std::string fingerprint = Abc().fingerprint();
  EXPECT_EQ(fingerprint.size(), 16u);
  EXPECT_EQ(fingerprint, Abc().fingerprint());
  EXPECT_NE(fingerprint, Of({Named("beta"), Named("alpha", "ppb"), Named("gamma")}).fingerprint());
  EXPECT_NE(fingerprint, Of({Named("alpha", "ppm"), Named("beta"), Named("gamma")}).fingerprint());
  EXPECT_NE(Of({Named("ab", "c")}).fingerprint(), Of({Named("a", "bc")}).fingerprint());
}

TEST(FeatureSchema, FingerprintStaysTheSameAcrossReleases) {
  // Published models carry it: a change here makes every one of them refuse to load.
  EXPECT_EQ(Abc().fingerprint(), "9c9ca82d4b1c0c96");
}

TEST(FeatureSchema, ValidateNamesWhatIsWrong) {
  EXPECT_TRUE(FeatureSchema::Validate(Abc().features()).ok());
  const std::vector<Feature> twice = {Named("a"), Named("a")};
  EXPECT_EQ(FeatureSchema::Validate(twice).error().message(), "feature 'a' stands twice");
  const std::vector<Feature> nameless = {Named("a"), Named("")};
  EXPECT_EQ(FeatureSchema::Validate(nameless).error().message(), "feature 1 has no name");
}

}  // namespace
}  // namespace geoclimate::features
