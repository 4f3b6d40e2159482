// The bytes of a forecast table: docs/formats/forecast_table.md.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "geoclimate/base/check.h"
#include "geoclimate/forecast/forecast_table.h"
#include "geoclimate/formats/binary.h"
#include "geoclimate/formats/digest.h"

namespace geoclimate::forecast {
namespace {

using formats::BinaryReader;
using formats::BinaryWriter;

constexpr std::string_view kMagic = "GCFT";
constexpr std::uint32_t kFormatVersion = 2;
constexpr std::size_t kChecksumBytes = sizeof(std::uint64_t);
// The smallest encoding of each repeated part, by which counts are bounded.
constexpr std::size_t kSmallestText = 4;
constexpr std::size_t kSmallestSite = 4 + 4 + 1 + 2 + 1;
constexpr std::size_t kSmallestDay = 1 + 1 + 3 * 4 + 4 + 1;
constexpr std::size_t kPollutantBytes =
    1 + 1 + 1 + 2 + 4 + 4 + 4 * model::kQuantileLevels.size() + 4 + 3 * 4;
constexpr std::size_t kSmallestReport = 4 + 2 * 8 + 2 + 1 + 1 + 7 * 4;
constexpr std::uint16_t kNoModel = 0xFFFF;
constexpr std::int32_t kLargestDayNumber = 1'000'000;  // the year 4707
constexpr int kLargestOffsetMinutes = 24 * 60;

// Below the diagonal, by rows.
void WriteCorrelations(BinaryWriter& out, const ErrorCorrelations& correlations) {
  for (std::size_t row = 0; row < correlations.size(); ++row) {
    for (std::size_t column = 0; column < row; ++column) out.Write(correlations[row][column]);
  }
}

void WritePollutant(BinaryWriter& out, const PollutantForecast& forecast) {
  out.Write(static_cast<std::uint8_t>(forecast.pollutant));
  out.Write(static_cast<std::uint8_t>(forecast.method));
  out.Write(static_cast<std::uint8_t>(forecast.basis));
  out.Write(forecast.model);
  out.Write(base::DayNumber(forecast.last_observed));
  out.Write(forecast.concentration.mean);
  for (const float quantile : forecast.concentration.quantiles) out.Write(quantile);
  out.Write(forecast.probability_over_100);
  out.Write(forecast.aqi_p10);
  out.Write(forecast.aqi);
  out.Write(forecast.aqi_p90);
}

void WriteDay(BinaryWriter& out, const DayForecast& day) {
  GC_CHECK(!day.pollutants.empty() && day.pollutants.size() <= airquality::kPollutantCount,
           "a day of a table has one to six pollutants");
  out.Write(static_cast<std::uint8_t>(day.horizon_days));
  out.Write(static_cast<std::uint8_t>(day.dominant));
  out.Write(day.aqi_p10);
  out.Write(day.aqi);
  out.Write(day.aqi_p90);
  out.Write(day.probability_over_100);
  out.Write(static_cast<std::uint8_t>(day.pollutants.size()));
  for (const PollutantForecast& forecast : day.pollutants) WritePollutant(out, forecast);
}

void WriteSite(BinaryWriter& out, const SiteForecast& site) {
  GC_CHECK(!site.days.empty() && site.days.size() <= kMaxHorizonDays,
           "a site of a table has one to three days");
  out.Write(site.id.number());
  out.WriteText(site.name);
  out.Write(static_cast<std::uint8_t>(site.coordinates ? 1 : 0));
  if (site.coordinates) {
    out.Write(site.coordinates->latitude);
    out.Write(site.coordinates->longitude);
  }
  out.Write(static_cast<std::int16_t>(site.utc_offset.count()));
  out.Write(static_cast<std::uint8_t>(site.days.size()));
  for (const DayForecast& day : site.days) WriteDay(out, day);
}

std::array<float, 7> Numbers(const features::ReportedValues& values) {
  return {values.today, values.yesterday, values.last,    values.age_days,
          values.mean7, values.mean30,    values.mean_all};
}

void WriteReport(BinaryWriter& out, const ReportingSite& site) {
  out.Write(site.id.number());
  out.Write(site.coordinates.latitude);
  out.Write(site.coordinates.longitude);
  out.Write(static_cast<std::int16_t>(site.utc_offset.count()));
  const auto count = std::ranges::count_if(site.values, &features::ReportedValues::reports);
  GC_CHECK(count > 0, "a site that reports nothing is nobody's neighbour");
  out.Write(static_cast<std::uint8_t>(count));
  for (std::size_t p = 0; p < site.values.size(); ++p) {
    if (!site.values[p].reports()) continue;
    out.Write(static_cast<std::uint8_t>(p));
    for (const float number : Numbers(site.values[p])) out.Write(number);
  }
}

void WritePlaces(BinaryWriter& out, const PlaceBasis& places) {
  for (const auto& of_pollutant : places.models) {
    for (const PlaceModels& models : of_pollutant) {
      out.Write(models.production.value_or(kNoModel));
      out.Write(models.fallback.value_or(kNoModel));
    }
  }
  out.Write(static_cast<std::uint32_t>(places.sites.size()));
  for (const ReportingSite& site : places.sites) WriteReport(out, site);
}

// Reads with every rule of the header checked: a table that parses can be served without looking
// again.
class TableReader {
 public:
  explicit TableReader(std::string_view bytes) : in_(bytes) {}

