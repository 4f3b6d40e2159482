#pragma once

#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "geoclimate/base/check.h"
#include "geoclimate/base/clock.h"
#include "geoclimate/base/day.h"
#include "geoclimate/blob/local/local_blob_store.h"
#include "geoclimate/forecast/model_name.h"
#include "geoclimate/forecast/table_store.h"
#include "geoclimate/model/testing/example_card.h"
#include "geoclimate/registry/registry.h"
#include "geoclimate/service/testing/example_models.h"
#include "geoclimate/store/sqlite/sqlite_store.h"
#include "geoclimate/telemetry/metrics.h"

namespace geoclimate::service {

// A data directory of its own with a database, a registry and forecast tables, and a clock that
// stands still: what this module's tests run on. Gone with it.
class TestPlatform {
 public:
  TestPlatform() {
    std::string name = (std::filesystem::temp_directory_path() / "geoclimate-XXXXXX").string();
    GC_CHECK(mkdtemp(name.data()) != nullptr, "a temporary folder can be made");
    folder = name;
    auto opened = store::OpenSqliteStores(folder / "geoclimate.db", {}, clock);
    GC_CHECK(opened.ok(), "a database can be made in it");
    stores = *std::move(opened);
    auto blob_store = blob::LocalBlobStore::Open(folder);
    GC_CHECK(blob_store.ok(), "a blob store can be made in it");
    blobs = *std::move(blob_store);
    registry = std::make_unique<registry::Registry>(*blobs, clock);
    tables = std::make_unique<forecast::TableStore>(*blobs, clock);
  }
  ~TestPlatform() {
    stores = {};
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
  }
  TestPlatform(const TestPlatform&) = delete;
  TestPlatform& operator=(const TestPlatform&) = delete;

  // A daily value of the site's only PM2.5 monitor; the site is put too.
  void AddPm25(const airquality::Site& site, base::LocalDay day, double value,
               std::uint16_t poc = 1, airquality::Source source = airquality::Source::kFinal,
               std::string_view origin = "file.csv") {
    airquality::Observation observation;
    observation.key = {.site = site.id,
                       .parameter = 88101,
                       .poc = poc,
                       .start = base::DayStart(day, site.utc_offset)};
    observation.value = airquality::Concentration::FromDouble(value);
    observation.source = source;
    auto writer = stores.observations->BeginWrite(origin);
    GC_CHECK(writer.ok(), "the database can be written");
    GC_CHECK((*writer)->PutSites({&site, 1}).ok(), "sites can be put");
    GC_CHECK((*writer)->Append({&observation, 1}, {}).ok(), "observations can be put");
    GC_CHECK((*writer)->Commit().ok(), "the transaction can be committed");
  }

  // Publishes a forecaster under its name, "pm25_d1", with a card if one is given, and gives its
  // id.
  std::string PublishForecaster(airquality::Pollutant pollutant, int horizon,
                                double mse_skill = 0.1,
                                std::optional<model::ModelCard> card = std::nullopt) {
    return Publish(ExampleForecaster(pollutant, horizon), airquality::Basis::kSite, mse_skill,
                   std::move(card));
  }
  // "pm25_d1_neighbours"
  std::string PublishPlaceForecaster(airquality::Pollutant pollutant, int horizon) {
    return Publish(ExamplePlaceForecaster(pollutant, horizon), airquality::Basis::kNeighbours, 0.1,
                   std::nullopt);
  }
  std::string Publish(const model::Forecaster& forecaster, airquality::Basis basis,
                      double mse_skill, std::optional<model::ModelCard> card) {
    registry::NewModel model;
    model.model_name = forecast::ModelName(forecaster.pollutant, forecaster.horizon_days, basis);
    model.model_type = "forecaster";
    model.task_type = "forecasting";
    model.metrics = {{std::string(model::kMseSkillMetric), mse_skill}};
    model.baseline = "mean30";
    model.features = forecaster.schema.features();
    model.schema_fingerprint = forecaster.schema.fingerprint();
    model.card = std::move(card);
    const auto published =
        registry->Publish(model, model::EncodeForecaster(forecaster), {"test", ""});
    GC_CHECK(published.ok(), "the example can be published");
    return published->model_id;
  }
  std::string PromoteForecaster(airquality::Pollutant pollutant, int horizon) {
    std::string id = PublishForecaster(pollutant, horizon);
    const auto promoted =
        registry->Promote(id, {.stage = model::Stage::kProduction, .expected = {}}, {"test", ""});
    GC_CHECK(promoted.ok(), "the example passes the gate");
    return id;
  }

  std::filesystem::path folder;
  base::FakeClock clock{base::DayStart(base::MakeDay(2021, 1, 1), std::chrono::hours(-12))};
  telemetry::MetricRegistry metrics;
  store::Stores stores;
  std::unique_ptr<blob::BlobStore> blobs;
  std::unique_ptr<registry::Registry> registry;
  std::unique_ptr<forecast::TableStore> tables;
};

inline airquality::Site ExampleSite(std::uint32_t number, double latitude = 40,
                                    double longitude = -74) {
  airquality::Site site;
  site.id = airquality::SiteId::FromParts(36, 1, number);
  site.name = "Site " + std::to_string(number);
  site.county = "Albany";
  site.state = "New York";
  site.coordinates = airquality::Coordinates{latitude, longitude};
  site.utc_offset = std::chrono::hours(-5);
  return site;
}

}  // namespace geoclimate::service
