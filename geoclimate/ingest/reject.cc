#include "geoclimate/ingest/reject.h"

namespace geoclimate::ingest {
namespace {

constexpr std::array<std::string_view, kRejectReasonCount> kNames = {"record_too_long",
                                                                     "malformed_quotes",
                                                                     "field_count",
                                                                     "bad_encoding",
                                                                     "missing_field",
                                                                     "missing_value",
                                                                     "bad_date",
                                                                     "impossible_date",
                                                                     "bad_site_id",
                                                                     "bad_poc",
                                                                     "bad_parameter",
                                                                     "unknown_parameter",
                                                                     "parameter_mismatch",
                                                                     "unknown_duration",
                                                                     "unknown_event_type",
                                                                     "unknown_source",
                                                                     "unknown_unit",
                                                                     "wrong_unit",
                                                                     "bad_value",
                                                                     "implausible_value",
                                                                     "bad_aqi",
                                                                     "fractional_aqi",
                                                                     "bad_count",
                                                                     "bad_completeness",
                                                                     "bad_coordinates"};

}  // namespace

std::string_view ReasonName(RejectReason reason) {
  return kNames[static_cast<std::size_t>(reason)];
}

}  // namespace geoclimate::ingest
