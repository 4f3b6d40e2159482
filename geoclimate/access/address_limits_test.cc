#include "geoclimate/access/address_limits.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace geoclimate::access {
namespace {

class AddressLimitsTest : public testing::Test {
 protected:
  AddressLimits::Taken Take(const std::string& address) {
    return limits_.Take(*Address::Parse(address));
  }
  int TakeAll(const std::string& address) {
    int taken = 0;
    while (Take(address).admitted) ++taken;
    return taken;
  }

  base::FakeClock clock_{base::Timestamp(std::chrono::hours(100))};
  AddressLimits limits_{{.requests_per_minute = 60, .burst = 5, .max_addresses = 128}, clock_};
};

TEST_F(AddressLimitsTest, EachAddressHasItsOwnBurst) {
  EXPECT_EQ(TakeAll("192.0.2.1"), 5);
  EXPECT_EQ(TakeAll("192.0.2.2"), 5);
  EXPECT_EQ(TakeAll("::ffff:192.0.2.1"), 0);
  clock_.Advance(std::chrono::seconds(2));
  EXPECT_EQ(TakeAll("192.0.2.1"), 2);
  const AddressLimits::Taken refused = Take("192.0.2.1");
  EXPECT_EQ(refused.standing.limit, 60U);
  EXPECT_EQ(refused.standing.remaining, 0U);
  EXPECT_EQ(refused.standing.retry_after, std::chrono::seconds(1));
}

TEST_F(AddressLimitsTest, ANetworkOfIpv6CountsAsOne) {
  EXPECT_EQ(TakeAll("2001:db8::1"), 5);
  EXPECT_EQ(TakeAll("2001:db8::ffff:1"), 0);
  EXPECT_EQ(TakeAll("2001:db8:0:1::1"), 5);
}

TEST_F(AddressLimitsTest, WhatIsKeptIsBounded) {
  for (int i = 0; i < 2000; ++i) {
    Take("10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250));
    clock_.Advance(std::chrono::milliseconds(1));
  }
  EXPECT_LE(limits_.size(), 128U);
  EXPECT_GE(limits_.size(), 64U);
}

}  // namespace
}  // namespace geoclimate::access