  base::Result<TableContent> Read() {
    TableContent content;
    content.as_of = ReadDay();
    content.issued_at = base::Timestamp(std::chrono::microseconds(in_.Read<std::int64_t>()));
    for (std::string& table : content.aqi_tables) table = in_.ReadText();
    ReadCorrelations(content.error_correlations);
    const std::size_t models = in_.ReadCount<std::uint16_t>(kSmallestText);
    for (std::size_t i = 0; i < models; ++i) content.model_ids.emplace_back(in_.ReadText());
    const std::size_t sites = in_.ReadCount<std::uint32_t>(kSmallestSite);
    content.sites.reserve(sites);
    for (std::size_t i = 0; i < sites && !in_.failed(); ++i) {
      SiteForecast site = ReadSite(models);
      Require(content.sites.empty() || content.sites.back().id < site.id, "sites out of order");
      content.sites.push_back(std::move(site));
    }
    ReadPlaces(models, content.places);
    GC_RETURN_IF_ERROR(in_.Finish());
    return content;
  }

 private:
  void Require(bool holds, std::string_view otherwise) {
    if (!holds) in_.Fail(otherwise);
  }

  base::LocalDay ReadDay() {
    const auto number = in_.Read<std::int32_t>();
    Require(std::abs(std::int64_t{number}) <= kLargestDayNumber, "a day out of range");
    return base::DayFromNumber(number);
  }

  float ReadFinite() {
    const auto value = in_.Read<float>();
    Require(std::isfinite(value), "a number that is not finite");
    return value;
  }

  float ReadProbability() {
    const float value = ReadFinite();
    Require(value >= 0 && value <= 1, "a probability outside 0 to 1");
    return value;
  }

  void ReadCorrelations(ErrorCorrelations& correlations) {
    for (std::size_t row = 0; row < correlations.size(); ++row) {
      for (std::size_t column = 0; column < row; ++column) {
        const auto value = in_.Read<double>();
        correlations[row][column] = value;
        correlations[column][row] = value;
      }
    }
    Require(ArePositiveDefinite(correlations), "correlations that no errors have");
  }

  airquality::Pollutant ReadPollutant() {
    const auto number = in_.Read<std::uint8_t>();
    Require(number < airquality::kPollutantCount, "an unknown pollutant");
    return static_cast<airquality::Pollutant>(number);
  }

  // The three AQIs of PollutantForecast and DayForecast.
  template <typename Forecast>
  void ReadAqi(Forecast& forecast) {
    forecast.aqi_p10 = in_.Read<std::int32_t>();
    forecast.aqi = in_.Read<std::int32_t>();
    forecast.aqi_p90 = in_.Read<std::int32_t>();
    Require(0 <= forecast.aqi_p10 && forecast.aqi_p10 <= forecast.aqi &&
                forecast.aqi <= forecast.aqi_p90,
            "an AQI outside its interval");
  }

