#include "geoclimate/server/http/router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace geoclimate::server::http {
namespace {

using testing::HasSubstr;

Route Row(Method method, std::string_view path, Listener listener = Listener::kPublic) {
  Route route;
  route.method = method;
  route.path = path;
  route.scope = Scope::kRead;
  route.listener = listener;
  route.handler = [](const Request&, Response&) { return base::Result<void>(); };
  return route;
}

class RouterTest : public testing::Test {
 protected:
  RouterTest() {
    table_.routes = {
        Row(Method::kGet, "/"),
        Row(Method::kGet, "/models"),
        Row(Method::kGet, "/models/{model_id}"),
        Row(Method::kPost, "/models/{model_id}/promote"),
        Row(Method::kGet, "/models/{model_name}/history"),
        Row(Method::kPut, "/models/{model_name}/aliases/{alias}"),
        Row(Method::kGet, "/models/active"),
        Row(Method::kPost, "/predict"),
        Row(Method::kGet, "/metrics", Listener::kMetrics),
    };
  }
  std::string Found(Method method, std::string_view path) {
    const auto router = Router::Build(table_, Listener::kPublic);
    EXPECT_TRUE(router.ok());
    match_ = router->Find(method, path, arena_);
    allow_ = match_.allow;
    return match_.route == nullptr ? "" : std::string(match_.route->path);
  }
  std::string Refused() {
    const auto router = Router::Build(table_, Listener::kPublic);
    return router.ok() ? "" : router.error().message();
  }

  RouteTable table_;
  Arena arena_;
  Router::Match match_;
  std::string allow_;
};

TEST_F(RouterTest, ALiteralWinsOverAParameter) {
  EXPECT_EQ(Found(Method::kGet, "/"), "/");
  EXPECT_EQ(Found(Method::kGet, "/models"), "/models");
  EXPECT_EQ(Found(Method::kGet, "/models/active"), "/models/active");
  EXPECT_EQ(Found(Method::kGet, "/models/pm25_v1"), "/models/{model_id}");
}

TEST_F(RouterTest, ALiteralThatLeadsNowhereGivesWayToTheParameter) {
  EXPECT_EQ(Found(Method::kGet, "/models/active/history"), "/models/{model_name}/history");
  EXPECT_EQ(match_.parameters[0].value, "active");
}

TEST_F(RouterTest, ParametersHaveTheNamesOfTheirRow) {
  EXPECT_EQ(Found(Method::kPut, "/models/pm25/aliases/best"),
            "/models/{model_name}/aliases/{alias}");
  ASSERT_EQ(match_.parameter_count, 2U);
  EXPECT_EQ(match_.parameters[0].name, "model_name");
  EXPECT_EQ(match_.parameters[0].value, "pm25");
  EXPECT_EQ(match_.parameters[1].name, "alias");
  EXPECT_EQ(match_.parameters[1].value, "best");
}

TEST_F(RouterTest, AParameterIsNeverEmptyAndNeverTwoSegments) {
  EXPECT_EQ(Found(Method::kGet, "/models/"), "");
  EXPECT_EQ(Found(Method::kPost, "/models//promote"), "");
  EXPECT_EQ(Found(Method::kGet, "/models/a/b"), "");
  EXPECT_EQ(Found(Method::kGet, "//models"), "");
  EXPECT_EQ(Found(Method::kGet, "models"), "");
  EXPECT_EQ(Found(Method::kGet, ""), "");
}

TEST_F(RouterTest, AnotherMethodIsToldWhichOnesThereAre) {
  EXPECT_EQ(Found(Method::kGet, "/predict"), "");
  EXPECT_EQ(match_.outcome, Router::Outcome::kNoSuchMethod);
  EXPECT_EQ(allow_, "POST, OPTIONS");
  EXPECT_EQ(Found(Method::kHead, "/models"), "/models");
}

TEST_F(RouterTest, OtherListenersRowsAreNotThere) {
  EXPECT_EQ(Found(Method::kGet, "/metrics"), "");
  EXPECT_EQ(match_.outcome, Router::Outcome::kNoSuchPath);
}

TEST_F(RouterTest, ARowThatClashesIsRefusedByName) {
  table_.routes.push_back(Row(Method::kGet, "/models/{other}"));
  EXPECT_THAT(Refused(), HasSubstr("GET /models/{other}"));
}

TEST_F(RouterTest, AMalformedRowIsRefused) {
  table_.routes.push_back(Row(Method::kGet, "/a{b}"));
  EXPECT_THAT(Refused(), HasSubstr("/a{b}"));
  table_.routes.back() = Row(Method::kGet, "a");
  EXPECT_THAT(Refused(), HasSubstr("begins with"));
  table_.routes.back() = Row(Method::kHead, "/a");
  EXPECT_THAT(Refused(), HasSubstr("HEAD"));
  table_.routes.back() = Row(Method::kGet, "/a");
  table_.routes.back().handler = nullptr;
  EXPECT_THAT(Refused(), HasSubstr("handler"));
}

TEST_F(RouterTest, KeylessLoopbackNeverAdministers) {
  table_.routes.push_back(Row(Method::kPost, "/admin"));
  table_.routes.back().scope = Scope::kAdmin;
  EXPECT_THAT(Refused(), HasSubstr("management listener only"));
}

}  // namespace
}  // namespace geoclimate::server::http
