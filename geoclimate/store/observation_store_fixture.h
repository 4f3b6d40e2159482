#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "geoclimate/airquality/observation.h"
#include "geoclimate/base/clock.h"
#include "geoclimate/store/observation_store.h"
#include "geoclimate/store/store_dump.h"

namespace geoclimate::store {

// A place where one database can be opened, closed and opened again; removes it when it goes.
class StorePlace {
 public:
  virtual ~StorePlace() = default;
  virtual base::Result<std::unique_ptr<ObservationStore>> Open(const base::Clock& clock) = 0;
};

using StorePlaceFactory = std::function<std::unique_ptr<StorePlace>()>;

// A store and what the tests of observation_store_conformance.h write into it.
class ObservationStoreConformance : public ::testing::TestWithParam<StorePlaceFactory> {
 protected:
  using Observation = airquality::Observation;
  using Site = airquality::Site;
  using SiteId = airquality::SiteId;
  using Lines = std::vector<std::string>;

  static constexpr airquality::ParameterCode kPm25 = 88101;
  static constexpr airquality::ParameterCode kOzone = 44201;

  ObservationStoreConformance() : place_(GetParam()()) { Reopen(); }

  void Reopen() {
    store_.reset();
    auto opened = place_->Open(clock_);
    GC_CHECK(opened.ok(), opened.error().ToString().c_str());
    store_ = *std::move(opened);
  }

  static SiteId SiteAt(std::uint32_t number) { return SiteId::FromParts(6, 37, number); }

  static Site MakeSite(std::uint32_t number, std::chrono::minutes offset = std::chrono::hours(-8)) {
    Site site;
    site.id = SiteAt(number);
    site.name = "Site " + std::to_string(number);
    site.coordinates = airquality::Coordinates{34.0, -118.0};
    site.utc_offset = offset;
    return site;
  }

  // A PM2.5 mean of one day at the site's -8 hours.
  static Observation MakeDaily(std::uint32_t site, int day, double value) {
    Observation observation;
    observation.key.site = SiteAt(site);
    observation.key.parameter = kPm25;
    observation.key.poc = 1;
    observation.key.start = base::DayStart(base::DayFromNumber(day), std::chrono::hours(-8));
    observation.value = airquality::Concentration::FromDouble(value);
    observation.completeness = 100;
    return observation;
  }

  // One transaction.
  base::Result<WriteCounts> Write(std::string_view origin, std::span<const Site> sites,
                                  std::span<const Observation> observations,
                                  std::optional<base::Timestamp> floor = std::nullopt) {
    return WriteTo(*store_, origin, sites, observations, floor);
  }
  static base::Result<WriteCounts> WriteTo(ObservationStore& store, std::string_view origin,
                                           std::span<const Site> sites,
                                           std::span<const Observation> observations,
                                           std::optional<base::Timestamp> floor = std::nullopt) {
    GC_ASSIGN_OR_RETURN(const std::unique_ptr<ObservationWriter> writer, store.BeginWrite(origin));
    GC_RETURN_IF_ERROR(writer->PutSites(sites));
    GC_RETURN_IF_ERROR(writer->Append(observations, floor));
    return writer->Commit();
  }

  // Sites 1 to 5 and nothing else.
  void PutFiveSites() {
    std::vector<Site> sites;
    for (std::uint32_t number = 1; number <= 5; ++number) sites.push_back(MakeSite(number));
    ASSERT_TRUE(Write("sites", sites, {}).ok());
  }

  WriteCounts MustWrite(std::string_view origin, std::vector<Observation> observations,
                        std::optional<base::Timestamp> floor = std::nullopt) {
    const auto counts = Write(origin, {}, observations, floor);
    EXPECT_TRUE(counts.ok()) << counts.error().ToString();
    return counts.ok() ? *counts : WriteCounts{};
  }

  Lines Visit(const ObservationQuery& query, ReceivedAt received_at = ReceivedAt::kShown) {
    Lines lines;
    const auto visited = store_->Visit(query, [&](const StoredObservation& stored) {
      lines.push_back(DumpLine(stored, received_at));
    });
    EXPECT_TRUE(visited.ok()) << visited.error().ToString();
    return lines;
  }
  Lines VisitAll() {
    ObservationQuery everything;
    everything.duration.reset();
    return Visit(everything);
  }
  // The versions themselves; their origins do not live.
  std::vector<StoredObservation> Stored() {
    std::vector<StoredObservation> all;
    ObservationQuery everything;
    everything.duration.reset();
    const auto visited = store_->Visit(everything, [&](const StoredObservation& stored) {
      all.push_back(stored);
      all.back().origin = {};
    });
    EXPECT_TRUE(visited.ok()) << visited.error().ToString();
    return all;
  }

  std::uint64_t Generation() {
    const auto generation = store_->Generation();
    EXPECT_TRUE(generation.ok()) << generation.error().ToString();
    return generation.ok() ? *generation : 0;
  }

  static Lines Sorted(Lines lines) {
    std::sort(lines.begin(), lines.end());
    return lines;
  }

  base::FakeClock clock_{base::Timestamp(std::chrono::hours(24 * 365 * 50))};
  const std::unique_ptr<StorePlace> place_;
  std::unique_ptr<ObservationStore> store_;
};

}  // namespace geoclimate::store
