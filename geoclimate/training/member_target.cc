#include "geoclimate/training/member_target.h"

#include <algorithm>
#include <cmath>

namespace geoclimate::training {

double RawTarget(model::MemberTarget target, double scale_offset, double observed, double baseline,
                 double reference) {
  switch (target) {
    case model::MemberTarget::kResidual:
      return observed - baseline;
    case model::MemberTarget::kNormalizedResidual:
      return (observed - baseline) / (std::max(reference, 0.0) + scale_offset);
    case model::MemberTarget::kLogResidual:
      return std::log((std::max(observed, 0.0) + scale_offset) /
                      (std::max(baseline, 0.0) + scale_offset));
  }
  return 0;
}

}  // namespace geoclimate::training
