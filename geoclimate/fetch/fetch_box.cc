#include "geoclimate/fetch/fetch_box.h"

#include <array>
#include <charconv>

#include <fmt/format.h>

#include "geoclimate/ingest/text.h"

namespace geoclimate::fetch {

base::Result<FetchBox> FetchBox::Parse(std::string_view text) {
  const base::Error error = base::InvalidArgument(fmt::format(
      "'{}' is not a box of west,south,east,north in degrees, such as -125,24,-66,50", text));
  std::array<double, 4> numbers{};
  std::string_view rest = text;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const std::size_t comma = rest.find(',');
    if ((comma == std::string_view::npos) != (i + 1 == numbers.size())) return error;
    const std::string_view number = ingest::Trim(rest.substr(0, comma));
    const auto [end, failed] =
        std::from_chars(number.data(), number.data() + number.size(), numbers[i]);
    if (failed != std::errc() || end != number.data() + number.size()) return error;
    if (comma != std::string_view::npos) rest.remove_prefix(comma + 1);
  }
  const FetchBox box{numbers[0], numbers[1], numbers[2], numbers[3]};
  if (!(box.west >= -180 && box.west < box.east && box.east <= 180 && box.south >= -90 &&
        box.south < box.north && box.north <= 90)) {
    return error;
  }
  return box;
}

std::string FetchBox::ToString() const {
  return fmt::format("{},{},{},{}", west, south, east, north);
}

}  // namespace geoclimate::fetch
