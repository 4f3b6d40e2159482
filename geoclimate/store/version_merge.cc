#include "geoclimate/store/version_merge.h"

#include <algorithm>
#include <cstddef>
#include <tuple>

namespace geoclimate::store {
namespace {

// The versions of [begin, end), which are the same, as one.
Version Collapse(std::span<const Version> incoming, std::size_t begin, std::size_t end) {
  Version one = incoming[begin];
  for (std::size_t i = begin + 1; i < end; ++i) {
    one.monitor = std::max(one.monitor, incoming[i].monitor);
    one.available_at_floor = std::min(one.available_at_floor, incoming[i].available_at_floor);
  }
  return one;
}

// `old`, now that `again` has come.
Version ComeAgain(const Version& old, const Version& again,
                  const std::function<std::int32_t(std::int32_t)>& raised_origin) {
  Version now = old;
  now.monitor = std::max(old.monitor, again.monitor);
  now.available_at_floor = std::min(old.available_at_floor, again.available_at_floor);
  now.origin = raised_origin(old.origin);
  return now;
}

bool Differ(const Version& a, const Version& b) {
  return std::tie(a.monitor, a.available_at_floor, a.origin) !=
         std::tie(b.monitor, b.available_at_floor, b.origin);
}

}  // namespace

MergedVersions MergeVersions(std::span<const Version> incoming, std::span<const Version> existing,
                             const std::function<std::int32_t(std::int32_t)>& raised_origin) {
  MergedVersions merged;
  merged.versions.reserve(incoming.size() + existing.size());
  std::size_t next = 0;  // the first of `existing` that is not in `merged`
  std::size_t end = 0;
  for (std::size_t begin = 0; begin < incoming.size(); begin = end) {
    end = begin + 1;
    while (end < incoming.size() && incoming[begin].Identity() == incoming[end].Identity()) ++end;
    merged.counts.observations_unchanged += end - begin - 1;
    const Version version = Collapse(incoming, begin, end);

    while (next < existing.size() && existing[next].Identity() < version.Identity()) {
      merged.versions.push_back(existing[next++]);
    }
    if (next < existing.size() && existing[next].Identity() == version.Identity()) {
      ++merged.counts.observations_unchanged;
      merged.versions.push_back(ComeAgain(existing[next], version, raised_origin));
      merged.changed = merged.changed || Differ(existing[next], merged.versions.back());
      ++next;
      continue;
    }
    const bool known =
        (!merged.versions.empty() && merged.versions.back().start == version.start) ||
        (next < existing.size() && existing[next].start == version.start);
    ++(known ? merged.counts.observations_replaced : merged.counts.observations_new);
    merged.versions.push_back(version);
    merged.changed = true;
  }
  merged.versions.insert(merged.versions.end(),
                         existing.begin() + static_cast<std::ptrdiff_t>(next), existing.end());
  return merged;
}

}  // namespace geoclimate::store
