#include "geoclimate/backtest/history_digest.h"

#include <string_view>
#include <variant>

#include "geoclimate/formats/binary.h"
#include "geoclimate/formats/digest.h"

namespace geoclimate::backtest {
namespace {

std::string EncodeSites(const features::SiteHistory& history) {
  std::string bytes;
  formats::BinaryWriter out(bytes);
  for (const airquality::Site& site : history.sites()) {
    out.Write(site.id.number());
    out.Write<std::uint8_t>(site.coordinates ? 1 : 0);
    out.Write(site.coordinates ? site.coordinates->latitude : 0.0);
    out.Write(site.coordinates ? site.coordinates->longitude : 0.0);
  }
  return bytes;
}

void AddHistory(const features::SiteHistory& history, formats::Sha256Stream& digest) {
  digest.Update(EncodeSites(history));
  std::string header;
  for (const airquality::Pollutant pollutant : airquality::kPollutants) {
    for (std::size_t site = 0; site < history.sites().size(); ++site) {
      const features::SiteHistory::Series series = history.Get(pollutant, site);
      header.clear();
      formats::BinaryWriter out(header);
      out.Write(base::DayNumber(series.first_day));
      out.Write<std::uint64_t>(series.values.size());
      digest.Update(header);
      digest.Update({reinterpret_cast<const char*>(series.values.data()),
                     series.values.size() * sizeof(float)});
    }
  }
}

void AddVintages(const forecast::VintageHistory& vintages, formats::Sha256Stream& digest) {
  constexpr std::size_t kBlockBytes = 1 << 16;
  std::string block;
  formats::BinaryWriter out(block);
  vintages.Visit([&](airquality::Pollutant pollutant, airquality::SiteId site, base::LocalDay day,
                     base::LocalDay known_from, float value) {
    out.Write(static_cast<std::uint8_t>(pollutant));
    out.Write(site.number());
    out.Write(base::DayNumber(day));
    out.Write(base::DayNumber(known_from));
    out.Write(value);
    if (block.size() < kBlockBytes) return;
    digest.Update(block);
    block.clear();
  });
  digest.Update(block);
}

void AddWeather(const features::WeatherHistory& weather, formats::Sha256Stream& digest) {
  std::string header;
  formats::BinaryWriter out(header);
  for (const airquality::WeatherVariable& variable : weather.variables()) {
    out.WriteText(variable.name);
    out.WriteText(variable.unit);
  }
  digest.Update(header);
  for (std::size_t place = 0; place < weather.places().size(); ++place) {
    header.clear();
    const airquality::WeatherPlace& at = weather.places()[place];
    if (const auto* const site = std::get_if<airquality::SiteId>(&at)) {
      out.Write(site->number());
    } else {
      out.Write(std::get<airquality::Coordinates>(at).latitude);
      out.Write(std::get<airquality::Coordinates>(at).longitude);
    }
    for (const features::WeatherHistory::Issue& issue : weather.IssuesOf(place)) {
      out.Write(issue.issued_s);
      out.Write(issue.valid_day);
    }
    digest.Update(header);
    const std::span<const float> values = weather.ValuesOf(place);
    digest.Update({reinterpret_cast<const char*>(values.data()), values.size_bytes()});
  }
}

}  // namespace

std::string DigestOf(const Knowledge& knowledge) {
  formats::Sha256Stream digest;
  digest.Update(knowledge.name());
  AddHistory(knowledge.truth(), digest);
  if (knowledge.vintages() != nullptr) AddVintages(*knowledge.vintages(), digest);
  if (knowledge.weather() != nullptr) AddWeather(*knowledge.weather(), digest);
  return digest.Finish().Hex();
}

}  // namespace geoclimate::backtest
