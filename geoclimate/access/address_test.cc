#include "geoclimate/access/address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace geoclimate::access {
namespace {

bool Contains(const std::vector<std::string>& list, std::string_view address) {
  return AddressList::Parse(list)->Contains(*Address::Parse(address));
}

TEST(Address, OnePeerHasOneAddress) {
  EXPECT_EQ(Address::Parse("192.0.2.1"), Address::Parse("::ffff:192.0.2.1"));
  EXPECT_EQ(Address::Parse("2001:db8::1"), Address::Parse("2001:0DB8:0:0:0:0:0:1"));
  EXPECT_TRUE(Address::Parse("192.0.2.1")->is_ipv4());
  EXPECT_FALSE(Address::Parse("::1")->is_ipv4());
}

TEST(Address, LoopbackIsKnownInEachForm) {
  for (const std::string_view text : {"127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"}) {
    EXPECT_TRUE(Address::Parse(text)->is_loopback()) << text;
  }
  for (const std::string_view text : {"128.0.0.1", "::2", "::", "0.0.0.1", "::127.0.0.1"}) {
    EXPECT_FALSE(Address::Parse(text)->is_loopback()) << text;
  }
}

TEST(Address, OtherTextsAreNone) {
  for (const std::string_view text :
       {"", "localhost", "127.0.0.1 ", "127.1", "1.2.3.4:80", "[::1]", "::1%lo", "1.2.3.4/8"}) {
    EXPECT_EQ(Address::Parse(text), std::nullopt) << text;
  }
  EXPECT_EQ(Address::Parse(std::string(100, '1')), std::nullopt);
}

TEST(AddressList, HoldsAddressesAndNetworks) {
  EXPECT_TRUE(Contains({"10.0.0.0/8"}, "10.255.0.1"));
  EXPECT_FALSE(Contains({"10.0.0.0/8"}, "11.0.0.1"));
  EXPECT_TRUE(Contains({"192.0.2.128/25", "::1"}, "192.0.2.200"));
  EXPECT_FALSE(Contains({"192.0.2.128/25"}, "192.0.2.127"));
  EXPECT_TRUE(Contains({"2001:db8::/33"}, "2001:db8:7fff::"));
  EXPECT_FALSE(Contains({"2001:db8::/33"}, "2001:db8:8000::"));
  EXPECT_TRUE(Contains({"0.0.0.0/0"}, "8.8.8.8"));
  EXPECT_FALSE(Contains({"0.0.0.0/0"}, "2001:db8::1"));
  EXPECT_FALSE(Contains({}, "8.8.8.8"));
}

TEST(AddressList, NamesTheEntryThatIsNone) {
  for (const std::string entry : {"10.0.0.0/33", "10.0.0.0/", "::/129", "proxy", "10.0.0.0/8x"}) {
    EXPECT_THAT(AddressList::Parse({"::1", entry}).error().message(), testing::HasSubstr(entry));
  }
}

}  // namespace
}  // namespace geoclimate::access
