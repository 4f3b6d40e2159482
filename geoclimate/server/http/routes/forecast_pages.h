#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/airquality/site.h"
#include "geoclimate/base/clock.h"
#include "geoclimate/service/forecasts.h"
#include "geoclimate/service/place_forecasts.h"

namespace geoclimate::server::http::routes {

// Which days and pollutants of a site are wanted: bit Index(pollutant), bit horizon - 1.
struct ForecastSelection {
  static constexpr std::uint32_t kAll = ~std::uint32_t{0};
  std::uint32_t pollutants = kAll;
  std::uint32_t horizons = kAll;

  bool IsWhole() const { return pollutants == kAll && horizons == kAll; }
};

// The JSON of every site's forecast, rendered once when a table is loaded, so that an answer is a
// look-up and a copy.
//
// A page is {PROLOGUE "days":[DAY,...]}, a day {SUMMARY "pollutants":[PART,...]}. The summary of a
// day is over all of the site's pollutants, whichever are selected. All pieces of a site lie one
// behind the other, so that a whole page is one copy.
//
// Thread-safe; nothing that is seen of it changes. A megabyte for about 150 sites of three days and
// two pollutants.
class ForecastPages {
 public:
  ForecastPages(service::SharedTable table, base::Timestamp current_until);
  ~ForecastPages();
  ForecastPages(const ForecastPages&) = delete;
  ForecastPages& operator=(const ForecastPages&) = delete;

  const forecast::ForecastTable& table() const { return *table_; }
  // Forecasts what lies between the table's sites.
  const forecast::PlaceForecaster& places() const { return places_; }
  // Until when the pages may be served.
  base::Timestamp current_until() const { return current_until_; }
  // With its quotes: the table's digest, and the version of this rendering.
  const std::string& etag() const { return etag_; }

  // The index of a site, or -1.
  int Find(airquality::SiteId site) const;
  // Of a site that the table has.
  int IndexOf(const forecast::SiteForecast& site) const;

  // Appends the page of a site without its first brace, so that the caller can put members before
  // the others. No allocation once `out` has the capacity.
  void Append(int site, const ForecastSelection& selection, std::string& out) const;

  // Bytes of a whole page.
  std::size_t SizeOf(int site) const { return pages_[static_cast<std::size_t>(site)].size + 1; }
  // The whole page of a site, braces and all, as gzip. Compressed at the first call, kept for the
  // others: callers that take gzip mostly ask for whole pages again and again.
  const std::string& Gzipped(int site, int level) const;

  // The members that head a bulk answer: as_of, issued_at, table. Ends in a comma.
  const std::string& bulk_prologue() const { return bulk_prologue_; }

 private:
  struct Part {
    std::uint32_t begin;
    std::uint32_t end;
    std::uint8_t pollutant;
  };
  struct Day {
    std::uint32_t begin;
    std::uint32_t summary_end;  // behind "pollutants":[
    std::uint32_t end;          // behind the closing brace
    std::uint32_t first_part;
    std::uint32_t parts;
    std::uint8_t horizon;
  };
  struct Page {
    std::size_t begin;         // into text_; the offsets of days and parts count from here
    std::uint32_t days_begin;  // behind "days":[
    std::uint32_t size;
    std::uint32_t first_day;
    std::uint32_t days;
  };

  void RenderSite(const forecast::SiteForecast& site);

  service::SharedTable table_;
  forecast::PlaceForecaster places_;
  base::Timestamp current_until_;
  std::string etag_;
  std::string bulk_prologue_;
  std::string text_;
  std::vector<Page> pages_;  // as table().content().sites
  std::vector<Day> days_;
  std::vector<Part> parts_;
  // By site; null until it was asked for.
  std::unique_ptr<std::atomic<const std::string*>[]> gzipped_;
};

}  // namespace geoclimate::server::http::routes
