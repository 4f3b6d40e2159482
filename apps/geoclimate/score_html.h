#pragma once

#include <string>

#include "apps/geoclimate/score_run.h"

namespace geoclimate::app {

// One page with plots and tables that needs nothing but itself: no script, no font, no picture from
// elsewhere; light or dark as the reader's system is. Texts of the files are escaped.
std::string RenderScoreHtml(const ScoreReport& report);

}  // namespace geoclimate::app
