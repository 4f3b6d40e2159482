#include "geoclimate/forecast/model_name.h"

#include <gtest/gtest.h>

namespace geoclimate::forecast {
namespace {

using airquality::Basis;
using airquality::Pollutant;

TEST(ModelName, TellsWhatAModelForecastsFrom) {
  EXPECT_EQ(ModelName(Pollutant::kPm25, 1, Basis::kSite), "pm25_d1");
  EXPECT_EQ(ModelName(Pollutant::kO3, 3, Basis::kNeighbours), "o3_d3_neighbours");
  EXPECT_EQ(BasisOfModel("pm25_d1_v3_20240131_120000"), Basis::kSite);
  EXPECT_EQ(BasisOfModel("pm25_d1_neighbours_v3_20240131_120000"), Basis::kNeighbours);
  EXPECT_EQ(BasisOfModel("neighbours"), Basis::kSite);
  EXPECT_EQ(BasisOfModel(""), Basis::kSite);
}

}  // namespace
}  // namespace geoclimate::forecast
