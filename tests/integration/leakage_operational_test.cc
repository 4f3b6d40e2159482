// What an operation would have known: values that were not yet available are no features, though
// they are the truth.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "geoclimate/airquality/daily_value.h"
#include "geoclimate/features/feature_builder.h"
#include "geoclimate/features/testing/leakage.h"
#include "geoclimate/forecast/history_loader.h"
#include "geoclimate/forecast/issue_rows.h"
#include "geoclimate/forecast/recency.h"
#include "geoclimate/forecast/vintage_history.h"
#include "tests/integration/bundled_sample.h"

namespace geoclimate::integration {
namespace {

using airquality::Pollutant;
using features::FeatureBuilder;
using features::SiteHistory;

const base::LocalDay kToday = base::MakeDay(2020, 9, 9);

// One sample and its vintages for all tests.
BundledSample& Sample() {
  static BundledSample sample;
  return sample;
}
const forecast::VintageHistory& Vintages() {
  static const forecast::VintageHistory vintages =
      *forecast::LoadVintageHistory(Sample().store(), {.as_of = base::MakeDay(2100, 1, 1)});
  return vintages;
}

// The sample's daily versions of one site, pollutant and day.
struct Version {
  airquality::DailyCandidate candidate;  // without its origin
  std::string origin;
  airquality::MonitorKind monitor;
  base::Timestamp available_at;
};
using Key = std::tuple<airquality::SiteId, Pollutant, base::LocalDay>;

// By what the store says of each version, without anything of vintage_history.
const std::map<Key, std::vector<Version>>& Versions() {
  static const std::map<Key, std::vector<Version>> versions = [] {
    std::map<airquality::SiteId, std::chrono::minutes> offsets;
    const auto sites = Sample().store().Sites();
    for (const airquality::Site& site : *sites) offsets[site.id] = site.utc_offset;
    std::map<Key, std::vector<Version>> gathered;
    const auto visited = Sample().store().Visit({}, [&](const store::StoredObservation& stored) {
      const airquality::ObservationKey& key = stored.observation.key;
      Version version;
      version.candidate = {.parameter = key.parameter,
                           .poc = key.poc,
                           .statistic = key.statistic,
                           .event = key.event,
                           .source = stored.observation.source,
                           .completeness = stored.observation.completeness,
                           .value = stored.observation.value,
                           .origin = {}};
      version.origin = stored.origin;
      version.monitor = stored.observation.monitor;
      version.available_at = stored.available_at;
      gathered[{key.site, *airquality::PollutantOf(key.parameter),
                base::DayOf(key.start, offsets.at(key.site))}]
          .push_back(version);
    });
    EXPECT_TRUE(visited.ok());
    return gathered;
  }();
  return versions;
}

// 15:00 of the site's day, in UTC.
base::Timestamp IssueTime(const airquality::Site& site, base::LocalDay day) {
  return base::DayStart(day, site.utc_offset) + forecast::kIssueTime;
}

TEST(OperationalLeakage, NothingThatBecameAvailableAfterTheIssueTimeIsKnown) {
  const SiteHistory known = Vintages().KnownAt(kToday);
  std::size_t unseen = 0;
  std::size_t seen = 0;
  for (const auto& [key, versions] : Versions()) {
    const auto& [site_id, pollutant, day] = key;
    if (day > kToday) continue;
    const std::size_t site = *known.FindSite(site_id);
    std::vector<airquality::DailyCandidate> by_then;
    for (const Version& version : versions) {
      if (version.available_at <= IssueTime(known.sites()[site], kToday)) {
        by_then.push_back(version.candidate);
        by_then.back().origin = version.origin;
      }
    }
    const auto expected = airquality::DailyValue(pollutant, by_then);
    const float value = known.Get(pollutant, site).At(day);
    ASSERT_EQ(std::isnan(value), !expected.has_value())
        << site_id.ToString() << " " << base::FormatDay(day);
    if (expected) {
      EXPECT_EQ(value, static_cast<float>(*expected));
    }
    ++(expected ? seen : unseen);
  }
  EXPECT_GT(unseen, 100U);
  EXPECT_GT(seen, 10'000U);
}

// The day itself is still being measured when it is forecast.
TEST(OperationalLeakage, NoIssueKnowsItsOwnDay) {
  const SiteHistory known = Vintages().KnownAt(kToday);
  for (const Pollutant pollutant : airquality::kPollutants) {
    const auto last = known.LastDay(pollutant);
    ASSERT_TRUE(last.has_value());
    EXPECT_LT(*last, kToday) << airquality::Name(pollutant);
    EXPECT_GT(*Vintages().truth().LastDay(pollutant), kToday);
  }
}

TEST(OperationalLeakage, AFiltersValueIsTheTruthButNotYesterdaysFeature) {
  const base::LocalDay yesterday = kToday - std::chrono::days(1);
  const SiteHistory& truth = Vintages().truth();
  const SiteHistory known = Vintages().KnownAt(kToday);
  const forecast::IssueKeys keys =
      forecast::FindIssueKeys(known, Pollutant::kPm25, {kToday, kToday}, forecast::kRecent);
  const SiteHistory a_month_later = Vintages().KnownAt(kToday + std::chrono::days(31));
  std::size_t filters = 0;
  for (const auto& [key, versions] : Versions()) {
    const auto& [site_id, pollutant, day] = key;
    if (pollutant != Pollutant::kPm25 || day != yesterday) continue;
    const bool filter = std::ranges::all_of(versions, [](const Version& version) {
      return version.monitor == airquality::MonitorKind::kFilter;
    });
    const std::size_t site = *truth.FindSite(site_id);
    if (!filter || std::isnan(truth.Get(pollutant, site).At(yesterday))) continue;
    ++filters;
    EXPECT_TRUE(std::isnan(known.Get(pollutant, site).At(yesterday))) << site_id.ToString();
    EXPECT_EQ(a_month_later.Get(pollutant, site).At(yesterday),
              truth.Get(pollutant, site).At(yesterday));
    const auto at = std::ranges::find(keys.keys, features::RowKey{site, kToday});
    if (at == keys.keys.end()) continue;  // without a recent value of a continuous monitor
    EXPECT_LT(keys.last_observed[static_cast<std::size_t>(at - keys.keys.begin())], yesterday);
  }
  EXPECT_GE(filters, 3U);
}

// The rows of an operational issue are those of a store that holds what was available by then.
TEST(OperationalLeakage, RowsDoNotChangeWithWhatBecomesAvailableLater) {
  forecast::VintageHistory::Builder builder;
  for (const airquality::Site& site : Vintages().truth().sites()) builder.AddSite(site);
  Vintages().Visit([&](Pollutant pollutant, airquality::SiteId site, base::LocalDay day,
                       base::LocalDay known_from, float value) {
    builder.Add(pollutant, site, day, known_from, known_from <= kToday ? value : 5 * value + 7);
  });
  const forecast::VintageHistory changed = std::move(builder).Finish();
  const SiteHistory before = Vintages().KnownAt(kToday);
  const SiteHistory after = changed.KnownAt(kToday);
  const std::vector<base::LocalDay> days = {kToday};
  const auto keys = features::testing::AllSitesOn(before, days);
  for (const Pollutant pollutant : airquality::kPollutants) {
    const features::FeatureMatrix expected = FeatureBuilder(before).Build(pollutant, keys, 1);
    const features::FeatureMatrix actual = FeatureBuilder(after).Build(pollutant, keys, 1);
    EXPECT_EQ(std::memcmp(expected.values.data(), actual.values.data(),
                          expected.values.size() * sizeof(float)),
              0);
  }
}

}  // namespace
}  // namespace geoclimate::integration
