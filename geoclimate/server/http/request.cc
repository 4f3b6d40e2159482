#include "geoclimate/server/http/request.h"

#include <chrono>
#include <string>

#include "geoclimate/base/check.h"
#include "geoclimate/server/http/ascii.h"

namespace geoclimate::server::http {

std::string_view Request::path_parameter(std::string_view name) const {
  for (const PathParameter& parameter : path_parameters_) {
    if (parameter.name == name) return parameter.value;
  }
  GC_CHECK(false, "the route's template has the parameter that its handler asks for");
}

base::Result<QueryString> Request::query() const {
  if (!query_parsed_) {
    GC_ASSIGN_OR_RETURN(query_, QueryString::Parse(raw_query_, *arena_));
    query_parsed_ = true;
  }
  return query_;
}

std::optional<std::string_view> Request::header(std::string_view name) const {
  for (const HeaderField& field : headers_) {
    if (EqualsIgnoringCase(field.name, name)) return field.value;
  }
  return std::nullopt;
}

std::string_view Request::media_type() const {
  const std::string_view value = header("content-type").value_or(std::string_view());
  return Trim(value.substr(0, value.find(';')));
}

base::Result<void> Request::CountRows(std::size_t rows) const {
  access::Activity* const activity = caller_.activity;
  if (activity == nullptr || activity->CountRows(rows)) return {};
  const auto midnight = std::chrono::ceil<std::chrono::days>(timestamp_);
  standing_.retry_after = std::chrono::ceil<std::chrono::seconds>(midnight - timestamp_);
  return base::Error(base::ErrorCode::kResourceExhausted,
                     "the quota of " + std::to_string(activity->daily_rows()) +
                         " rows a day does not reach for this request; the day ends at midnight "
                         "UTC");
}

}  // namespace geoclimate::server::http
