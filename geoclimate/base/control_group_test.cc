#include "geoclimate/base/control_group.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <vector>

namespace geoclimate::base {
namespace {

constexpr const char* kBothVersions =
    "12:memory:/docker/one\n"
    "4:cpu,cpuacct:/docker/two\n"
    "1:name=systemd:/system.slice\n"
    "0::/unified\n";

TEST(ControlGroup, OfAControllerIsTheLineThatListsIt) {
  EXPECT_EQ(ControlGroupIn(kBothVersions, "memory"), "/docker/one");
  EXPECT_EQ(ControlGroupIn(kBothVersions, "cpuacct"), "/docker/two");
  EXPECT_EQ(ControlGroupIn(kBothVersions, "cpu"), "/docker/two");
}

TEST(ControlGroup, WithoutAControllerIsTheOneOfTheUnifiedHierarchy) {
  EXPECT_EQ(ControlGroupIn(kBothVersions, ""), "/unified");
  EXPECT_EQ(ControlGroupIn("0::/\n", ""), "/");
}

TEST(ControlGroup, IsTheRootWhenNoLineNamesIt) {
  EXPECT_EQ(ControlGroupIn("4:cpu,cpuacct:/two\n", "cpus"), "/");
  EXPECT_EQ(ControlGroupIn("4:cpuacct:/two\n", "cpu"), "/");
  EXPECT_EQ(ControlGroupIn("no line\n:\n", "cpu"), "/");
  EXPECT_EQ(ControlGroupIn("", ""), "/");
}

TEST(ControlGroup, TheSmallestLimitIsLookedForUpToTheRoot) {
  std::vector<std::filesystem::path> seen;
  const double smallest = SmallestControlGroupLimit("/groups", "", [&](const auto& folder) {
    seen.push_back(folder);
    return std::optional<double>(static_cast<double>(seen.size()));
  });
  EXPECT_EQ(smallest, 1);
  ASSERT_FALSE(seen.empty());
  EXPECT_EQ(seen.back(), std::filesystem::path("/groups") / "");
  EXPECT_EQ(SmallestControlGroupLimit("/groups", "", [](const auto&) { return std::nullopt; }),
            HUGE_VAL);
}

TEST(ControlGroup, TheMemoryLimitIsPositiveAndNoMoreThanTheMachineHas) {
  const double machine =
      static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE));
  EXPECT_GT(MemoryLimitBytes(), 0);
  EXPECT_LE(MemoryLimitBytes(), machine);
}

}  // namespace
}  // namespace geoclimate::base
