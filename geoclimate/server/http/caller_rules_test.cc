#include "geoclimate/server/http/caller_rules.h"

#include <gtest/gtest.h>

#include <string>
#include <tuple>
#include <utility>

#include "geoclimate/base/clock.h"
#include "geoclimate/server/http/local_client.h"

namespace geoclimate::server::http {
namespace {

RouteTable WhoAmI(Scope scope = Scope::kRead) {
  RouteTable table;
  Route route;
  route.method = Method::kGet;
  route.path = "/who";
  route.scope = scope;
  route.listener = Listener::kPublic;
  route.handler = [](const Request& request, Response& response) {
    response.body() = request.client_address();
    return base::Result<void>();
  };
  table.routes.push_back(route);
  return table;
}

class CallerRulesTest : public testing::Test {
 protected:
  int StatusWith(const std::string& fields, ServerOptions options = {}) {
    LocalClient client(WhoAmI(scope_), clock_, std::move(options));
    last_ = client.Exchange("GET /who HTTP/1.1\r\n" + fields + "\r\n");
    return std::stoi(last_.substr(9, 3));
  }
  std::string body() const { return last_.substr(last_.find("\r\n\r\n") + 4); }

  base::FakeClock clock_{base::Timestamp{}};
  Scope scope_ = Scope::kRead;
  std::string last_;
};

TEST_F(CallerRulesTest, OnlyNamesOfThisServerAreTakenAsHost) {
  EXPECT_EQ(StatusWith("Host: localhost:8000\r\n"), 200);
  EXPECT_EQ(StatusWith("Host: LocalHost\r\n"), 200);
  EXPECT_EQ(StatusWith("Host: 127.0.0.1:8000\r\n"), 200);
  EXPECT_EQ(StatusWith("Host: [::1]:8000\r\n"), 200);
  EXPECT_EQ(StatusWith("Host: evil.example\r\n"), 403);
  EXPECT_EQ(StatusWith("Host: localhost.evil.example\r\n"), 403);
  EXPECT_EQ(StatusWith("Host: localhost:80x\r\n"), 403);
  EXPECT_EQ(StatusWith("Host: [::1\r\n"), 403);
  EXPECT_EQ(StatusWith("Host:\r\n"), 403);
  ServerOptions options;
  options.allowed_hosts = {"air.example.org"};
  EXPECT_EQ(StatusWith("Host: air.example.org\r\n", options), 200);
}

TEST_F(CallerRulesTest, AForeignOriginIsRefused) {
  EXPECT_EQ(StatusWith("Host: localhost:8000\r\nOrigin: http://localhost:8000\r\n"), 200);
  EXPECT_EQ(StatusWith("Host: localhost:8000\r\nOrigin: http://localhost:9999\r\n"), 403);
  EXPECT_EQ(StatusWith("Host: localhost:8000\r\nOrigin: https://evil.example\r\n"), 403);
  EXPECT_EQ(StatusWith("Host: localhost:8000\r\nOrigin: null\r\n"), 403);
}

TEST_F(CallerRulesTest, AnAllowedOriginIsToldSo) {
  ServerOptions options;
  options.cors_origins = {"https://map.example"};
  EXPECT_EQ(StatusWith("Host: localhost\r\nOrigin: https://map.example\r\n", options), 200);
  EXPECT_NE(last_.find("Access-Control-Allow-Origin: https://map.example\r\n"), std::string::npos);
  LocalClient client(WhoAmI(), clock_, options);
  const LocalAnswer preflight =
      client.Send(Method::kOptions, "/who", {},
                  {{"Origin", "https://map.example"}, {"Access-Control-Request-Method", "GET"}});
  EXPECT_EQ(preflight.status, 204);
  EXPECT_EQ(preflight.header("access-control-allow-methods"), "GET, HEAD, OPTIONS");
}

TEST_F(CallerRulesTest, ForwardingFieldsAreBelievedOfTrustedProxiesOnly) {
  for (const std::string field :
       {"X-Forwarded-For: 10.0.0.1", "Forwarded: for=10.0.0.1", "X-Real-IP: 10.0.0.1",
        "x-forwarded-host: a", "X-Forwarded-Proto: https"}) {
    EXPECT_EQ(StatusWith("Host: localhost\r\n" + field + "\r\n"), 403) << field;
  }
}

TEST_F(CallerRulesTest, TheClientIsTheLastThatIsNoProxyOfOurs) {
  scope_ = Scope::kNone;
  ServerOptions options;
  options.trusted_proxies = {"127.0.0.1", "10.0.0.0/24"};
  const std::pair<std::string, std::string> cases[] = {
      {"X-Forwarded-For: 6.6.6.6, 192.0.2.7, 10.0.0.9\r\n", "192.0.2.7"},
      // A proxy that adds a field of its own, after one that the caller made up.
      {"X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-For: 192.0.2.7\r\n", "192.0.2.7"},
      {"X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-For: 10.0.0.2\r\n", "192.0.2.7"},
      {"X-Forwarded-For: 192.0.2.7:4711\r\n", "192.0.2.7"},
      {"X-Forwarded-For: 10.0.0.3, 10.0.0.9\r\n", "10.0.0.3"},
      {"X-Forwarded-For: nonsense\r\n", "nonsense"},
      {"Forwarded: for=6.6.6.6, for=\"[2001:db8::7]:80\";proto=https, for=10.0.0.1\r\n",
       "2001:db8::7"},
      {"Forwarded: proto=https; For = 192.0.2.7\r\n", "192.0.2.7"},
      {"X-Real-IP: 192.0.2.7\r\n", "192.0.2.7"},
      {"X-Forwarded-For: 192.0.2.8\r\nX-Real-IP: 192.0.2.7\r\n", "192.0.2.8"},
      {"X-Forwarded-Proto: https\r\n", "unknown"},
      {"X-Forwarded-For: ,\r\n", "unknown"}};
  for (const auto& [fields, client] : cases) {
    EXPECT_EQ(StatusWith("Host: localhost\r\n" + fields, options), 200);
    EXPECT_EQ(body(), client) << fields;
  }
}

// It answers only whom the machine's own callers are: a proxy on it must not lend them its address.
TEST_F(CallerRulesTest, NobodyBehindAProxyIsACallerOfThisMachine) {
  ServerOptions options;
  options.trusted_proxies = {"127.0.0.1"};
  for (const std::string field : {"X-Forwarded-For: 192.0.2.7", "X-Forwarded-For: localhost",
                                  "X-Forwarded-Proto: https", "Forwarded: for=_hidden"}) {
    EXPECT_EQ(StatusWith("Host: localhost\r\n" + field + "\r\n", options), 401) << field;
  }
  EXPECT_EQ(StatusWith("Host: localhost\r\nX-Forwarded-For: 127.0.0.1\r\n", options), 200);
}

TEST_F(CallerRulesTest, AServerThatOthersReachTakesAnyNameUnlessSomeAreNamed) {
  scope_ = Scope::kNone;
  ServerOptions options;
  options.keyless = access::Keyless::kNever;
  options.public_listener = ListenerOptions{.host = "0.0.0.0"};
  const CallerRules any(options);
  options.allowed_hosts = {"air.example.org"};
  const CallerRules named(options);
  for (const auto& [rules, host, taken] :
       {std::tuple(&any, "10.1.2.3:8000", true), std::tuple(&any, "[::1", false),
        std::tuple(&named, "10.1.2.3:8000", false), std::tuple(&named, "AIR.example.org", true)}) {
    const std::string message = std::string("GET / HTTP/1.1\r\nHost: ") + host + "\r\n\r\n";
    RequestParser parser(16384);
    parser.Start();
    ASSERT_EQ(parser.ParseHead(message), RequestParser::Progress::kDone);
    CallerRules::Caller caller;
    EXPECT_EQ(rules->Check(parser.head(), message.data(), "192.0.2.1", caller).has_value(), !taken)
        << host;
  }
}

TEST_F(CallerRulesTest, ManagementNeedsTheToken) {
  RouteTable table = WhoAmI();
  table.routes.front().listener = Listener::kManagement;
  table.routes.front().scope = Scope::kAdmin;
  LocalClient client(table, clock_, {}, Listener::kManagement);
  const LocalAnswer answer = client.Get("/who", {{"Authorization", "Bearer guess"}});
  EXPECT_EQ(answer.status, 401);
  EXPECT_EQ(answer.header("www-authenticate"), "Bearer");
  EXPECT_EQ(answer.body.find("guess"), std::string::npos);
}

}  // namespace
}  // namespace geoclimate::server::http
