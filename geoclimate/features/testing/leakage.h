#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <functional>
#include <random>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "geoclimate/features/feature_builder.h"

namespace geoclimate::features::testing {

// What a test does to the values after a day.
enum class FutureChange { kDelete, kReplace, kShift };
inline constexpr FutureChange kFutureChanges[] = {FutureChange::kDelete, FutureChange::kReplace,
                                                  FutureChange::kShift};

// `history` with every value after `day` deleted, replaced by random ones (also on days and at
// sites that had none), or moved three days later. Up to `day` it is the same.
inline SiteHistory ChangeFuture(const SiteHistory& history, base::LocalDay day,
                                FutureChange change) {
  SiteHistory::Builder builder;
  for (const airquality::Site& site : history.sites()) builder.AddSite(site);
  std::mt19937_64 random(static_cast<std::uint64_t>(base::DayNumber(day)));
  for (const airquality::Pollutant pollutant : airquality::kPollutants) {
    for (std::size_t site = 0; site < history.sites().size(); ++site) {
      const airquality::SiteId id = history.sites()[site].id;
      const SiteHistory::Series series = history.Get(pollutant, site);
      for (std::size_t i = 0; i < series.values.size(); ++i) {
        const base::LocalDay at = series.first_day + std::chrono::days(i);
        const float value = series.values[i];
        if (std::isnan(value)) continue;
        if (at <= day) {
          builder.Set(pollutant, id, at, value);
        } else if (change == FutureChange::kShift) {
          builder.Set(pollutant, id, at + std::chrono::days(3), value);
        }
      }
      if (change != FutureChange::kReplace) continue;
      for (int ahead = 1; ahead <= 400; ++ahead) {
        if (random() % 2 == 0) continue;
        builder.Set(pollutant, id, day + std::chrono::days(ahead),
                    static_cast<float>(random() % 1000) - 100);
      }
    }
  }
  return std::move(builder).Finish();
}

// The rows of `keys` from a history, keys.size() x schema.size(), row-major.
using RowMaker =
    std::function<std::vector<float>(const SiteHistory& history, std::span<const RowKey> keys)>;

// The columns of `schema` that change, by a single bit, with the future of the rows: each key's row
// from `history` as it is, against its row with every later value deleted, replaced and shifted.
// Empty when nothing leaks. Keys of one day are cheap.
inline std::set<std::string> ColumnsThatSeeTheFuture(const SiteHistory& history,
                                                     std::span<const RowKey> keys,
                                                     const FeatureSchema& schema,
                                                     const RowMaker& make) {
  std::set<std::string> seen;
  const std::vector<float> expected = make(history, keys);
  for (std::size_t begin = 0, end = 0; begin < keys.size(); begin = end) {
    while (end < keys.size() && keys[end].issue_day == keys[begin].issue_day) ++end;
    const std::span<const RowKey> of_day = keys.subspan(begin, end - begin);
    for (const FutureChange change : kFutureChanges) {
      const SiteHistory changed = ChangeFuture(history, keys[begin].issue_day, change);
      const std::vector<float> actual = make(changed, of_day);
      for (std::size_t i = 0; i < actual.size(); ++i) {
        const float before = expected[begin * schema.size() + i];
        if (std::bit_cast<std::uint32_t>(before) != std::bit_cast<std::uint32_t>(actual[i])) {
          seen.insert(schema.features()[i % schema.size()].name);
        }
      }
    }
  }
  return seen;
}

// The rows as FeatureBuilder makes them.
inline RowMaker BuilderRows(airquality::Pollutant pollutant) {
  return [pollutant](const SiteHistory& history, std::span<const RowKey> keys) {
    return FeatureBuilder(history).Build(pollutant, keys, 1).values;
  };
}

// Every site on each of `days`.
inline std::vector<RowKey> AllSitesOn(const SiteHistory& history,
                                      std::span<const base::LocalDay> days) {
  std::vector<RowKey> keys;
  for (const base::LocalDay day : days) {
    for (std::size_t site = 0; site < history.sites().size(); ++site) keys.push_back({site, day});
  }
  return keys;
}

}  // namespace geoclimate::features::testing
