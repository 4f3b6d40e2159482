#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/airquality/site.h"
#include "geoclimate/base/day.h"
#include "geoclimate/server/http/error_response.h"
#include "geoclimate/server/http/request.h"
#include "geoclimate/server/http/response.h"
#include "geoclimate/service/site_directory.h"

namespace geoclimate::server::http::routes {

// The parameters of a query as a handler wants them. What is wrong is collected, so that one answer
// names all of it; the value is then nothing.
//
//   QueryFields query(request);
//   const auto pollutant = query.PollutantOf("pollutant");
//   if (query.AnswerInvalid(response)) return {};
//
// A parameter given twice, and an empty value, are wrong. Allocates only for what is wrong.
class QueryFields {
 public:
  explicit QueryFields(const Request& request);

  bool Has(std::string_view name) const { return query_.Count(name) > 0; }
  std::optional<std::string_view> Text(std::string_view name);
  // As Text(); wrong when it is not there.
  std::optional<std::string_view> Required(std::string_view name);
  std::optional<double> Number(std::string_view name, double least, double most);
  std::optional<std::int64_t> Integer(std::string_view name, std::int64_t least, std::int64_t most);
  // "true", "1", "yes" and their opposites.
  std::optional<bool> Flag(std::string_view name);
  std::optional<base::LocalDay> Day(std::string_view name);
  // A moment, or a day, which is its end in UTC.
  std::optional<base::Timestamp> Moment(std::string_view name);
  std::optional<airquality::Pollutant> PollutantOf(std::string_view name);
  std::optional<airquality::SiteId> Site(std::string_view name);
  // latitude and longitude; wrong when only one is there.
  std::optional<airquality::Coordinates> Place();
  // "west,south,east,north" in degrees, as GeoJSON orders a bbox.
  std::optional<service::BoundingBox> Box(std::string_view name);
  // One of `choices`, which are listed when it is another; the first when it is not there.
  std::size_t Choice(std::string_view name, std::initializer_list<std::string_view> choices);
  // Comma lists as sets of bits: bit Index(pollutant), bit horizon - 1. All bits when not there.
  std::uint32_t Pollutants(std::string_view name);
  std::uint32_t Horizons(std::string_view name, int longest);

  void Wrong(std::string_view name, std::string message, std::string_view type = "value_error");
  // True when something was wrong, which is then answered.
  bool AnswerInvalid(Response& response) const;

 private:
  const Request& request_;
  QueryString query_;
  std::vector<FieldError> errors_;
};

}  // namespace geoclimate::server::http::routes
