#include "geoclimate/server/http/routes/query_fields.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace geoclimate::server::http::routes {
namespace {

std::optional<double> ParseNumber(std::string_view text) {
  double value = 0;
  const auto [last, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc() && last == text.data() + text.size();
  if (!whole || !std::isfinite(value)) return std::nullopt;
  return value;
}

// Takes the part before the first comma off `rest`.
std::string_view TakePart(std::string_view& rest) {
  const std::size_t comma = rest.find(',');
  const std::string_view part = rest.substr(0, comma);
  rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
  return part;
}

}  // namespace

QueryFields::QueryFields(const Request& request) : request_(request) {
  auto query = request.query();
  if (query.ok()) {
    query_ = *query;
  } else {
    errors_.push_back({{std::string("query")}, query.error().message(), "value_error"});
  }
}

void QueryFields::Wrong(std::string_view name, std::string message, std::string_view type) {
  errors_.push_back(
      {{std::string("query"), std::string(name)}, std::move(message), std::string(type)});
}

bool QueryFields::AnswerInvalid(Response& response) const {
  if (errors_.empty()) return false;
  http::AnswerInvalid(request_, response, errors_);
  return true;
}

std::optional<std::string_view> QueryFields::Text(std::string_view name) {
  const auto value = query_.Find(name);
  if (!value) return std::nullopt;
  if (query_.Count(name) > 1) {
    Wrong(name, "given more than once");
    return std::nullopt;
  }
  if (value->empty()) {
    Wrong(name, "empty");
    return std::nullopt;
  }
  return value;
}

std::optional<std::string_view> QueryFields::Required(std::string_view name) {
  if (query_.Count(name) == 0) {
    Wrong(name, "missing", "missing");
    return std::nullopt;
  }
  return Text(name);
}

std::optional<double> QueryFields::Number(std::string_view name, double least, double most) {
  const auto text = Text(name);
  if (!text) return std::nullopt;
  const auto value = ParseNumber(*text);
  if (value && *value >= least && *value <= most) return value;
  Wrong(name, fmt::format("'{}' is not a number from {} to {}", *text, least, most));
  return std::nullopt;
}

std::optional<std::int64_t> QueryFields::Integer(std::string_view name, std::int64_t least,
                                                 std::int64_t most) {
  const auto text = Text(name);
  if (!text) return std::nullopt;
  std::int64_t value = 0;
  const auto [last, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  const bool whole = error == std::errc() && last == text->data() + text->size();
  if (whole && value >= least && value <= most) return value;
  Wrong(name, fmt::format("'{}' is not a whole number from {} to {}", *text, least, most));
  return std::nullopt;
}

std::optional<bool> QueryFields::Flag(std::string_view name) {
  const auto text = Text(name);
  if (!text) return std::nullopt;
  for (const std::string_view yes : {"true", "1", "yes"}) {
    if (*text == yes) return true;
  }
  for (const std::string_view no : {"false", "0", "no"}) {
    if (*text == no) return false;
  }
  Wrong(name, fmt::format("'{}' is neither true nor false", *text));
  return std::nullopt;
}

std::optional<base::LocalDay> QueryFields::Day(std::string_view name) {
  const auto text = Text(name);
  if (!text) return std::nullopt;
  const auto day = base::ParseDay(*text);
  if (day.ok()) return *day;
  Wrong(name, day.error().message());
  return std::nullopt;
}

std::optional<base::Timestamp> QueryFields::Moment(std::string_view name) {
  const auto text = Text(name);
  if (!text) return std::nullopt;
  if (const auto day = base::ParseDay(*text); day.ok()) {
    return base::DayStart(*day + std::chrono::days(1), std::chrono::minutes(0)) -
           std::chrono::microseconds(1);
  }
  const auto time = base::ParseTimestamp(*text);
  if (time.ok()) return *time;
  Wrong(name, fmt::format("'{}' is neither a day, 2020-12-31, nor a moment, 2020-12-31T05:00:00Z",
                          *text));
  return std::nullopt;
}

std::optional<airquality::Pollutant> QueryFields::PollutantOf(std::string_view name) {
  const auto text = Text(name);
  if (!text) return std::nullopt;
  const auto pollutant = airquality::ParsePollutant(*text);
  if (pollutant.ok()) return *pollutant;
  Wrong(name, pollutant.error().message());
  return std::nullopt;
}

std::optional<airquality::SiteId> QueryFields::Site(std::string_view name) {
  const auto text = Text(name);
  if (!text) return std::nullopt;
  const auto site = airquality::SiteId::Parse(*text);
  if (site.ok()) return *site;
  Wrong(name, site.error().message());
  return std::nullopt;
}

std::optional<airquality::Coordinates> QueryFields::Place() {
  const bool north = query_.Count("latitude") > 0;
  const bool east = query_.Count("longitude") > 0;
  if (!north && !east) return std::nullopt;
  if (!north || !east) {
    Wrong(north ? "longitude" : "latitude", "missing: a place has both", "missing");
    return std::nullopt;
  }
  const auto latitude = Number("latitude", -90, 90);
  const auto longitude = Number("longitude", -180, 180);
  if (!latitude || !longitude) return std::nullopt;
  return airquality::Coordinates{*latitude, *longitude};
}

std::optional<service::BoundingBox> QueryFields::Box(std::string_view name) {
  const auto text = Text(name);
  if (!text) return std::nullopt;
  std::array<double, 4> edges{};
  std::string_view rest = *text;
  const bool four = std::count(rest.begin(), rest.end(), ',') == 3;
  bool numbers = four;
  for (std::size_t i = 0; i < edges.size() && numbers; ++i) {
    const auto edge = ParseNumber(TakePart(rest));
    const double most = i % 2 == 0 ? 180 : 90;
    numbers = edge && std::abs(*edge) <= most;
    if (numbers) edges[i] = *edge;
  }
  if (numbers && edges[1] <= edges[3]) {
    return service::BoundingBox{
        .south = edges[1], .west = edges[0], .north = edges[3], .east = edges[2]};
  }
  Wrong(name, fmt::format("'{}' is not west,south,east,north in degrees", *text));
  return std::nullopt;
}

std::size_t QueryFields::Choice(std::string_view name,
                                std::initializer_list<std::string_view> choices) {
  const auto text = Text(name);
  if (!text) return 0;
  const auto found = std::find(choices.begin(), choices.end(), *text);
  if (found != choices.end()) return static_cast<std::size_t>(found - choices.begin());
  Wrong(name, fmt::format("'{}' is none of {}", *text, fmt::join(choices, ", ")));
  return 0;
}

std::uint32_t QueryFields::Pollutants(std::string_view name) {
  const auto text = Text(name);
  if (!text) return ~std::uint32_t{0};
  std::uint32_t bits = 0;
  for (std::string_view rest = *text; !rest.empty();) {
    const auto pollutant = airquality::ParsePollutant(TakePart(rest));
    if (!pollutant.ok()) {
      Wrong(name, pollutant.error().message());
      return 0;
    }
    bits |= std::uint32_t{1} << airquality::Index(*pollutant);
  }
  return bits;
}

std::uint32_t QueryFields::Horizons(std::string_view name, int longest) {
  const auto text = Text(name);
  if (!text) return ~std::uint32_t{0};
  std::uint32_t bits = 0;
  for (std::string_view rest = *text; !rest.empty();) {
    const std::string_view part = TakePart(rest);
    const int days = part.size() == 1 ? part[0] - '0' : 0;
    if (days < 1 || days > longest) {
      Wrong(name, fmt::format("'{}' is not a number of days from 1 to {}", part, longest));
      return 0;
    }
    bits |= std::uint32_t{1} << (days - 1);
  }
  return bits;
}

}  // namespace geoclimate::server::http::routes
