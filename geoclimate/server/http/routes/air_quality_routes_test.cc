// Section 2 of the wire contract, over the server's own parser and renderer without sockets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <tuple>

#include "geoclimate/formats/compression.h"
#include "geoclimate/formats/json.h"
#include "geoclimate/server/http/local_client.h"
#include "geoclimate/server/http/routes/routes.h"
#include "geoclimate/service/testing/example_table.h"
#include "geoclimate/service/testing/platform.h"

namespace geoclimate::server::http::routes {
namespace {

using formats::Json;
using service::ExampleSite;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const base::LocalDay kDay = base::MakeDay(2020, 12, 31);

Json Parse(const LocalAnswer& answer) {
  auto json = formats::ParseJson(answer.body);
  EXPECT_TRUE(json.ok()) << answer.body;
  return json.ok() ? *std::move(json) : Json();
}

std::vector<std::string> Members(const Json& object) {
  std::vector<std::string> names;
  if (object.AsObject() == nullptr) return names;
  for (const auto& [name, value] : *object.AsObject()) names.push_back(name);
  return names;
}

class AirQualityRoutesTest : public testing::Test {
 protected:
  AirQualityRoutesTest() {
    for (int i = 0; i < 3; ++i) {
      platform_.AddPm25(ExampleSite(0), kDay - std::chrono::days(i), 12 + i);
    }
    platform_.AddPm25(ExampleSite(1, 41), kDay, 40);
    service::PublishExampleTable(platform_, service::ExampleTable(kDay, 3));
    Start(kDay);
  }

  void Start(std::optional<base::LocalDay> as_of) {
    client_.reset();
    store::ObservationStore& store = *platform_.stores.observations;
    constexpr std::chrono::hours kNever{1};
    service::ModelsOptions models;
    models.watch_interval = kNever;
    models_ = *service::Models::Start(platform_.registry.get(), {}, models, platform_.metrics,
                                      platform_.clock);
    sites_ = *service::Sites::Start(store, kNever);
    values_ = std::make_unique<service::SiteValues>(store);
    service::ForecastsOptions options;
    options.as_of = as_of;
    options.watch_interval = kNever;
    forecasts_ = *service::Forecasts::Start(*platform_.tables, store, platform_.clock,
                                            platform_.metrics, options);
    service::SkillOptions skill;
    skill.watch_interval = kNever;
    skill_ = *service::Skill::Start(store, *platform_.stores.issued_forecasts, platform_.clock,
                                    platform_.metrics, skill);
    EXPECT_TRUE(skill_->Refresh().ok());
    observations_ = *service::Observations::Open(store, *sites_, platform_.clock, [] {});
    RouteTable table;
    AddSharedSchemas(table);
    AddSiteRoutes(*sites_, *values_, *forecasts_, table);
    AddCurrentRoute(*sites_, *values_, *forecasts_, table);
    AddForecastRoute(*forecasts_, *models_, {}, table);
    AddHistoryRoute(*sites_, *values_, table);
    AddSkillRoute(*skill_, table);
    AddObservationsRoute(*observations_, nullptr, table);
    AddAqiRoute(table);
    client_ = std::make_unique<LocalClient>(std::move(table), platform_.clock);
  }

