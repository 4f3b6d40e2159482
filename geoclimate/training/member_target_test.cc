#include "geoclimate/training/member_target.h"

#include <gtest/gtest.h>

#include <array>

namespace geoclimate::training {
namespace {

constexpr std::array kTargets = {model::MemberTarget::kResidual,
                                 model::MemberTarget::kNormalizedResidual,
                                 model::MemberTarget::kLogResidual};

model::Forecaster OneMember(model::MemberTarget target, double scale_offset) {
  model::Forecaster forecaster;
  forecaster.schema = features::FeatureSchema(
      {{.name = "last", .unit = "ug/m3"}, {.name = "mean30", .unit = "ug/m3"}});
  forecaster.baseline = {.last_feature = "last", .reference_feature = "mean30", .rho = 0.4};
  forecaster.members.push_back({.target = target, .scale_offset = scale_offset, .trees = {}});
  return forecaster;
}

TEST(MemberTarget, TheForecasterTurnsTheRawTargetBackIntoTheObservation) {
  for (const model::MemberTarget target : kTargets) {
    const model::Forecaster forecaster = OneMember(target, 4);
    for (const float last : {-2.0f, 0.0f, 11.0f, 180.0f}) {
      for (const float mean : {-0.5f, 3.0f, 40.0f}) {
        for (const float observed : {0.0f, 2.5f, 90.0f}) {
          const std::array<float, 2> row = {last, mean};
          const double raw =
              RawTarget(target, 4, double{observed}, forecaster.Baseline(row), double{mean});
          const std::array<float, 1> score = {static_cast<float>(raw)};
          EXPECT_NEAR(forecaster.Combine(row, score).mean, observed, 1e-4)
              << "target " << static_cast<int>(target) << " last " << last << " mean " << mean;
        }
      }
    }
  }
}

TEST(MemberTarget, ANegativeObservationIsKeptButByTheLogarithm) {
  EXPECT_DOUBLE_EQ(RawTarget(model::MemberTarget::kResidual, 4, -1, 2, 10), -3);
  EXPECT_DOUBLE_EQ(RawTarget(model::MemberTarget::kNormalizedResidual, 4, -1, 2, 8), -0.25);
  EXPECT_DOUBLE_EQ(RawTarget(model::MemberTarget::kLogResidual, 4, -1, 2, 8),
                   RawTarget(model::MemberTarget::kLogResidual, 4, 0, 2, 8));
}

}  // namespace
}  // namespace geoclimate::training
