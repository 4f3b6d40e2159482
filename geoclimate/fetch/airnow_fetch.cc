#include "geoclimate/fetch/airnow_fetch.h"

#include <algorithm>

#include <fmt/format.h>

#include "geoclimate/base/day.h"
#include "geoclimate/fetch/query.h"

namespace geoclimate::fetch {
namespace {

constexpr std::string_view kSource = "airnow";

// "2026-11-28T05"
std::string HourText(base::Timestamp time) {
  return base::FormatTimestamp(time).substr(0, 13);
}

}  // namespace

base::Result<void> AirNowOptions::Validate() const {
  if (key.empty()) return base::InvalidArgument("AirNow needs a key");
  if (hours_per_request < 1 || hours_per_request > 24) {
    return base::InvalidArgument("a request to AirNow asks for 1 to 24 hours");
  }
  return {};
}

base::Result<void> AirNowFetch::RunAll(const std::optional<Span>& span, FetchReport& report) {
  GC_RETURN_IF_ERROR(options_.Validate());
  GC_ASSIGN_OR_RETURN(SpanWalk walk,
                      SpanWalk::Begin(std::string(kSource), options_.box.ToString(), span,
                                      options_.span, tools().clock.Now(), tools().blobs));
  ValueKeeper keeper(std::string(kSource), tools().store, KnownSince(span, tools().clock));
  while (walk.left().from < walk.left().to) {
    const base::Timestamp from = walk.left().from;
    const Span piece{
        from, std::min(from + std::chrono::hours(options_.hours_per_request), walk.left().to)};
    GC_ASSIGN_OR_RETURN(const ingest::FetchedValues fetched, FetchHours(piece));
    GC_RETURN_IF_ERROR(keeper.Keep(fetched, report));
    GC_RETURN_IF_ERROR(keeper.DeriveDays(piece, std::min(piece.to, tools().clock.Now()), report));
    GC_RETURN_IF_ERROR(walk.Completed(piece.to));
    report.complete_to = walk.complete_to();
  }
  return {};
}

base::Result<ingest::FetchedValues> AirNowFetch::FetchHours(const Span& piece) {
  Query query(options_.base_url + "/aq/data/");
  query.Add("startDate", HourText(piece.from))
      .Add("endDate", HourText(piece.to - std::chrono::hours(1)))
      .Add("parameters", "OZONE,PM25,PM10,CO,NO2,SO2")
      .Add("BBOX", options_.box.ToString())
      .Add("dataType", "B")
      .Add("format", "application/json")
      .Add("verbose", "1")
      .Add("monitorType", "2")
      .Add("includerawconcentrations", "1")
      .Add("API_KEY", options_.key);
  return tools().client.Get<ingest::FetchedValues>(query.url(), {}, [this](std::string_view body) {
    return ingest::ParseAirNowHours(body, plausible_);
  });
}

base::Result<ingest::ReportedIndexes> AirNowFetch::Reports(const airquality::Coordinates& place) {
  GC_RETURN_IF_ERROR(options_.Validate());
  const auto ask = [&](std::string_view path) {
    Query query(options_.base_url + std::string(path));
    query.Add("format", "application/json")
        .Add("latitude", fmt::format("{}", place.latitude))
        .Add("longitude", fmt::format("{}", place.longitude))
        .Add("distance", "50")
        .Add("API_KEY", options_.key);
    return tools().client.Get<ingest::ReportedIndexes>(query.url(), {}, ingest::ParseAirNowReports);
  };
  auto reports = ask("/aq/observation/current/ziplatlong/");
  if (reports.ok() || (reports.error().code() != base::ErrorCode::kNotFound &&
                       reports.error().code() != base::ErrorCode::kFailedPrecondition)) {
    return reports;
  }
  return ask("/aq/observation/latLong/current/");
}

}  // namespace geoclimate::fetch
