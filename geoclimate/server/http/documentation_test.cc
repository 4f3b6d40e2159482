#include "geoclimate/server/http/documentation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "geoclimate/base/clock.h"
#include "geoclimate/formats/json.h"
#include "geoclimate/server/http/local_client.h"

namespace geoclimate::server::http {
namespace {

using testing::HasSubstr;
using testing::Not;

Route Row(Method method, std::string_view path, Listener listener) {
  Route route;
  route.method = method;
  route.path = path;
  route.scope = Scope::kRead;
  route.listener = listener;
  route.handler = [](const Request&, Response&) { return base::Result<void>(); };
  return route;
}

RouteTable TestTable() {
  RouteTable table;
  Route site = Row(Method::kGet, "/v1/sites/{site_id}", Listener::kPublic);
  site.summary = "One site & its \"latest\" values";
  site.tag = "Air quality";
  site.parameters = {
      {.name = "days", .schema = R"({"type":"integer"})", .description = "How many <days>"}};
  site.responses = {{200, "The site", "application/json", "Site"},
                    {200, "The site", "text/csv", ""},
                    {404, "No such site", "application/json", "Error"}};
  table.routes.push_back(site);
  Route post = Row(Method::kPost, "/v1/observations", Listener::kPublic);
  post.max_body_bytes = 1000;
  post.consumes = {"application/json", "text/csv"};
  post.request_schema = R"({"type":"object"})";
  table.routes.push_back(post);
  table.routes.push_back(Row(Method::kPost, "/admin/secret", Listener::kManagement));
  table.schemas.push_back({"Site", R"({"type":"object"})"});
  return table;
}

formats::Json Document() {
  const auto document = formats::ParseJson(
      RenderOpenApi(TestTable(), "1.2.3", Listener::kPublic, access::Keyless::kOnLoopback));
  EXPECT_TRUE(document.ok());
  return document.ok() ? *document : formats::Json();
}

const formats::Json& At(const formats::Json& json, std::initializer_list<std::string_view> path) {
  static const formats::Json nothing;
  const formats::Json* at = &json;
  for (const std::string_view name : path) {
    at = at->Find(name);
    if (at == nullptr) {
      ADD_FAILURE() << "no member " << name;
      return nothing;
    }
  }
  return *at;
}

TEST(OpenApi, DescribesEveryPublicRow) {
  const formats::Json document = Document();
  EXPECT_EQ(*At(document, {"openapi"}).AsString(), "3.1.0");
  EXPECT_EQ(*At(document, {"info", "version"}).AsString(), "1.2.3");
  const formats::Json& get = At(document, {"paths", "/v1/sites/{site_id}", "get"});
  EXPECT_EQ(*At(get, {"operationId"}).AsString(), "get_v1_sites_site_id");
  EXPECT_EQ(
      *At(get, {"responses", "200", "content", "application/json", "schema", "$ref"}).AsString(),
      "#/components/schemas/Site");
  EXPECT_TRUE(At(get, {"responses", "200", "content"}).Find("text/csv") != nullptr);
  EXPECT_EQ(
      *At(get, {"responses", "503", "content", "application/json", "schema", "$ref"}).AsString(),
      "#/components/schemas/Error");
  EXPECT_TRUE(At(get, {"responses"}).Find("413") == nullptr);
  EXPECT_EQ(At(document, {"paths"}).Find("/admin/secret"), nullptr);
}

TEST(OpenApi, NamesThePathParametersThatARowDoesNotDescribe) {
  const formats::Json document = Document();
  const auto& parameters =
      *At(document, {"paths", "/v1/sites/{site_id}", "get", "parameters"}).AsArray();
  ASSERT_EQ(parameters.size(), 2U);
  EXPECT_EQ(*parameters[0].Find("name")->AsString(), "days");
  EXPECT_FALSE(*parameters[0].Find("required")->AsBool());
  EXPECT_EQ(*parameters[1].Find("name")->AsString(), "site_id");
  EXPECT_EQ(*parameters[1].Find("in")->AsString(), "path");
  EXPECT_TRUE(*parameters[1].Find("required")->AsBool());
}

TEST(OpenApi, DescribesBodies) {
  const formats::Json document = Document();
  const formats::Json& post = At(document, {"paths", "/v1/observations", "post"});
  EXPECT_EQ(*At(post, {"requestBody", "content", "application/json", "schema", "type"}).AsString(),
            "object");
  EXPECT_TRUE(At(post, {"requestBody", "content"}).Find("text/csv") != nullptr);
  EXPECT_TRUE(At(post, {"responses"}).Find("422") != nullptr);
}

TEST(OpenApi, NamesTheScopeOfEveryRow) {
  const formats::Json document = Document();
  const formats::Json& get = At(document, {"paths", "/v1/sites/{site_id}", "get"});
  EXPECT_EQ(*At(get, {"x-scope"}).AsString(), "read");
  EXPECT_EQ(At(get, {"security"}).AsArray()->size(), 3U);
  EXPECT_NE(At(get, {"responses"}).Find("401"), nullptr);
  RouteTable open = TestTable();
  open.routes[0].scope = Scope::kNone;
  const auto other =
      formats::ParseJson(RenderOpenApi(open, "1.2.3", Listener::kPublic, access::Keyless::kNever));
  const formats::Json& none = At(*other, {"paths", "/v1/sites/{site_id}", "get"});
  EXPECT_EQ(*At(none, {"x-scope"}).AsString(), "none");
  EXPECT_TRUE(At(none, {"security"}).AsArray()->empty());
  const formats::Json& post = At(*other, {"paths", "/v1/observations", "post"});
  EXPECT_EQ(At(post, {"security"}).AsArray()->size(), 2U);
}

TEST(DocsPage, EscapesWhatItShows) {
  const std::string page = RenderDocsPage(TestTable(), "1.2.3");
  EXPECT_THAT(page, HasSubstr("One site &amp; its &quot;latest&quot; values"));
  EXPECT_THAT(page, HasSubstr("How many &lt;days&gt;"));
  EXPECT_THAT(page, HasSubstr("<a href=\"#schema-Site\">Site</a>"));
  EXPECT_THAT(page, Not(HasSubstr("/admin/secret")));
  EXPECT_THAT(page, Not(HasSubstr("<script")));
}

TEST(DocumentationRoutes, ManagementIsDescribedToThoseWhoMayUseIt) {
  const auto document = formats::ParseJson(
      RenderOpenApi(TestTable(), "1.2.3", Listener::kManagement, access::Keyless::kNever));
  EXPECT_NE(At(*document, {"paths"}).Find("/admin/secret"), nullptr);
  EXPECT_EQ(At(*document, {"paths"}).Find("/v1/observations"), nullptr);
  const base::FakeClock clock(base::Timestamp{});
  LocalClient client(TestTable(), clock, {}, Listener::kManagement);
  EXPECT_EQ(client.Get("/openapi.json").status, 401);
}

TEST(DocumentationRoutes, AreServedAndDescribeThemselves) {
  const base::FakeClock clock(base::Timestamp{});
  LocalClient client(TestTable(), clock);
  const LocalAnswer openapi = client.Get("/openapi.json");
  EXPECT_EQ(openapi.header("content-type"), "application/json");
  EXPECT_THAT(openapi.body, HasSubstr("\"/docs\""));
  const LocalAnswer docs = client.Get("/docs");
  EXPECT_EQ(docs.header("content-type"), "text/html; charset=utf-8");
  EXPECT_THAT(std::string(docs.header("content-security-policy")), HasSubstr("default-src 'none'"));
  EXPECT_THAT(docs.body, HasSubstr("/openapi.json"));
}

}  // namespace
}  // namespace geoclimate::server::http
