#include "geoclimate/server/http/routes/forecast_pages.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "geoclimate/formats/compression.h"
#include "geoclimate/formats/json.h"
#include "geoclimate/server/http/routes/forecast_json.h"
#include "geoclimate/server/http/routes/json_fields.h"

namespace geoclimate::server::http::routes {
namespace {

// Changes whenever the same table is rendered to other bytes: it is part of the ETag.
constexpr int kRendering = 2;

}  // namespace

ForecastPages::ForecastPages(service::SharedTable table, base::Timestamp current_until)
    : table_(std::move(table)),
      places_(table_->content()),
      current_until_(current_until),
      etag_(fmt::format("\"{}-{}\"", table_->digest().substr(0, 32), kRendering)) {
  formats::JsonWriter prologue(bulk_prologue_);
  WriteIssueFields(prologue, *table_);
  bulk_prologue_ += ',';
  for (const forecast::SiteForecast& site : table_->content().sites) RenderSite(site);
  text_.shrink_to_fit();
  gzipped_ = std::make_unique<std::atomic<const std::string*>[]>(pages_.size());
}

ForecastPages::~ForecastPages() {
  for (std::size_t i = 0; i < pages_.size(); ++i) delete gzipped_[i].load();
}

const std::string& ForecastPages::Gzipped(int site, int level) const {
  std::atomic<const std::string*>& slot = gzipped_[static_cast<std::size_t>(site)];
  if (const std::string* kept = slot.load(std::memory_order_acquire)) return *kept;
  std::string page = "{";
  Append(site, {}, page);
  auto compressed = std::make_unique<const std::string>(formats::DeflateGzip(page, level));
  const std::string* kept = nullptr;
  // Of two threads that come at the same time the later one keeps the earlier one's.
  if (slot.compare_exchange_strong(kept, compressed.get(), std::memory_order_acq_rel)) {
    kept = compressed.release();
  }
  return *kept;
}

void ForecastPages::RenderSite(const forecast::SiteForecast& site) {
  const std::size_t begin = text_.size();
  const auto offset = [&] { return static_cast<std::uint32_t>(text_.size() - begin); };
  Page page{.begin = begin,
            .days_begin = 0,
            .size = 0,
            .first_day = static_cast<std::uint32_t>(days_.size()),
            .days = static_cast<std::uint32_t>(site.days.size())};
  formats::JsonWriter json(text_);
  WriteSiteFields(json, site);
  text_ += ',';
  formats::JsonWriter issue(text_);
  WriteIssueFields(issue, *table_);
  text_ += ",\"days\":[";
  page.days_begin = offset();
  for (const forecast::DayForecast& forecast : site.days) {
    if (&forecast != &site.days.front()) text_ += ',';
    Day day{.begin = offset(),
            .summary_end = 0,
            .end = 0,
            .first_part = static_cast<std::uint32_t>(parts_.size()),
            .parts = static_cast<std::uint32_t>(forecast.pollutants.size()),
            .horizon = static_cast<std::uint8_t>(forecast.horizon_days)};
    text_ += '{';
    formats::JsonWriter summary(text_);
    WriteDayFields(summary, *table_, site, forecast);
    text_ += ",\"pollutants\":[";
    day.summary_end = offset();
    for (const forecast::PollutantForecast& one : forecast.pollutants) {
      if (&one != &forecast.pollutants.front()) text_ += ',';
      Part part{.begin = offset(),
                .end = 0,
                .pollutant = static_cast<std::uint8_t>(airquality::Index(one.pollutant))};
      formats::JsonWriter value(text_);
      WritePollutantForecast(value, *table_, site, forecast, one);
      part.end = offset();
      parts_.push_back(part);
    }
    text_ += "]}";
    day.end = offset();
    days_.push_back(day);
  }
  text_ += "]}";
  page.size = offset();
  pages_.push_back(page);
}

int ForecastPages::Find(airquality::SiteId site) const {
  const forecast::SiteForecast* found = table_->Find(site);
  return found == nullptr ? -1 : IndexOf(*found);
}

int ForecastPages::IndexOf(const forecast::SiteForecast& site) const {
  return static_cast<int>(&site - table_->content().sites.data());
}

void ForecastPages::Append(int site, const ForecastSelection& selection, std::string& out) const {
  const Page& page = pages_[static_cast<std::size_t>(site)];
  const std::string_view text = std::string_view(text_).substr(page.begin, page.size);
  const auto piece = [text](std::uint32_t begin, std::uint32_t end) {
    return text.substr(begin, end - begin);
  };
  if (selection.IsWhole()) {
    out += text;
    return;
  }
  out += piece(0, page.days_begin);
  bool later_day = false;
  for (std::uint32_t d = 0; d < page.days; ++d) {
    const Day& day = days_[page.first_day + d];
    if ((selection.horizons >> (day.horizon - 1) & 1U) == 0) continue;
    if (std::exchange(later_day, true)) out += ',';
    if (selection.pollutants == ForecastSelection::kAll) {
      out += piece(day.begin, day.end);
      continue;
    }
    out += piece(day.begin, day.summary_end);
    bool later_part = false;
    for (std::uint32_t p = 0; p < day.parts; ++p) {
      const Part& part = parts_[day.first_part + p];
      if ((selection.pollutants >> part.pollutant & 1U) == 0) continue;
      if (std::exchange(later_part, true)) out += ',';
      out += piece(part.begin, part.end);
    }
    out += "]}";
  }
  out += "]}";
}

}  // namespace geoclimate::server::http::routes