  PollutantForecast ReadPollutantForecast(std::size_t models) {
    PollutantForecast forecast;
    forecast.pollutant = ReadPollutant();
    const auto method = in_.Read<std::uint8_t>();
    Require(method >= static_cast<std::uint8_t>(airquality::Method::kModel) &&
                method <= static_cast<std::uint8_t>(airquality::Method::kClimatologyFallback),
            "an unknown method");
    forecast.method = static_cast<airquality::Method>(method);
    forecast.basis = static_cast<airquality::Basis>(in_.Read<std::uint8_t>());
    Require(forecast.basis <= airquality::Basis::kNeighbours, "an unknown basis");
    forecast.model = in_.Read<std::uint16_t>();
    Require(forecast.model < models, "an unknown model");
    forecast.last_observed = ReadDay();
    forecast.concentration.mean = ReadFinite();
    for (float& quantile : forecast.concentration.quantiles) quantile = ReadFinite();
    Require(std::ranges::is_sorted(forecast.concentration.quantiles), "quantiles that descend");
    forecast.probability_over_100 = ReadProbability();
    ReadAqi(forecast);
    return forecast;
  }

  DayForecast ReadDayForecast(std::size_t models) {
    DayForecast day;
    day.horizon_days = in_.Read<std::uint8_t>();
    Require(day.horizon_days >= 1 && day.horizon_days <= kMaxHorizonDays, "an unknown lead time");
    day.dominant = ReadPollutant();
    ReadAqi(day);
    day.probability_over_100 = ReadProbability();
    const std::size_t pollutants = in_.ReadCount<std::uint8_t>(kPollutantBytes);
    Require(pollutants >= 1, "a day without pollutants");
    day.pollutants.reserve(pollutants);
    bool dominant_is_there = false;
    for (std::size_t i = 0; i < pollutants && !in_.failed(); ++i) {
      const PollutantForecast forecast = ReadPollutantForecast(models);
      Require(day.pollutants.empty() || day.pollutants.back().pollutant < forecast.pollutant,
              "pollutants out of order");
      dominant_is_there = dominant_is_there || forecast.pollutant == day.dominant;
      day.pollutants.push_back(forecast);
    }
    Require(dominant_is_there, "a dominant pollutant without a forecast");
    return day;
  }

  airquality::Coordinates ReadCoordinates() {
    airquality::Coordinates coordinates;
    coordinates.latitude = in_.Read<double>();
    coordinates.longitude = in_.Read<double>();
    Require(std::abs(coordinates.latitude) <= 90 && std::abs(coordinates.longitude) <= 180,
            "coordinates off the globe");
    return coordinates;
  }

  std::chrono::minutes ReadUtcOffset() {
    const std::chrono::minutes offset(in_.Read<std::int16_t>());
    Require(std::abs(offset.count()) <= kLargestOffsetMinutes, "a UTC offset over a day");
    return offset;
  }

  std::optional<std::uint16_t> ReadModel(std::size_t models) {
    const auto model = in_.Read<std::uint16_t>();
    if (model == kNoModel) return std::nullopt;
    Require(model < models, "an unknown model");
    return model;
  }

  // Every number but the newest value and its age may be missing, as NaN of the one kind that is
  // written.
  features::ReportedValues ReadReported() {
    std::array<float, 7> numbers{};
    for (float& number : numbers) {
      number = in_.Read<float>();
      Require(std::isfinite(number) || IsMissing(number), "a number that is not finite");
    }
    const features::ReportedValues values = {.today = numbers[0],
                                             .yesterday = numbers[1],
                                             .last = numbers[2],
                                             .age_days = numbers[3],
                                             .mean7 = numbers[4],
                                             .mean30 = numbers[5],
                                             .mean_all = numbers[6]};
    Require(values.reports(), "a report without a newest value");
    Require(values.age_days >= 0 && values.age_days < features::kReportingDays &&
                values.age_days == std::floor(values.age_days),
            "a report of an unknown age");
    return values;
  }

  static bool IsMissing(float number) {
    return std::bit_cast<std::uint32_t>(number) ==
           std::bit_cast<std::uint32_t>(features::Silent().today);
  }

