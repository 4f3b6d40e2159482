#include "geoclimate/airquality/method.h"

#include <gtest/gtest.h>

namespace geoclimate::airquality {
namespace {

TEST(Method, HasTheNamesOfTheWireContract) {
  EXPECT_EQ(MethodName(Method::kObserved), "observed");
  EXPECT_EQ(MethodName(Method::kNowcast), "nowcast");
  EXPECT_EQ(MethodName(Method::kModel), "model");
  EXPECT_EQ(MethodName(Method::kPersistenceFallback), "persistence_fallback");
  EXPECT_EQ(MethodName(Method::kClimatologyFallback), "climatology_fallback");
}

}  // namespace
}  // namespace geoclimate::airquality
