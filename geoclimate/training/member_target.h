#pragma once

#include "geoclimate/model/forecaster.h"

namespace geoclimate::training {

// The raw score with which a member would have hit `observed` exactly: the inverse of what
// model::Forecaster::Combine() makes of a score (MemberTarget, forecaster.h). `baseline` is the
// forecaster's own, `reference` its reference mean. Of the logarithmic target, an observation below
// 0 counts as 0.
double RawTarget(model::MemberTarget target, double scale_offset, double observed, double baseline,
                 double reference);

}  // namespace geoclimate::training
