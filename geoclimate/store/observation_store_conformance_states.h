#pragma once

// Part of observation_store_conformance.h: the state does not depend on the order of ingest.

#include <random>

#include "geoclimate/store/observation_store_conformance_reads.h"
#include "geoclimate/store/observation_store_fixture.h"

namespace geoclimate::store {

// A file as an ingest would give it: sites with some text missing, and rows.
struct IngestedFile {
  std::string origin;
  std::vector<airquality::Site> sites;
  std::vector<airquality::Observation> rows;
  std::optional<base::Timestamp> floor;
};

inline std::vector<IngestedFile> RandomFiles(std::mt19937& random, int count) {
  static constexpr const char* kNames[] = {"", "Main Street", "N. Main St", "Zoo"};
  std::vector<IngestedFile> files;
  for (int i = 0; i < count; ++i) {
    IngestedFile file;
    // Two files of one name now and then: the same path ingested after it has changed.
    file.origin = "file " + std::to_string(random() % static_cast<std::uint32_t>(count));
    for (std::uint32_t number = 1; number <= 5; ++number) {
      airquality::Site site;
      site.id = airquality::SiteId::FromParts(6, 37, number);
      site.name = kNames[random() % 4];
      site.cbsa = kNames[random() % 4];
      if (random() % 3 != 0) {
        site.coordinates = airquality::Coordinates{34.0 + static_cast<double>(random() % 3), -118};
        site.utc_offset = std::chrono::hours(random() % 4 == 0 ? -7 : -8);
      }
      file.sites.push_back(site);
    }
    file.rows = RandomObservations(random, 80);
    if (random() % 2 == 0) {
      file.floor = base::Timestamp(std::chrono::days(random() % 60));
    }
    files.push_back(std::move(file));
  }
  return files;
}

TEST_P(ObservationStoreConformance, TheStateDoesNotDependOnTheOrderOfIngest) {
  for (std::uint32_t seed = 1; seed <= 3; ++seed) {
    std::mt19937 random(seed);
    std::vector<IngestedFile> files = RandomFiles(random, 6);
    Lines expected;
    for (int permutation = 0; permutation < 4; ++permutation) {
      const std::unique_ptr<StorePlace> place = GetParam()();
      auto store = place->Open(clock_);
      ASSERT_TRUE(store.ok());
      for (IngestedFile& file : files) {
        std::shuffle(file.rows.begin(), file.rows.end(), random);
        auto writer = (*store)->BeginWrite(file.origin);
        ASSERT_TRUE(writer.ok());
        ASSERT_TRUE((*writer)->PutSites(file.sites).ok());
        // In pieces of any size.
        std::span<const Observation> rest(file.rows);
        while (!rest.empty()) {
          const std::size_t n = std::min<std::size_t>(rest.size(), 1 + random() % 50);
          ASSERT_TRUE((*writer)->Append(rest.first(n), file.floor).ok());
          rest = rest.subspan(n);
        }
        const auto counts = (*writer)->Commit();
        ASSERT_TRUE(counts.ok()) << counts.error().ToString();
        clock_.Advance(std::chrono::seconds(1));
      }
      const Lines lines = Sorted(Dump(**store, ReceivedAt::kLeftOut));
      ASSERT_GT(lines.size(), 300u);
      if (permutation == 0) {
        expected = lines;
      } else {
        EXPECT_EQ(lines, expected) << "seed " << seed << ", permutation " << permutation;
      }
      std::shuffle(files.begin(), files.end(), random);
    }
  }
}

TEST_P(ObservationStoreConformance, TheCountsOfATransactionAddUpToItsRows) {
  std::mt19937 random(4);
  PutFiveSites();
  std::uint64_t stored = 0;
  for (int batch = 0; batch < 10; ++batch) {
    const WriteCounts counts =
        MustWrite("file " + std::to_string(random() % 3), RandomObservations(random, 150));
    EXPECT_EQ(
        counts.observations_new + counts.observations_replaced + counts.observations_unchanged,
        150u);
    stored += counts.observations_new + counts.observations_replaced;
  }
  EXPECT_EQ(VisitAll().size(), stored);
}

TEST_P(ObservationStoreConformance, ASiteShowsTheTextOfTheGreatestOriginThatHasIt) {
  Site plain;
  plain.id = SiteAt(1);
  Site named = plain;
  named.name = "Old name";
  named.county = "Los Angeles";
  Site renamed = plain;
  renamed.name = "A new name";
  ASSERT_TRUE(Write("2020.csv", std::span(&renamed, 1), {}).ok());
  ASSERT_TRUE(Write("2019.csv", std::span(&named, 1), {}).ok());
  ASSERT_TRUE(Write("2021.csv", std::span(&plain, 1), {}).ok());
  const auto sites = store_->Sites();
  ASSERT_TRUE(sites.ok());
  ASSERT_EQ(sites->size(), 1u);
  EXPECT_EQ(sites->at(0).name, "A new name");
  EXPECT_EQ(sites->at(0).county, "Los Angeles");
}

TEST_P(ObservationStoreConformance, SitesComeInTheOrderOfTheirIds) {
  const std::vector<Site> sites = {MakeSite(30), MakeSite(4), MakeSite(200)};
  ASSERT_TRUE(Write("a", sites, {}).ok());
  const auto read = store_->Sites();
  ASSERT_TRUE(read.ok());
  ASSERT_EQ(read->size(), 3u);
  EXPECT_TRUE(std::ranges::is_sorted(*read, {}, &Site::id));
}

}  // namespace geoclimate::store
