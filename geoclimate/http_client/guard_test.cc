#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <vector>

#include "geoclimate/http_client/http_client.h"
#include "geoclimate/http_client/testing/scripted_server.h"

// What keeps a request to an address that a caller gave out of the networks behind the server.
namespace geoclimate::http_client {
namespace {

using testing::Connection;
using ::testing::HasSubstr;
using testing::ScriptedServer;

const base::SystemClock kClock;

void Echo(Connection& connection) {
  for (std::string request; !(request = connection.ReadRequest()).empty();) {
    connection.Answer(200, request);
  }
}

base::Result<Answer> SendGuarded(const HttpClient& client, const std::string& url) {
  return client.Send({.url = url,
                      .deadline = base::Deadline::After(kClock, std::chrono::seconds(60)),
                      .destination = Destination::kGuarded});
}

// Tells these addresses, whatever the host, and counts how often it is asked.
struct ToldAddresses {
  std::vector<std::string> addresses;
  std::atomic<int> asked{0};

  Resolver resolver() {
    return [this](const std::string&, base::Deadline) -> base::Result<std::vector<IpAddress>> {
      ++asked;
      std::vector<IpAddress> result;
      result.reserve(addresses.size());
      for (const std::string& address : addresses) result.push_back(*IpAddress::Parse(address));
      return result;
    };
  }
};

TEST(Guard, NumbersAndNamesOfThisMachineAreRefused) {
  const ScriptedServer server(&Echo);
  const HttpClient client(kClock);
  for (const char* host :
       {"127.0.0.1", "localhost", "127.1", "2130706433", "0x7f.1", "0177.0.0.1", "0.0.0.0", "[::1]",
        "[::ffff:127.0.0.1]", "[0:0:0:0:0:ffff:7f00:1]", "169.254.169.254", "10.0.0.1"}) {
    const auto answer = SendGuarded(client, fmt::format("http://{}:{}/", host, server.port()));
    ASSERT_FALSE(answer.ok()) << host;
    EXPECT_EQ(answer.error().code(), base::ErrorCode::kPermissionDenied)
        << host << ": " << answer.error().message();
  }
  EXPECT_EQ(server.connections(), 0);
}

TEST(Guard, OneAddressThatIsNotPublicRefusesTheName) {
  ToldAddresses told{.addresses = {"93.184.216.34", "10.0.0.1"}};
  const HttpClient client(kClock, {.resolver = told.resolver()});
  const auto answer = SendGuarded(client, "https://hook.example/");
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code(), base::ErrorCode::kPermissionDenied);
  EXPECT_THAT(answer.error().message(), HasSubstr("10.0.0.1"));
}

TEST(Guard, TheNameIsResolvedOnceAndThatAddressIsConnectedTo) {
  const ScriptedServer server(&Echo);
  ToldAddresses told{.addresses = {"127.0.0.1"}};
  const HttpClient client(
      kClock, {.may_reach = [](const IpAddress&) { return true; }, .resolver = told.resolver()});
  // No resolver of the system knows the name: only what was told can be connected to.
  const std::string url = fmt::format("http://hook.invalid:{}/", server.port());
  const auto answer = SendGuarded(client, url);
  ASSERT_TRUE(answer.ok()) << answer.error().message();
  EXPECT_THAT(answer->body, HasSubstr(fmt::format("\r\nHost: hook.invalid:{}\r\n", server.port())));
  EXPECT_EQ(told.asked, 1);
}

TEST(Guard, EachRequestLooksAgain) {
  const ScriptedServer server(&Echo);
  ToldAddresses told{.addresses = {"127.0.0.1"}};
  const HttpClient client(
      kClock, {.may_reach = [](const IpAddress& a) { return a.ToString() == "127.0.0.1"; },
               .resolver = told.resolver()});
  const std::string url = fmt::format("http://hook.invalid:{}/", server.port());
  ASSERT_TRUE(SendGuarded(client, url).ok());
  told.addresses = {"127.0.0.2"};
  const auto rebound = SendGuarded(client, url);
  ASSERT_FALSE(rebound.ok());
  EXPECT_EQ(rebound.error().code(), base::ErrorCode::kPermissionDenied);
  EXPECT_EQ(told.asked, 2);
  EXPECT_EQ(server.connections(), 1);
}

TEST(Guard, ANameWithoutAnAddressIsUnavailable) {
  ToldAddresses told;
  const HttpClient client(kClock, {.resolver = told.resolver()});
  const auto answer = SendGuarded(client, "http://hook.example/");
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code(), base::ErrorCode::kUnavailable);
}

TEST(Resolver, TheSystemKnowsLocalhost) {
  const auto addresses =
      ResolveBySystem("localhost", base::Deadline::After(kClock, std::chrono::seconds(60)));
  ASSERT_TRUE(addresses.ok()) << addresses.error().message();
  ASSERT_FALSE(addresses->empty());
  for (const IpAddress& address : *addresses) EXPECT_FALSE(IsPublic(address));
}

}  // namespace
}  // namespace geoclimate::http_client
