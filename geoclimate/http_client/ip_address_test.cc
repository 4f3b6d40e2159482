#include "geoclimate/http_client/ip_address.h"

#include <gtest/gtest.h>

namespace geoclimate::http_client {
namespace {

bool IsPublicText(const std::string& text) {
  const auto address = IpAddress::Parse(text);
  EXPECT_TRUE(address.has_value()) << text;
  return address.has_value() && IsPublic(*address);
}

TEST(IpAddress, HostsOfTheInternetArePublic) {
  for (const char* text :
       {"1.1.1.1", "9.255.255.255", "11.0.0.1", "100.63.255.255", "100.128.0.1", "172.15.255.255",
        "172.32.0.1", "192.0.1.1", "192.167.1.1", "198.17.1.1", "198.20.0.1", "223.255.255.255",
        "168.63.129.17", "2606:4700::1111", "2a00:1450::1", "2001:4860:4860::8888"}) {
    EXPECT_TRUE(IsPublicText(text)) << text;
  }
}

TEST(IpAddress, WhatIsNotOnTheInternetIsNotPublic) {
  for (const char* text :
       {"0.0.0.0",         "0.1.2.3",         "10.0.0.1",        "10.255.255.255",  "100.64.0.1",
        "100.127.255.255", "127.0.0.1",       "127.255.255.255", "169.254.169.254", "172.16.0.1",
        "172.31.255.255",  "192.0.0.192",     "192.0.2.1",       "192.88.99.1",     "192.168.0.1",
        "198.18.0.1",      "198.19.255.255",  "198.51.100.1",    "203.0.113.1",     "224.0.0.1",
        "240.0.0.1",       "255.255.255.255", "100.100.100.200", "168.63.129.16"}) {
    EXPECT_FALSE(IsPublicText(text)) << text;
  }
}

TEST(IpAddress, OfIpv6OnlyWhatIsAllocatedToHostsIsPublic) {
  for (const char* text :
       {"::", "::1", "::127.0.0.1", "::ffff:1.1.1.1", "::ffff:10.0.0.1", "64:ff9b::1.1.1.1",
        "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:a00:1::", "3fff::1", "fc00::1",
        "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1", "4000::1"}) {
    EXPECT_FALSE(IsPublicText(text)) << text;
  }
}

TEST(IpAddress, ReadsBackAsItIsWritten) {
  for (const char* text : {"192.0.2.7", "2001:db8::7"}) {
    EXPECT_EQ(IpAddress::Parse(text)->ToString(), text);
  }
  for (const char* text : {"", "1.2.3", "localhost", "1.2.3.4.5", "::g"}) {
    EXPECT_FALSE(IpAddress::Parse(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace geoclimate::http_client
