#include "geoclimate/fetch/openaq_fetch.h"

#include <algorithm>

#include <fmt/format.h>

#include "geoclimate/base/day.h"
#include "geoclimate/fetch/query.h"

namespace geoclimate::fetch {
namespace {

constexpr std::string_view kSource = "openaq";
// A service that never gives a short page must not be asked for ever.
constexpr int kMostPages = 10'000;

}  // namespace

base::Result<void> OpenAqOptions::Validate() const {
  if (key.empty()) return base::InvalidArgument("OpenAQ needs a key");
  if (page_size < 1 || page_size > 1000) {
    return base::InvalidArgument("a page of OpenAQ has 1 to 1000 results");
  }
  if (days_per_piece < 1) return base::InvalidArgument("a piece covers at least a day");
  return {};
}

base::Result<void> OpenAqFetch::RunAll(const std::optional<Span>& span, FetchReport& report) {
  GC_RETURN_IF_ERROR(options_.Validate());
  GC_ASSIGN_OR_RETURN(SpanWalk walk,
                      SpanWalk::Begin(std::string(kSource), options_.box.ToString(), span,
                                      options_.span, tools().clock.Now(), tools().blobs));
  ValueKeeper keeper(std::string(kSource), tools().store, KnownSince(span, tools().clock));
  while (walk.left().from < walk.left().to) {
    const base::Timestamp from = walk.left().from;
    base::Timestamp to =
        std::min(from + std::chrono::days(options_.days_per_piece), walk.left().to);
    // A piece that an earlier run has begun ends where it was to end then.
    if (const auto begun = walk.BegunPiece(); begun && *begun > from && *begun < to) to = *begun;
    GC_RETURN_IF_ERROR(RunPiece({from, to}, keeper, walk, report));
    report.complete_to = walk.complete_to();
  }
  return {};
}

base::Result<void> OpenAqFetch::RunPiece(const Span& piece, ValueKeeper& keeper, SpanWalk& walk,
                                         FetchReport& report) {
  GC_ASSIGN_OR_RETURN(const std::vector<ingest::OpenAqLocation> locations, FetchLocations());
  const std::int64_t after = walk.AfterWithin(piece.to);
  for (const Target& target : Targets(locations, piece.from)) {
    if (target.sensor.id <= after) continue;
    GC_ASSIGN_OR_RETURN(ingest::FetchedValues fetched, FetchSensor(target, piece));
    fetched.sites.push_back(*target.site);
    GC_RETURN_IF_ERROR(keeper.Keep(fetched, report));
    GC_RETURN_IF_ERROR(walk.CameWithin(piece.to, target.sensor.id));
  }
  GC_RETURN_IF_ERROR(keeper.DeriveDays(piece, std::min(piece.to, tools().clock.Now()), report));
  return walk.Completed(piece.to);
}

base::Result<std::vector<ingest::OpenAqLocation>> OpenAqFetch::FetchLocations() {
  std::vector<ingest::OpenAqLocation> locations;
  for (int page = 1; page <= kMostPages; ++page) {
    Query query(options_.base_url + "/v3/locations");
    query.Add("bbox", options_.box.ToString())
        .Add("limit", fmt::format("{}", options_.page_size))
        .Add("page", fmt::format("{}", page));
    GC_ASSIGN_OR_RETURN(
        ingest::OpenAqLocations fetched,
        tools().client.Get<ingest::OpenAqLocations>(query.url(), {{"X-API-Key", options_.key}},
                                                    ingest::ParseOpenAqLocations));
    for (ingest::OpenAqLocation& location : fetched.locations) {
      locations.push_back(std::move(location));
    }
    if (fetched.results < static_cast<std::size_t>(options_.page_size)) return locations;
  }
  return base::OutOfRange("OpenAQ lists more locations than there can be");
}

std::vector<OpenAqFetch::Target> OpenAqFetch::Targets(
    const std::vector<ingest::OpenAqLocation>& locations, base::Timestamp from) const {
  std::vector<Target> targets;
  for (const ingest::OpenAqLocation& location : locations) {
    const auto& skipped = options_.skip_providers;
    if (std::find(skipped.begin(), skipped.end(), location.provider) != skipped.end()) continue;
    // Where nothing has come since, nothing is asked for.
    if (location.last && *location.last < from) continue;
    for (const ingest::OpenAqSensor& sensor : location.sensors) {
      targets.push_back({&location.site, sensor});
    }
  }
  std::sort(targets.begin(), targets.end(),
            [](const Target& a, const Target& b) { return a.sensor.id < b.sensor.id; });
  return targets;
}

base::Result<ingest::FetchedValues> OpenAqFetch::FetchSensor(const Target& target,
                                                             const Span& piece) {
  ingest::FetchedValues values;
  for (int page = 1; page <= kMostPages; ++page) {
    Query query(fmt::format("{}/v3/sensors/{}/hours", options_.base_url, target.sensor.id));
    query.Add("datetime_from", base::FormatTimestamp(piece.from))
        .Add("datetime_to", base::FormatTimestamp(piece.to))
        .Add("limit", fmt::format("{}", options_.page_size))
        .Add("page", fmt::format("{}", page));
    GC_ASSIGN_OR_RETURN(ingest::OpenAqHours fetched,
                        tools().client.Get<ingest::OpenAqHours>(
                            query.url(), {{"X-API-Key", options_.key}}, [&](std::string_view body) {
                              return ingest::ParseOpenAqHours(body, target.site->id, target.sensor,
                                                              plausible_);
                            }));
    const std::size_t results = fetched.results;
    values.Append(std::move(fetched.values));
    if (results < static_cast<std::size_t>(options_.page_size)) return values;
  }
  return base::OutOfRange(
      fmt::format("OpenAQ has more hours of sensor {} than there can be", target.sensor.id));
}

}  // namespace geoclimate::fetch
