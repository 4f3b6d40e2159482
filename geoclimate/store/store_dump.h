#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "geoclimate/base/day.h"
#include "geoclimate/store/observation_store.h"

namespace geoclimate::store {

enum class ReceivedAt { kShown, kLeftOut };

inline std::string DumpLine(const StoredObservation& stored, ReceivedAt received_at) {
  const airquality::Observation& o = stored.observation;
  std::string line = fmt::format(
      "{} {} poc {} at {} {}/{}/{}: {} source {} complete {} monitor {} available {} from {}",
      o.key.site.ToString(), o.key.parameter, o.key.poc, o.key.start.time_since_epoch().count(),
      static_cast<int>(o.key.duration), static_cast<int>(o.key.statistic),
      static_cast<int>(o.key.event), o.value.micro(), static_cast<int>(o.source), o.completeness,
      static_cast<int>(o.monitor), stored.available_at.time_since_epoch().count(), stored.origin);
  if (received_at == ReceivedAt::kShown) {
    line += fmt::format(" received {}", stored.received_at.time_since_epoch().count());
  }
  return line;
}

inline std::string DumpLine(const airquality::Site& site) {
  const std::string place = site.coordinates ? fmt::format("{} {}", site.coordinates->latitude,
                                                           site.coordinates->longitude)
                                             : "nowhere";
  return fmt::format("site {} '{}' '{}' '{}' '{}' {} {} min", site.id.ToString(), site.name,
                     site.county, site.state, site.cbsa, place, site.utc_offset.count());
}

inline std::string DumpLine(const SiteCoverage& coverage) {
  return fmt::format("coverage {} {} {} {} {}", coverage.site.ToString(),
                     airquality::Name(coverage.pollutant), base::FormatDay(coverage.first_day),
                     base::FormatDay(coverage.last_day), coverage.days);
}

// Everything that a store shows, a line an item, for tests that compare two stores: sites,
// coverage, and every version. Without received_at, versions that only differ by when they came
// are equal, so their lines are those of a set: the caller sorts. A line "error: ..." stands for
// what could not be read.
inline std::vector<std::string> Dump(ObservationStore& store, ReceivedAt received_at) {
  std::vector<std::string> lines;
  const auto fail = [&](const base::Error& error) {
    lines.push_back("error: " + error.ToString());
  };
  if (const auto sites = store.Sites(); sites.ok()) {
    for (const airquality::Site& site : *sites) lines.push_back(DumpLine(site));
  } else {
    fail(sites.error());
  }
  if (const auto coverage = store.Coverage(); coverage.ok()) {
    for (const SiteCoverage& one : *coverage) lines.push_back(DumpLine(one));
  } else {
    fail(coverage.error());
  }
  ObservationQuery everything;
  everything.duration.reset();
  const auto visited = store.Visit(everything, [&](const StoredObservation& stored) {
    lines.push_back(DumpLine(stored, received_at));
  });
  if (!visited.ok()) fail(visited.error());
  return lines;
}

}  // namespace geoclimate::store
