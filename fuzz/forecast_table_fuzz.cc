// The bytes of a forecast table. The checksum is put right, so that what lies behind it is reached.
//
// Besides not crashing: what parses is encoded to the same bytes, every site is found, and any
// place can be asked for.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "geoclimate/base/check.h"
#include "geoclimate/forecast/forecast_table.h"
#include "geoclimate/forecast/place_forecast.h"
#include "geoclimate/formats/binary.h"
#include "geoclimate/formats/digest.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace geoclimate;
  constexpr std::size_t kChecksumBytes = 8;
  std::string bytes(reinterpret_cast<const char*>(data), size);
  static_cast<void>(forecast::ForecastTable::Parse(bytes).ok());
  if (size < kChecksumBytes) return 0;
  bytes.resize(size - kChecksumBytes);
  const std::uint64_t checksum = formats::Xxh3(bytes);
  formats::BinaryWriter(bytes).Write(checksum);
  const auto table = forecast::ForecastTable::Parse(bytes);
  if (!table.ok()) return 0;
  GC_CHECK(forecast::EncodeForecastTable(table->content()) == bytes, "one table, one encoding");
  // Without models there is no forecast of a place, but its row is written all the same.
  const forecast::PlaceForecaster places(table->content());
  const auto no_model = [](const std::string& /*model_id*/) {
    return std::shared_ptr<const inference::LoadedModel>();
  };
  static_cast<void>(places.Forecast({40, -74}, no_model).ok());
  for (const forecast::SiteForecast& site : table->content().sites) {
    GC_CHECK(table->Find(site.id) == &site, "a site of the table is found");
    if (site.coordinates) {
      GC_CHECK(table->FindNearest(*site.coordinates).has_value(), "it is near itself");
    }
  }
  return 0;
}
