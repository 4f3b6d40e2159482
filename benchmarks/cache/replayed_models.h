#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "benchmarks/cache/site_rows.h"
#include "geoclimate/service/served_models.h"

namespace geoclimate::bench {

// A forecaster a pollutant and lead time, each with one member of `trees` trees of depth 6 that
// split on values of the real rows, so that walks go as they do on a fitted model.
//
// `models[pollutant][horizon - 1]`, without caches.
std::vector<std::vector<service::ServedModel>> MakeModels(std::span<const SiteRow> rows, int trees);

}  // namespace geoclimate::bench
