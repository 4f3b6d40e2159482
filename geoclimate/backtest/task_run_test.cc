#include "geoclimate/backtest/task_run.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <vector>

namespace geoclimate::backtest {
namespace {

TEST(TaskRun, RunsEachTaskOnce) {
  for (const std::size_t threads : {1U, 3U, 50U}) {
    std::vector<std::atomic<int>> runs(20);
    const auto task = [&](std::size_t i) -> base::Result<void> {
      ++runs[i];
      return {};
    };
    ASSERT_TRUE(TaskRun(runs.size(), task).Run(threads).ok());
    for (const std::atomic<int>& count : runs) EXPECT_EQ(count, 1);
  }
}

TEST(TaskRun, NothingToDoIsDone) {
  EXPECT_TRUE(TaskRun(0, [](std::size_t) -> base::Result<void> { return base::Internal("called"); })
                  .Run(2)
                  .ok());
}

TEST(TaskRun, AfterAFailureNoTaskBegins) {
  int runs = 0;
  const auto task = [&](std::size_t i) -> base::Result<void> {
    ++runs;
    if (i == 3) return base::Internal("the fourth");
    return {};
  };
  const auto done = TaskRun(10, task).Run(1);
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().message(), "the fourth");
  EXPECT_EQ(runs, 4);
}

}  // namespace
}  // namespace geoclimate::backtest
