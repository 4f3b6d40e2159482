#include "geoclimate/airquality/site.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace geoclimate::airquality {
namespace {

constexpr double kEarthRadiusKm = 6371.0;

// Locations of OpenAQ, which AQS does not know: the location's number in the seven digits of county
// and site, "OQ-000-2178". No state of AQS has the number.
constexpr std::uint32_t kOpenAq = 101;

double Radians(double degrees) {
  return degrees * std::numbers::pi / 180.0;
}

std::string_view TrimBlanks(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// The number that 1 to `longest` digits write; nothing for any other text.
std::optional<std::uint32_t> Number(std::string_view text, std::size_t longest) {
  if (text.empty() || text.size() > longest) return std::nullopt;
  std::uint32_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<std::uint32_t>(c - '0');
  }
  return value;
}

std::optional<std::uint32_t> StateNumber(std::string_view text) {
  if (text == "CC" || text == "cc") return SiteId::kCanada;
  if (text == "OQ" || text == "oq") return kOpenAq;
  return Number(text, 2);
}

std::optional<SiteId> FromTexts(std::string_view state_text, std::string_view county_text,
                                std::string_view site_text) {
  const std::optional<std::uint32_t> state = StateNumber(state_text);
  const std::optional<std::uint32_t> county = Number(county_text, 3);
  const std::optional<std::uint32_t> site = Number(site_text, 4);
  if (!state || !county || !site) return std::nullopt;
  return SiteId::FromParts(*state, *county, *site);
}

std::optional<SiteId> ParseSiteId(std::string_view text) {
  const std::size_t dash = text.find('-');
  if (dash != std::string_view::npos) {
    const std::size_t second = text.find('-', dash + 1);
    if (second == std::string_view::npos) return std::nullopt;
    return FromTexts(text.substr(0, dash), text.substr(dash + 1, second - dash - 1),
                     text.substr(second + 1));
  }
  if (text.size() == 12 && text.starts_with("840")) text.remove_prefix(3);
  if (text.size() != 8 && text.size() != 9) return std::nullopt;
  const std::size_t state_length = text.size() - 7;
  return FromTexts(text.substr(0, state_length), text.substr(state_length, 3),
                   text.substr(state_length + 3));
}

}  // namespace

base::Result<SiteId> SiteId::Parse(std::string_view text) {
  if (const std::optional<SiteId> id = ParseSiteId(TrimBlanks(text))) return *id;
  return base::InvalidArgument(
      fmt::format("'{}' is not an AQS site id such as 06-037-1103 or 060371103", text));
}

std::string SiteId::ToString() const {
  const std::uint32_t site = number_ % 10'000;
  if (state() == kCanada) return fmt::format("CC-{:03}-{:04}", county(), site);
  if (state() == kOpenAq) return fmt::format("OQ-{:03}-{:04}", county(), site);
  return fmt::format("{:02}-{:03}-{:04}", state(), county(), site);
}

double DistanceKm(const Coordinates& a, const Coordinates& b) {
  const double half_latitude = std::sin(Radians(b.latitude - a.latitude) / 2);
  const double half_longitude = std::sin(Radians(b.longitude - a.longitude) / 2);
  const double haversine = half_latitude * half_latitude + std::cos(Radians(a.latitude)) *
                                                               std::cos(Radians(b.latitude)) *
                                                               half_longitude * half_longitude;
  return 2 * kEarthRadiusKm * std::asin(std::sqrt(std::min(1.0, haversine)));
}

double BearingDegrees(const Coordinates& a, const Coordinates& b) {
  const double from = Radians(a.latitude);
  const double to = Radians(b.latitude);
  const double turn = Radians(b.longitude - a.longitude);
  const double east = std::sin(turn) * std::cos(to);
  const double north =
      std::cos(from) * std::sin(to) - std::sin(from) * std::cos(to) * std::cos(turn);
  const double degrees = std::atan2(east, north) * 180.0 / std::numbers::pi;
  // Adding a full turn to a tiny negative angle rounds to 360 itself.
  const double positive = degrees < 0 ? degrees + 360.0 : degrees;
  return positive >= 360.0 ? 0.0 : positive;
}

}  // namespace geoclimate::airquality
