#pragma once

#include <cstddef>
#include <random>
#include <string>
#include <vector>

#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/base/result.h"

namespace geoclimate::bench {

// What a caller may ask at one issue: the feature row of a site and pollutant.
struct SiteRow {
  airquality::Pollutant pollutant;
  std::vector<float> values;
};

// The rows of one issue cycle after another, of the same sites and pollutants in the same order:
// the last `cycles` days on which a site had values, for every site and pollutant that has one on
// each of them, so that each cycle has new rows.
base::Result<std::vector<std::vector<SiteRow>>> LoadSiteRows(const std::string& database,
                                                             std::size_t cycles);

// Draws numbers below `size`, number k as often as 1 / (k + 1)^exponent says; the numbers are dealt
// to the sites in an order of their own. 0 is uniform.
class ZipfDraw {
 public:
  ZipfDraw(std::size_t size, double exponent, unsigned seed);
  std::size_t operator()();

 private:
  std::mt19937 random_;
  std::discrete_distribution<std::size_t> ranks_;
  std::vector<std::size_t> order_;
};

}  // namespace geoclimate::bench