  service::TestPlatform platform_;
  std::unique_ptr<service::Models> models_;
  std::unique_ptr<service::Sites> sites_;
  std::unique_ptr<service::SiteValues> values_;
  std::unique_ptr<service::Forecasts> forecasts_;
  std::unique_ptr<service::Skill> skill_;
  std::unique_ptr<service::Observations> observations_;
  std::unique_ptr<LocalClient> client_;
};

TEST_F(AirQualityRoutesTest, AForecastHasEveryFieldOfTheContract) {
  const LocalAnswer answer = client_->Get("/v1/forecast?site=36-001-0000");
  ASSERT_EQ(answer.status, 200) << answer.body;
  const Json body = Parse(answer);
  EXPECT_THAT(Members(body),
              ElementsAre("site_id", "name", "latitude", "longitude", "utc_offset_minutes", "as_of",
                          "issued_at", "table", "days"));
  EXPECT_EQ(*body.StringAt("as_of"), "2020-12-31");
  const auto days = *body.ArrayAt("days");
  ASSERT_EQ(days.size(), 3U);
  const Json& day = days[0];
  EXPECT_THAT(Members(day),
              ElementsAre("date", "horizon", "aqi", "aqi_p10", "aqi_p90", "category", "color",
                          "dominant_pollutant", "probability_aqi_over_100", "health_advice",
                          "source", "method", "basis", "model_id", "aqi_table", "issued_at",
                          "valid_from", "valid_to", "data_cutoff", "observed_at", "pollutants"));
  EXPECT_EQ(*day.StringAt("date"), "2021-01-01");
  EXPECT_EQ(*day.StringAt("dominant_pollutant"), "PM2.5");
  EXPECT_EQ(*day.StringAt("category"), "Moderate");
  EXPECT_EQ(*day.StringAt("valid_from"), "2021-01-01T05:00:00Z");
  EXPECT_EQ(*day.StringAt("valid_to"), "2021-01-02T05:00:00Z");
  EXPECT_EQ(*day.StringAt("data_cutoff"), "2021-01-01T05:00:00Z");
  const Json& ozone = (*day.ArrayAt("pollutants"))[1];
  EXPECT_THAT(Members(ozone),
              ElementsAre("pollutant", "unit", "concentration", "aqi", "aqi_p10", "aqi_p90",
                          "category", "color", "probability_aqi_over_100", "source", "method",
                          "basis", "model_id", "aqi_table", "issued_at", "valid_from", "valid_to",
                          "data_cutoff", "observed_at"));
  EXPECT_EQ(*ozone.StringAt("method"), "persistence_fallback");
  EXPECT_EQ(*ozone.StringAt("aqi_table"), "epa-2015");
  EXPECT_EQ(*ozone.StringAt("observed_at"), "2020-12-31T05:00:00Z");
  EXPECT_THAT(Members(*ozone.Find("concentration")), ElementsAre("mean", "p10", "p50", "p90"));
}

TEST_F(AirQualityRoutesTest, AForecastIsCutToPollutantsAndHorizons) {
  const Json body =
      Parse(client_->Get("/v1/forecast?site=36-001-0000&pollutant=ozone&horizon=3,1"));
  const auto days = *body.ArrayAt("days");
  ASSERT_EQ(days.size(), 2U);
  EXPECT_EQ(*days[0].IntegerAt("horizon"), 1);
  EXPECT_EQ(*days[1].IntegerAt("horizon"), 3);
  for (const Json& day : days) {
    ASSERT_EQ((*day.ArrayAt("pollutants")).size(), 1U);
    EXPECT_EQ(*(*day.ArrayAt("pollutants"))[0].StringAt("pollutant"), "O3");
    EXPECT_EQ(*day.StringAt("dominant_pollutant"), "PM2.5");
  }
  const Json none = Parse(client_->Get("/v1/forecast?site=36-001-0000&pollutant=co"));
  EXPECT_EQ((*(*none.ArrayAt("days"))[0].ArrayAt("pollutants")).size(), 0U);
}

TEST_F(AirQualityRoutesTest, EveryCutOfAForecastIsWellFormed) {
  for (const char* pollutants : {"", "&pollutant=pm25", "&pollutant=pm25,o3", "&pollutant=so2"}) {
    for (const char* horizons : {"", "&horizon=1", "&horizon=2,3", "&horizon=1,2,3"}) {
      const std::string cut = std::string(pollutants) + horizons;
      EXPECT_TRUE(formats::ParseJson(client_->Get("/v1/forecast?site=36-001-0001" + cut).body).ok())
          << cut;
      EXPECT_TRUE(
          formats::ParseJson(client_->Get("/v1/forecast?latitude=41&longitude=-74" + cut).body)
              .ok())
          << cut;
    }
  }
}

// Two sites report PM2.5 and forecasters of places are known: 40 N says 12, 41 N says 40.
forecast::TableContent TableWithPlaces(const std::string& model_id) {
  forecast::TableContent content = service::ExampleTable(kDay, 3);
  content.model_ids.push_back(model_id);
  for (const auto& [number, latitude, value] :
       {std::tuple{0U, 40.0, 12.0F}, std::tuple{1U, 41.0, 40.0F}}) {
    forecast::ReportingSite site{.id = ExampleSite(number).id,
                                 .coordinates = {latitude, -74},
                                 .utc_offset = std::chrono::hours(-5),
                                 .values = {}};
    site.values.fill(features::Silent());
    site.values[0] = {value, value, value, 0, value, value, value};
    content.places.sites.push_back(site);
  }
  content.places.models[0][0].fallback = 2;
  return content;
}

TEST_F(AirQualityRoutesTest, APlaceBetweenSitesIsForecastFromThem) {
  const std::string id = platform_.PublishPlaceForecaster(airquality::Pollutant::kPm25, 1);
  service::PublishExampleTable(platform_, TableWithPlaces(id));
  Start(kDay);
  const LocalAnswer answer = client_->Get("/v1/forecast?latitude=40.5&longitude=-74");
  ASSERT_EQ(answer.status, 200) << answer.body;
  const Json body = Parse(answer);
  EXPECT_THAT(Members(body), ElementsAre("distance_km", "nearest_site_id", "site_id", "name",
                                         "latitude", "longitude", "utc_offset_minutes", "as_of",
                                         "issued_at", "table", "days"));
  EXPECT_TRUE(body.Find("site_id")->is_null());
  EXPECT_EQ(*body.StringAt("nearest_site_id"), "36-001-0000");
  EXPECT_NEAR(*body.NumberAt("distance_km"), 55.6, 0.1);
  EXPECT_EQ(*body.NumberAt("latitude"), 40.5);
  const auto days = *body.ArrayAt("days");
  ASSERT_EQ(days.size(), 1U);
  EXPECT_EQ(*days[0].StringAt("basis"), "neighbours");
  EXPECT_EQ(*days[0].StringAt("valid_from"), "2021-01-01T05:00:00Z");
  const Json& pm25 = (*days[0].ArrayAt("pollutants"))[0];
  EXPECT_EQ(*pm25.StringAt("method"), "persistence_fallback");
  EXPECT_EQ(*pm25.StringAt("model_id"), id);
  EXPECT_NEAR(*pm25.Find("concentration")->NumberAt("mean"), 26, 0.01);

  const Json none =
      Parse(client_->Get("/v1/forecast?latitude=40.5&longitude=-74&horizon=2&pollutant=o3"));
  EXPECT_EQ((*none.ArrayAt("days")).size(), 0U);
}

TEST_F(AirQualityRoutesTest, CoordinatesOfASiteGetItsOwnForecast) {
  const std::string id = platform_.PublishPlaceForecaster(airquality::Pollutant::kPm25, 1);
  service::PublishExampleTable(platform_, TableWithPlaces(id));
  Start(kDay);
  const std::string page = client_->Get("/v1/forecast?site=36-001-0000").body;
  EXPECT_EQ(client_->Get("/v1/forecast?latitude=40&longitude=-74").body,
            "{\"distance_km\":0.000," + page.substr(1));
}

TEST_F(AirQualityRoutesTest, APlaceFarFromEveryReportingSiteIsToldHowFar) {
  const std::string id = platform_.PublishPlaceForecaster(airquality::Pollutant::kPm25, 1);
  service::PublishExampleTable(platform_, TableWithPlaces(id));
  Start(kDay);
  const LocalAnswer far = client_->Get("/v1/forecast?latitude=38&longitude=-74");
  EXPECT_EQ(far.status, 404);
  EXPECT_THAT(far.body, HasSubstr("'36-001-0000', is 222 km away"));
  EXPECT_EQ(client_->Get("/v1/forecast?latitude=0&longitude=0").status, 404);
}

TEST_F(AirQualityRoutesTest, APlaceWhoseModelIsNotThereIsToldToComeBack) {
  service::PublishExampleTable(platform_, TableWithPlaces("pm25_d1_neighbours_v9_20210101_000000"));
  Start(kDay);
  const LocalAnswer answer = client_->Get("/v1/forecast?latitude=40.5&longitude=-74");
  EXPECT_EQ(answer.status, 503);
  EXPECT_THAT(answer.body, HasSubstr("pm25_d1_neighbours_v9"));
}

TEST_F(AirQualityRoutesTest, WithoutForecastersOfPlacesAPlaceGetsItsNearestSiteWithinReach) {
  const Json body = Parse(client_->Get("/v1/forecast?latitude=40.1&longitude=-74"));
  EXPECT_EQ(*body.StringAt("site_id"), "36-001-0000");
  EXPECT_NEAR(*body.NumberAt("distance_km"), 11.12, 0.01);
  const LocalAnswer far = client_->Get("/v1/forecast?latitude=0&longitude=0");
  EXPECT_EQ(far.status, 404);
  EXPECT_THAT(far.body, HasSubstr("36-001-0000"));
}

TEST_F(AirQualityRoutesTest, AForecastCanBeCached) {
  const LocalAnswer first = client_->Get("/v1/forecast?site=36-001-0000");
  const std::string etag(first.header("ETag"));
  EXPECT_THAT(etag, StartsWith("\""));
  EXPECT_EQ(first.header("Cache-Control"), "public, max-age=300, stale-if-error=86400");
  EXPECT_EQ(first.header("Age"), "0");
  const LocalAnswer second =
      client_->Get("/v1/forecast?site=36-001-0000", {{"If-None-Match", etag}});
  EXPECT_EQ(second.status, 304);
  EXPECT_EQ(second.body, "");
  EXPECT_EQ(second.header("ETag"), etag);

  service::PublishExampleTable(platform_, service::ExampleTable(kDay, 2));
  platform_.clock.Advance(std::chrono::seconds(30));
  EXPECT_EQ(client_->Get("/v1/forecast?site=36-001-0000").header("Age"), "30");
  forecasts_->Refresh();
  const LocalAnswer third =
      client_->Get("/v1/forecast?site=36-001-0000", {{"If-None-Match", etag}});
  EXPECT_EQ(third.status, 200);
  EXPECT_NE(third.header("ETag"), etag);
}

TEST_F(AirQualityRoutesTest, AWholePageComesCompressedToThoseWhoTakeIt) {
  const std::string plain = client_->Get("/v1/forecast?site=36-001-0000").body;
  for (int i = 0; i < 2; ++i) {
    const LocalAnswer answer =
        client_->Get("/v1/forecast?site=36-001-0000", {{"Accept-Encoding", "gzip"}});
    EXPECT_EQ(answer.header("Content-Encoding"), "gzip");
    const auto inflated = formats::InflateGzip(answer.body, "body", {});
    ASSERT_TRUE(inflated.ok());
    EXPECT_EQ(*inflated, plain);
  }
  const LocalAnswer cut =
      client_->Get("/v1/forecast?site=36-001-0000&horizon=1", {{"Accept-Encoding", "gzip"}});
  EXPECT_EQ(cut.header("Content-Encoding"), "gzip");
  EXPECT_NE(*formats::InflateGzip(cut.body, "body", {}), plain);
}

TEST_F(AirQualityRoutesTest, WrongForecastQueriesAreRefused) {
  for (const char* query :
       {"", "?site=x", "?site=36-001-0000&bbox=1,2,3,4", "?latitude=1", "?latitude=91&longitude=0",
        "?latitude=x&longitude=0", "?site=36-001-0000&pollutant=lead",
        "?site=36-001-0000&horizon=4", "?site=36-001-0000&horizon=0", "?bbox=1,2,3",
        "?bbox=1,5,3,4", "?bbox=a,b,c,d", "?bbox=-200,0,0,1", "?site=36-001-0000&format=csv",
        "?bbox=-75,39,-70,45&format=xml", "?site=36-001-0000&site=36-001-0001",
        "?site=", "?site=%zz"}) {
    EXPECT_EQ(client_->Get("/v1/forecast" + std::string(query)).status, 422) << query;
  }
  EXPECT_EQ(client_->Get("/v1/forecast?site=36-001-0099").status, 404);
}

TEST_F(AirQualityRoutesTest, ABoxIsStreamedInThreeFormats) {
  const Json json = Parse(client_->Get("/v1/forecast?bbox=-75,39,-70,41.5"));
  ASSERT_EQ((*json.ArrayAt("sites")).size(), 2U);
  EXPECT_EQ(*(*json.ArrayAt("sites"))[1].StringAt("site_id"), "36-001-0001");

  const LocalAnswer csv =
      client_->Get("/v1/forecast?bbox=-75,39,-70,41.5&format=csv&horizon=1&pollutant=pm25");
  EXPECT_THAT(std::string(csv.header("Content-Type")), StartsWith("text/csv"));
  EXPECT_THAT(csv.body, StartsWith("site_id,name,latitude"));
  EXPECT_THAT(csv.body, HasSubstr("\n36-001-0000,Site 0,40,-74,2021-01-01,1,PM2.5,ug/m3,11,"));
  EXPECT_EQ(std::count(csv.body.begin(), csv.body.end(), '\n'), 3);

  const LocalAnswer geo = client_->Get("/v1/forecast?bbox=-75,39,-70,41.5&format=geojson");
  EXPECT_EQ(geo.header("Content-Type"), "application/geo+json");
  const Json collection = Parse(geo);
  EXPECT_EQ(*collection.StringAt("type"), "FeatureCollection");
  const Json& feature = (*collection.ArrayAt("features"))[0];
  EXPECT_THAT(Members(feature), ElementsAre("type", "geometry", "properties"));
  EXPECT_EQ((*feature.Find("geometry")->ArrayAt("coordinates"))[0].AsDouble(), -74);

  EXPECT_EQ((*Parse(client_->Get("/v1/forecast?bbox=0,0,1,1")).ArrayAt("sites")).size(), 0U);
  EXPECT_EQ(
      client_
          ->Get("/v1/forecast?bbox=0,0,1,1", {{"If-None-Match", std::string(geo.header("ETag"))}})
          .status,
      304);
}

TEST_F(AirQualityRoutesTest, OldDataHaveNoCurrentForecast) {
  Start(std::nullopt);
  EXPECT_EQ(client_->Get("/v1/forecast?site=36-001-0000").status, 200);
  platform_.clock.Advance(std::chrono::days(400));
  const LocalAnswer answer = client_->Get("/v1/forecast?site=36-001-0000");
  EXPECT_EQ(answer.status, 404);
  EXPECT_THAT(answer.body, HasSubstr("no current forecast"));
  EXPECT_THAT(answer.body, HasSubstr("the newest observation is of 2020-12-31, 400 days before"));
}

TEST_F(AirQualityRoutesTest, SitesArePagedByKey) {
  const Json first = Parse(client_->Get("/v1/sites?limit=1"));
  ASSERT_EQ((*first.ArrayAt("sites")).size(), 1U);
  EXPECT_THAT(Members((*first.ArrayAt("sites"))[0]),
              ElementsAre("site_id", "name", "county", "state", "cbsa", "latitude", "longitude",
                          "utc_offset_minutes", "first_day", "last_day", "pollutants"));
  const Json second = Parse(
      client_->Get("/v1/sites?limit=1&cursor=" + std::string(*first.StringAt("next_cursor"))));
  EXPECT_EQ(*(*second.ArrayAt("sites"))[0].StringAt("site_id"), "36-001-0001");
  EXPECT_TRUE(second.Find("next_cursor")->is_null());
  EXPECT_EQ((*Parse(client_->Get("/v1/sites?q=site%201")).ArrayAt("sites")).size(), 1U);
  EXPECT_EQ((*Parse(client_->Get("/v1/sites?pollutant=o3")).ArrayAt("sites")).size(), 0U);
  EXPECT_EQ(client_->Get("/v1/sites?limit=0").status, 422);
  EXPECT_EQ(client_->Get("/v1/sites?limit=1001").status, 422);
}

TEST_F(AirQualityRoutesTest, ASiteShowsItsValuesAndItsForecast) {
  const Json body = Parse(client_->Get("/v1/sites/36-001-0000"));
  EXPECT_EQ(*body.Find("current")->IntegerAt("aqi"), 56);
  EXPECT_EQ((*body.Find("forecast")->ArrayAt("days")).size(), 3U);
  EXPECT_EQ(client_->Get("/v1/sites/36-001-0099").status, 404);
  EXPECT_EQ(client_->Get("/v1/sites/x").status, 404);
}

TEST_F(AirQualityRoutesTest, CurrentValuesCarryTheirOrigin) {
  const LocalAnswer answer = client_->Get("/v1/current?site=36-001-0000");
  ASSERT_EQ(answer.status, 200) << answer.body;
  const Json body = Parse(answer);
  EXPECT_EQ(*body.StringAt("dominant_pollutant"), "PM2.5");
  EXPECT_EQ(*body.StringAt("date"), "2020-12-31");
  const Json& value = (*body.ArrayAt("pollutants"))[0];
  EXPECT_THAT(Members(value),
              ElementsAre("pollutant", "unit", "date", "concentration", "aqi", "category", "color",
                          "source", "method", "model_id", "aqi_table", "issued_at", "valid_from",
                          "valid_to", "data_cutoff", "observed_at"));
  EXPECT_EQ(*value.StringAt("method"), "observed");
  EXPECT_EQ(*value.NumberAt("concentration"), 12);
  const Json near = Parse(client_->Get("/v1/current?latitude=41.01&longitude=-74"));
  EXPECT_EQ(*near.StringAt("site_id"), "36-001-0001");
  EXPECT_EQ(client_->Get("/v1/current").status, 422);
  EXPECT_EQ(client_->Get("/v1/current?site=36-001-0000&latitude=1&longitude=1").status, 422);
  EXPECT_EQ(client_->Get("/v1/current?latitude=0&longitude=0").status, 404);
}

TEST_F(AirQualityRoutesTest, HistoryIsGivenAsJsonAndCsv) {
  const Json body = Parse(client_->Get("/v1/history?site=36-001-0000&from=2020-12-30"));
  const auto rows = *body.ArrayAt("observations");
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(*rows[0].StringAt("date"), "2020-12-30");
  EXPECT_EQ(*rows[0].NumberAt("value"), 13);
  EXPECT_EQ(*rows[0].IntegerAt("aqi"), 58);
  const LocalAnswer csv = client_->Get("/v1/history?site=36-001-0000&format=csv");
  EXPECT_THAT(csv.body, HasSubstr("\n36-001-0000,PM2.5,88101,1,2020-12-31,mean,12,ug/m3,56,"));
  EXPECT_EQ(std::count(csv.body.begin(), csv.body.end(), '\n'), 4);
  EXPECT_EQ((*Parse(client_->Get("/v1/history?site=36-001-0000&as_of=2020-01-01"))
                  .ArrayAt("observations"))
                .size(),
            0U);
  EXPECT_EQ((*Parse(client_->Get("/v1/history?site=36-001-0000&from=1900-01-01&to=1999-12-31"))
                  .ArrayAt("observations"))
                .size(),
            0U);
  EXPECT_EQ(client_->Get("/v1/history").status, 422);
  EXPECT_EQ(client_->Get("/v1/history?site=36-001-0000&from=2020-12-31&to=2020-12-30").status, 422);
  EXPECT_EQ(client_->Get("/v1/history?site=36-001-0000&from=2020-02-30").status, 422);
  EXPECT_EQ(client_->Get("/v1/history?site=36-001-0099").status, 404);
}

TEST_F(AirQualityRoutesTest, SkillIsEmptyBeforeAForecastDayWasMeasured) {
  const Json body = Parse(client_->Get("/v1/skill?pollutant=pm25&horizon=1"));
  EXPECT_THAT(Members(body), ElementsAre("from", "to", "computed_at", "unobserved", "skill"));
  EXPECT_EQ((*body.ArrayAt("skill")).size(), 0U);
  EXPECT_EQ(client_->Get("/v1/skill?horizon=9").status, 422);
  EXPECT_EQ((*Parse(client_->Get("/v1/skill?by=version")).ArrayAt("versions")).size(), 0U);
  EXPECT_EQ((*Parse(client_->Get("/v1/skill?site=36-001-0000")).ArrayAt("versions")).size(), 0U);
  EXPECT_EQ(client_->Get("/v1/skill?by=moon").status, 422);
  EXPECT_EQ(client_->Get("/v1/skill?site=moon").status, 422);
}

TEST_F(AirQualityRoutesTest, ObservationsAreTakenWithTheirVerdicts) {
  const LocalAnswer answer = client_->Post(
      "/v1/observations", "application/json",
      R"({"observations":[{"site_id":"36-001-0000","date":"2021-01-01","pollutant":"PM2.5",
          "value":7.25},{"site_id":"36-001-0000","date":"2021-02-30","pollutant":"PM2.5",
          "value":1}]})");
  ASSERT_EQ(answer.status, 200) << answer.body;
  const Json body = Parse(answer);
  EXPECT_THAT(Members(body),
              ElementsAre("accepted", "rejected", "observations_new", "observations_replaced",
                          "observations_unchanged", "rejects_by_reason", "rejects"));
  EXPECT_EQ(*body.IntegerAt("accepted"), 1);
  EXPECT_EQ(*body.IntegerAt("observations_new"), 1);
  EXPECT_EQ(*(*body.ArrayAt("rejects"))[0].StringAt("reason"), "impossible_date");
  EXPECT_EQ(*(*body.ArrayAt("rejects"))[0].IntegerAt("row"), 1);
  for (const char* bad : {"", "{", "{}", "[1]", R"({"observations":1})", R"({"rows":[]})"}) {
    EXPECT_EQ(client_->Post("/v1/observations", "application/json", bad).status, 422) << bad;
  }
  EXPECT_EQ(client_->Post("/v1/observations", "text/csv", "a,b\n1,2\n").status, 422);
  EXPECT_EQ(client_->Post("/v1/observations", "application/json", R"({"observations":[]})").status,
            200);
}

