// A platform that loses its power at any moment has afterwards everything that it acknowledged, and
// nothing in part.
//
// --cuts=N: how many power cuts (400). --seed=N: of the first trial (1); with --cuts=1 that one
// alone. A failure names the seed of its trial.

#include <gtest/gtest.h>

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "geoclimate/base/log.h"
#include "tests/fault/power/power_trial.h"

namespace geoclimate::fault {
namespace {

int cuts_wanted = 400;
std::uint64_t first_seed = 1;

std::string Text(const Losses& losses) {
  std::string text;
  for (const std::string& loss : losses) text += "\n  " + loss;
  return text;
}

TEST(PowerCutTest, NothingAcknowledgedIsLostAndNothingIsHalfThere) {
  TrialReport sum;
  std::uint64_t seed = first_seed;
  for (; sum.power_cuts < cuts_wanted && !HasFailure(); ++seed) {
    const TrialReport report = RunTrial({.seed = seed});
    EXPECT_TRUE(report.losses.empty())
        << "--cuts=1 --seed=" << seed << " shows it again:" << Text(report.losses);
    sum.power_cuts += report.power_cuts;
    sum.kills += report.kills;
    sum.acknowledged += report.acknowledged;
    sum.died_while_open += report.died_while_open;
  }
  std::printf(
      "%d power cuts and %d kills in %lu trials: %d changes acknowledged, %d died while they "
      "opened\n",
      sum.power_cuts, sum.kills, static_cast<unsigned long>(seed - first_seed), sum.acknowledged,
      sum.died_while_open);
}

// How many of some trials notice a lie.
int Noticed(Lie lie) {
  int noticed = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    if (!RunTrial({.seed = seed, .lie = lie}).losses.empty()) ++noticed;
  }
  return noticed;
}

TEST(PowerCutTest, ADatabaseThatIsNotSyncedIsNoticed) {
  EXPECT_GT(Noticed(Lie::kDatabaseSync), 20);
}

TEST(PowerCutTest, AFileThatIsNotSyncedIsNoticed) {
  EXPECT_GT(Noticed(Lie::kFileSync), 20);
}

TEST(PowerCutTest, AFolderThatIsNotSyncedAfterARenameIsNoticed) {
  EXPECT_GT(Noticed(Lie::kFolderSync), 20);
}

TEST(PowerCutTest, TheSameSeedIsTheSameTrial) {
  const TrialReport first = RunTrial({.seed = 5, .lie = Lie::kFolderSync});
  const TrialReport again = RunTrial({.seed = 5, .lie = Lie::kFolderSync});
  EXPECT_EQ(first.losses, again.losses);
  EXPECT_EQ(first.acknowledged, again.acknowledged);
}

template <typename Number>
bool ParseOption(std::string_view argument, std::string_view name, Number& into) {
  if (!argument.starts_with(name)) return false;
  argument.remove_prefix(name.size());
  const auto parsed = std::from_chars(argument.data(), argument.data() + argument.size(), into);
  return parsed.ec == std::errc() && parsed.ptr == argument.data() + argument.size();
}

}  // namespace
}  // namespace geoclimate::fault

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  for (int i = 1; i < argc; ++i) {
    if (!geoclimate::fault::ParseOption(argv[i], "--cuts=", geoclimate::fault::cuts_wanted) &&
        !geoclimate::fault::ParseOption(argv[i], "--seed=", geoclimate::fault::first_seed)) {
      std::fprintf(stderr, "power_cut_test takes --cuts=N and --seed=N, not %s\n", argv[i]);
      return 2;
    }
  }
  // A disk that dies is no news here.
  geoclimate::base::SetLogLevel(geoclimate::base::LogLevel::kOff);
  return RUN_ALL_TESTS();
}
