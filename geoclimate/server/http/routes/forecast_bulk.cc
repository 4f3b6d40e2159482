#include "geoclimate/server/http/routes/forecast_bulk.h"

#include <string>
#include <utility>

#include "geoclimate/formats/json.h"
#include "geoclimate/server/http/routes/forecast_json.h"
#include "geoclimate/server/http/routes/json_fields.h"

namespace geoclimate::server::http::routes {
namespace {

class BulkTask final : public ResponseTask {
 public:
  BulkTask(std::shared_ptr<const ForecastPages> pages, const service::BoundingBox& box,
           const ForecastSelection& selection, BulkFormat format)
      : pages_(std::move(pages)), box_(box), selection_(selection), format_(format) {}

  Progress Step(Response& response) override {
    std::string& out = response.body();
    if (!std::exchange(begun_, true)) Begin(out);
    const std::vector<forecast::SiteForecast>& sites = pages_->table().content().sites;
    constexpr std::size_t kSlice = 32;
    for (std::size_t i = 0; i < kSlice && next_ < sites.size(); ++next_) {
      const forecast::SiteForecast& site = sites[next_];
      if (!site.coordinates || !box_.Contains(*site.coordinates)) continue;
      ++i;
      Append(out, site);
    }
    if (next_ < sites.size()) return Progress::kMore;
    End(out);
    return Progress::kDone;
  }

 private:
  void Begin(std::string& out) const {
    switch (format_) {
      case BulkFormat::kJson:
        out.append("{").append(pages_->bulk_prologue()).append("\"sites\":[");
        break;
      case BulkFormat::kCsv:
        out += ForecastCsvHeader();
        break;
      case BulkFormat::kGeoJson:
        out.append("{\"type\":\"FeatureCollection\",").append(pages_->bulk_prologue());
        out += "\"features\":[";
        break;
    }
  }

  void End(std::string& out) const {
    if (format_ != BulkFormat::kCsv) out += "]}";
  }

  void Append(std::string& out, const forecast::SiteForecast& site) {
    if (format_ == BulkFormat::kCsv) return AppendLines(out, site);
    if (std::exchange(later_, true)) out += ',';
    if (format_ == BulkFormat::kGeoJson) {
      out += "{\"type\":\"Feature\",\"geometry\":{\"type\":\"Point\",\"coordinates\":";
      formats::JsonWriter(out)
          .BeginArray()
          .Double(site.coordinates->longitude)
          .Double(site.coordinates->latitude)
          .EndArray();
      out += "},\"properties\":";
    }
    out += '{';
    pages_->Append(pages_->IndexOf(site), selection_, out);
    if (format_ == BulkFormat::kGeoJson) out += '}';
  }

  void AppendLines(std::string& out, const forecast::SiteForecast& site) const {
    for (const forecast::DayForecast& day : site.days) {
      if ((selection_.horizons >> (day.horizon_days - 1) & 1U) == 0) continue;
      for (const forecast::PollutantForecast& one : day.pollutants) {
        if ((selection_.pollutants >> airquality::Index(one.pollutant) & 1U) == 0) continue;
        AppendForecastCsv(out, pages_->table(), site, day, one);
      }
    }
  }

  std::shared_ptr<const ForecastPages> pages_;
  const service::BoundingBox box_;
  const ForecastSelection selection_;
  const BulkFormat format_;
  bool begun_ = false;
  bool later_ = false;
  std::size_t next_ = 0;
};

}  // namespace

std::string_view BulkContentType(BulkFormat format) {
  switch (format) {
    case BulkFormat::kJson:
      return "application/json";
    case BulkFormat::kCsv:
      return "text/csv; charset=utf-8";
    case BulkFormat::kGeoJson:
      return "application/geo+json";
  }
  return "application/json";
}

std::unique_ptr<ResponseTask> MakeForecastBulkTask(std::shared_ptr<const ForecastPages> pages,
                                                   const service::BoundingBox& box,
                                                   const ForecastSelection& selection,
                                                   BulkFormat format) {
  return std::make_unique<BulkTask>(std::move(pages), box, selection, format);
}

}  // namespace geoclimate::server::http::routes
