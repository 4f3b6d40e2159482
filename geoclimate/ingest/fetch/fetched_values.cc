#include "geoclimate/ingest/fetch/fetched_values.h"

#include <iterator>
#include <unordered_set>
#include <utility>

namespace geoclimate::ingest {

void FetchedValues::Append(FetchedValues other) {
  std::unordered_set<airquality::SiteId> known;
  for (const airquality::Site& site : sites) known.insert(site.id);
  for (airquality::Site& site : other.sites) {
    if (known.insert(site.id).second) sites.push_back(std::move(site));
  }
  observations.insert(observations.end(), other.observations.begin(), other.observations.end());
  rows += other.rows;
  without_value += other.without_value;
  for (const auto& [reason, count] : other.rejected) rejected[reason] += count;
  if (!other.note.empty()) note = std::move(other.note);
}

}  // namespace geoclimate::ingest