  ReportingSite ReadReport() {
    ReportingSite site;
    site.id = airquality::SiteId::FromNumber(in_.Read<std::uint32_t>());
    site.coordinates = ReadCoordinates();
    site.utc_offset = ReadUtcOffset();
    site.values.fill(features::Silent());
    const std::size_t reports = in_.ReadCount<std::uint8_t>(1 + 7 * 4);
    Require(reports >= 1, "a site that reports nothing");
    int last = -1;
    for (std::size_t i = 0; i < reports && !in_.failed(); ++i) {
      const airquality::Pollutant pollutant = ReadPollutant();
      Require(airquality::Index(pollutant) > last, "reports out of order");
      last = airquality::Index(pollutant);
      const features::ReportedValues values = ReadReported();
      if (!in_.failed()) site.values[static_cast<std::size_t>(last)] = values;
    }
    return site;
  }

  void ReadPlaces(std::size_t models, PlaceBasis& places) {
    for (auto& of_pollutant : places.models) {
      for (PlaceModels& at : of_pollutant) {
        at.production = ReadModel(models);
        at.fallback = ReadModel(models);
      }
    }
    const std::size_t sites = in_.ReadCount<std::uint32_t>(kSmallestReport);
    places.sites.reserve(sites);
    for (std::size_t i = 0; i < sites && !in_.failed(); ++i) {
      const ReportingSite site = ReadReport();
      Require(places.sites.empty() || places.sites.back().id < site.id, "sites out of order");
      places.sites.push_back(site);
    }
  }

  SiteForecast ReadSite(std::size_t models) {
    SiteForecast site;
    site.id = airquality::SiteId::FromNumber(in_.Read<std::uint32_t>());
    site.name = in_.ReadText();
    const auto has_coordinates = in_.Read<std::uint8_t>();
    Require(has_coordinates <= 1, "neither with coordinates nor without");
    if (has_coordinates == 1) site.coordinates = ReadCoordinates();
    site.utc_offset = ReadUtcOffset();
    const std::size_t days = in_.ReadCount<std::uint8_t>(kSmallestDay);
    Require(days >= 1, "a site without days");
    site.days.reserve(days);
    for (std::size_t i = 0; i < days && !in_.failed(); ++i) {
      DayForecast day = ReadDayForecast(models);
      Require(site.days.empty() || site.days.back().horizon_days < day.horizon_days,
              "lead times out of order");
      site.days.push_back(std::move(day));
    }
    return site;
  }

  BinaryReader in_;
};

}  // namespace

std::string EncodeForecastTable(const TableContent& content) {
  std::string bytes(kMagic);
  BinaryWriter out(bytes);
  out.Write(kFormatVersion);
  out.Write(base::DayNumber(content.as_of));
  out.Write(std::int64_t{content.issued_at.time_since_epoch().count()});
  for (const std::string& table : content.aqi_tables) out.WriteText(table);
  WriteCorrelations(out, content.error_correlations);
  out.Write(static_cast<std::uint16_t>(content.model_ids.size()));
  for (const std::string& model : content.model_ids) out.WriteText(model);
  out.Write(static_cast<std::uint32_t>(content.sites.size()));
  for (const SiteForecast& site : content.sites) WriteSite(out, site);
  WritePlaces(out, content.places);
  out.Write(formats::Xxh3(bytes));
  return bytes;
}

base::Result<ForecastTable> ForecastTable::Parse(std::string_view bytes) {
  BinaryReader header(bytes.substr(0, std::min(bytes.size(), kMagic.size() + 4)));
  for (const char letter : kMagic) {
    if (header.Read<char>() != letter) header.Fail("not a forecast table");
  }
  const auto version = header.Read<std::uint32_t>();
  GC_RETURN_IF_ERROR(header.Finish());
  if (version != kFormatVersion) {
    return base::DataLoss(fmt::format("a forecast table of format {}, this program reads format {}",
                                      version, kFormatVersion));
  }
  if (bytes.size() < header.position() + kChecksumBytes) {
    return base::DataLoss("a forecast table that ends in its header");
  }
  const std::string_view covered = bytes.substr(0, bytes.size() - kChecksumBytes);
  BinaryReader checksum(bytes.substr(covered.size()));
  if (checksum.Read<std::uint64_t>() != formats::Xxh3(covered)) {
    return base::DataLoss("the forecast table's checksum is not that of its bytes");
  }
  auto content = TableReader(covered.substr(header.position())).Read();
  if (!content.ok()) return content.error().WithContext("forecast table, after its header");
  return ForecastTable(*std::move(content), formats::Sha256(bytes).Hex());
}

}  // namespace geoclimate::forecast
