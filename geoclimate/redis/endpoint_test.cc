#include "geoclimate/redis/endpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace geoclimate::redis {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Transport = Endpoint::Transport;

TEST(Endpoint, AHostAloneHasTheUsualPortAndDatabase) {
  const auto endpoint = ParseEndpoint("redis://cache.internal");
  ASSERT_TRUE(endpoint.ok()) << endpoint.error().ToString();
  EXPECT_EQ(endpoint->transport, Transport::kTcp);
  EXPECT_EQ(endpoint->host, "cache.internal");
  EXPECT_EQ(endpoint->port, 6379);
  EXPECT_EQ(endpoint->database, 0);
  EXPECT_TRUE(endpoint->password.empty());
}

TEST(Endpoint, EveryPartOfAUrlIsRead) {
  const auto endpoint = ParseEndpoint("rediss://gc:p%40ss%2F@[::1]:7000/3?ca_file=/etc/ca.pem");
  ASSERT_TRUE(endpoint.ok()) << endpoint.error().ToString();
  EXPECT_EQ(endpoint->transport, Transport::kTls);
  EXPECT_EQ(endpoint->host, "::1");
  EXPECT_EQ(endpoint->port, 7000);
  EXPECT_EQ(endpoint->database, 3);
  EXPECT_EQ(endpoint->user, "gc");
  EXPECT_EQ(endpoint->password, "p@ss/");
  EXPECT_EQ(endpoint->ca_file, "/etc/ca.pem");
}

TEST(Endpoint, ASocketIsNamedByItsPath) {
  const auto endpoint = ParseEndpoint("unix://:word@/run/redis.sock?db=2");
  ASSERT_TRUE(endpoint.ok()) << endpoint.error().ToString();
  EXPECT_EQ(endpoint->transport, Transport::kUnix);
  EXPECT_EQ(endpoint->socket_path, "/run/redis.sock");
  EXPECT_EQ(endpoint->password, "word");
  EXPECT_EQ(endpoint->database, 2);
}

TEST(Endpoint, NobodyIsShownThePassword) {
  for (const char* url : {"redis://gc:geheim@h/1", "rediss://:geheim@h", "unix://a:geheim@/s"}) {
    const auto endpoint = ParseEndpoint(url);
    ASSERT_TRUE(endpoint.ok()) << url;
    EXPECT_THAT(endpoint->ToString(), HasSubstr(":***@")) << url;
    EXPECT_THAT(endpoint->ToString(), Not(HasSubstr("geheim"))) << url;
  }
}

TEST(Endpoint, WhatIsWrongIsSaidWithoutAWordOfTheUrl) {
  for (const char* url : {"",
                          "geheim",
                          "http://geheim",
                          "redis://",
                          "redis://:geheim@",
                          "redis://geheim@host",
                          "redis://:geheim@host:0",
                          "redis://:geheim@host:65536",
                          "redis://:geheim@host:12a",
                          "redis://:geheim@host/x",
                          "redis://:geheim@host/10000",
                          "redis://:geheim%4@host",
                          "redis://:geheim%zz@host",
                          "redis://:geheim%00@host",
                          "redis://[::1",
                          "redis://[::1]6379",
                          "redis://host?ca_file=/geheim",
                          "rediss://host?geheim=1",
                          "unix://geheim",
                          "unix:///",
                          "unix://host/geheim",
                          "redis://u:@geheim"}) {
    const auto endpoint = ParseEndpoint(url);
    ASSERT_FALSE(endpoint.ok()) << url;
    EXPECT_EQ(endpoint.error().code(), base::ErrorCode::kInvalidArgument);
    EXPECT_THAT(endpoint.error().ToString(), Not(HasSubstr("geheim"))) << url;
  }
  EXPECT_FALSE(ParseEndpoint(std::string("redis://") + std::string(5000, 'a')).ok());
}

TEST(Endpoint, AFileHoldsOneUrlAndItsErrorsNameIt) {
  const auto path = std::filesystem::path(testing::TempDir()) / "redis_url";
  std::ofstream(path) << "  redis://:word@h:1234/5 \n";
  const auto endpoint = LoadEndpoint(path);
  ASSERT_TRUE(endpoint.ok()) << endpoint.error().ToString();
  EXPECT_EQ(endpoint->ToString(), "redis://:***@h:1234/5");
  std::ofstream(path) << "geheim\n";
  EXPECT_THAT(LoadEndpoint(path).error().ToString(), HasSubstr("redis_url: the URL of Redis"));
  std::filesystem::remove(path);
  EXPECT_EQ(LoadEndpoint(path).error().code(), base::ErrorCode::kNotFound);
}

}  // namespace
}  // namespace geoclimate::redis
