#pragma once

#include <string>
#include <vector>

#include "geoclimate/model/model_card.h"

namespace geoclimate::app {

// What a forecaster must not be trusted with, as far as its card's own figures and inputs show it:
// a sentence each, for people. `card.limits` is not read.
std::vector<std::string> LimitsOf(const model::ModelCard& card);

}  // namespace geoclimate::app
