#include "geoclimate/airquality/basis.h"

namespace geoclimate::airquality {

std::string_view BasisName(Basis basis) {
  return basis == Basis::kSite ? "site" : "neighbours";
}

}  // namespace geoclimate::airquality
