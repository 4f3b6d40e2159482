#include "geoclimate/airquality/method.h"

namespace geoclimate::airquality {

std::string_view MethodName(Method method) {
  switch (method) {
    case Method::kObserved:
      return "observed";
    case Method::kNowcast:
      return "nowcast";
    case Method::kModel:
      return "model";
    case Method::kPersistenceFallback:
      return "persistence_fallback";
    case Method::kClimatologyFallback:
      return "climatology_fallback";
  }
  return "unknown";
}

std::string_view BasisName(Basis basis) {
  return basis == Basis::kSite ? "site" : "neighbours";
}

}  // namespace geoclimate::airquality
