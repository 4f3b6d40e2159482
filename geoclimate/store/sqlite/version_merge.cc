#include "geoclimate/store/sqlite/version_merge.h"

#include <algorithm>
#include <cstddef>
#include <tuple>

namespace geoclimate::store::sqlite {
namespace {

using Identity = std::tuple<std::int64_t, std::int64_t, std::int64_t, std::int64_t>;

Identity IdentityOf(const GatheredVersion& v) {
  return {v.start, v.source, v.value, v.completeness};
}
Identity IdentityOf(const VersionRow& v) {
  return {v.start, v.source, v.value, v.completeness};
}

// The versions from `begin` on that are the same as its, as one.
GatheredVersion Collapse(std::span<const GatheredVersion> incoming, std::size_t begin,
                         std::size_t end) {
  GatheredVersion one = incoming[begin];
  for (std::size_t i = begin + 1; i < end; ++i) {
    one.monitor = std::max(one.monitor, incoming[i].monitor);
    one.available_at_floor = std::min(one.available_at_floor, incoming[i].available_at_floor);
  }
  return one;
}

}  // namespace

SeriesChanges MergeVersions(std::span<const GatheredVersion> incoming,
                            std::span<const VersionRow> existing,
                            const std::function<std::int64_t(std::int64_t)>& raised_origin) {
  SeriesChanges changes;
  changes.added.reserve(existing.empty() ? incoming.size() : 0);
  std::size_t next = 0;  // the first of `existing` that is not before the incoming one
  std::size_t end = 0;
  for (std::size_t begin = 0; begin < incoming.size(); begin = end) {
    end = begin + 1;
    while (end < incoming.size() && incoming[begin].Identity() == incoming[end].Identity()) ++end;
    const GatheredVersion version = Collapse(incoming, begin, end);
    changes.counts.observations_unchanged += end - begin - 1;

    while (next < existing.size() && IdentityOf(existing[next]) < IdentityOf(version)) ++next;
    if (next < existing.size() && IdentityOf(existing[next]) == IdentityOf(version)) {
      ++changes.counts.observations_unchanged;
      const VersionRow& old = existing[next];
      VersionRow now = old;
      now.monitor = std::max<std::int64_t>(old.monitor, version.monitor);
      now.available_at_floor = std::min(old.available_at_floor, version.available_at_floor);
      now.origin = raised_origin(old.origin);
      if (std::tie(now.monitor, now.available_at_floor, now.origin) !=
          std::tie(old.monitor, old.available_at_floor, old.origin)) {
        changes.changed.push_back(now);
      }
      continue;
    }
    const bool known = (begin > 0 && incoming[begin - 1].start == version.start) ||
                       (next < existing.size() && existing[next].start == version.start) ||
                       (next > 0 && existing[next - 1].start == version.start);
    ++(known ? changes.counts.observations_replaced : changes.counts.observations_new);
    changes.added.push_back(version);
  }
  return changes;
}

}  // namespace geoclimate::store::sqlite
