#include "geoclimate/service/watcher.h"

#include <atomic>
#include <semaphore>

#include <gtest/gtest.h>

namespace geoclimate::service {
namespace {

using std::chrono::hours;

TEST(Watcher, LooksAfterEachNudge) {
  std::binary_semaphore looked(0);
  Watcher watcher(hours(1), [&looked] { looked.release(); });
  watcher.Nudge();
  looked.acquire();
  watcher.Nudge();
  looked.acquire();
}

TEST(Watcher, LooksByItselfAfterTheInterval) {
  std::atomic<int> looks = 0;
  std::binary_semaphore twice(0);
  Watcher watcher(std::chrono::milliseconds(1), [&] {
    if (++looks == 2) twice.release();
  });
  twice.acquire();
  EXPECT_GE(looks.load(), 2);
}

TEST(Watcher, EndsWithoutALookWhenItIsDestroyedAtOnce) {
  std::atomic<int> looks = 0;
  {
    Watcher watcher(hours(1), [&looks] { ++looks; });
  }
  EXPECT_EQ(looks.load(), 0);
}

}  // namespace
}  // namespace geoclimate::service