TEST_F(AirQualityRoutesTest, AqiTruncatesConvertsAndNamesItsTable) {
  const Json body = Parse(client_->Get("/v1/aqi?pollutant=PM2.5&concentration=35.49"));
  EXPECT_EQ(*body.IntegerAt("aqi"), 100);
  EXPECT_EQ(*body.NumberAt("truncated_concentration"), 35.4);
  EXPECT_EQ(*body.StringAt("aqi_table"), "epa-2024");
  EXPECT_EQ(*body.StringAt("category"), "Moderate");
  EXPECT_EQ(*Parse(client_->Get("/v1/aqi?pollutant=o3&concentration=71&unit=ppb")).IntegerAt("aqi"),
            101);
  EXPECT_EQ(
      *Parse(client_->Get("/v1/aqi?pollutant=no2&concentration=0.101&unit=ppm")).IntegerAt("aqi"),
      101);
  EXPECT_EQ(*Parse(client_->Get("/v1/aqi?pollutant=pm25&concentration=12.5&table=2015-01-01"))
                 .StringAt("aqi_table"),
            "epa-2012");
  for (const char* query :
       {"", "?pollutant=pm25", "?concentration=1", "?pollutant=pm25&concentration=x",
        "?pollutant=pm25&concentration=1&unit=ppm", "?pollutant=o3&concentration=1&unit=stones",
        "?pollutant=pm25&concentration=1&table=epa-1066"}) {
    EXPECT_EQ(client_->Get("/v1/aqi" + std::string(query)).status, 422) << query;
  }
}

}  // namespace
}  // namespace geoclimate::server::http::routes
