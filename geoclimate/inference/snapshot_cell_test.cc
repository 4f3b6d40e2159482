#include "geoclimate/inference/snapshot_cell.h"

#include <atomic>
#include <optional>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace geoclimate::inference {
namespace {

// Counts the living, and turns to rubbish when it dies.
struct Value {
  Value(int number, std::atomic<int>& alive) : first(number), second(number), living(alive) {
    ++living;
  }
  ~Value() {
    first = -1;
    second = -2;
    --living;
  }
  Value(const Value&) = delete;
  Value& operator=(const Value&) = delete;

  int first;
  int second;
  std::atomic<int>& living;
};

TEST(SnapshotCell, IsEmptyUntilSomethingIsPublished) {
  SnapshotCell<int> cell;
  EXPECT_FALSE(cell.Acquire());
  EXPECT_EQ(cell.Share(), nullptr);
  EXPECT_EQ(cell.Reclaim(), 0U);
  cell.Publish(std::make_shared<const int>(5));
  EXPECT_EQ(*cell.Acquire(), 5);
  cell.Publish(nullptr);
  EXPECT_FALSE(cell.Acquire());
}

TEST(SnapshotCell, AReplacedValueLivesUntilItsReaderIsGoneAndItIsReclaimed) {
  std::atomic<int> alive{0};
  SnapshotCell<Value> cell;
  cell.Publish(std::make_shared<const Value>(1, alive));
  std::optional<SnapshotRef<Value>> reader(cell.Acquire());
  cell.Publish(std::make_shared<const Value>(2, alive));
  EXPECT_EQ(cell.Reclaim(), 1U);
  EXPECT_EQ((*reader)->first, 1);
  EXPECT_EQ(cell.Acquire()->first, 2);
  reader.reset();
  EXPECT_EQ(alive, 2) << "a reader frees nothing";
  EXPECT_EQ(cell.Reclaim(), 0U);
  EXPECT_EQ(alive, 1);
}

TEST(SnapshotCell, AMovedReaderHoldsTheValueOnce) {
  std::atomic<int> alive{0};
  SnapshotCell<Value> cell;
  cell.Publish(std::make_shared<const Value>(1, alive));
  {
    SnapshotRef<Value> first = cell.Acquire();
    const SnapshotRef<Value> second = std::move(first);
    cell.Publish(std::make_shared<const Value>(2, alive));
    EXPECT_EQ(cell.Reclaim(), 1U);
    EXPECT_EQ(second->first, 1);
  }
  EXPECT_EQ(cell.Reclaim(), 0U);
}

TEST(SnapshotCell, ReadersPastTheSlotsStillReadAndHold) {
  std::atomic<int> alive{0};
  SnapshotCell<Value> cell;
  cell.Publish(std::make_shared<const Value>(1, alive));
  std::vector<SnapshotRef<Value>> readers;
  readers.reserve(SnapshotCell<Value>::kSlots + 10);
  for (std::size_t i = 0; i < SnapshotCell<Value>::kSlots + 10; ++i) {
    readers.push_back(cell.Acquire());
  }
  cell.Publish(std::make_shared<const Value>(2, alive));
  cell.Reclaim();
  for (const SnapshotRef<Value>& reader : readers) EXPECT_EQ(reader->first, 1);
  // The last ones hold shared pointers, which the cell does not see.
  readers.clear();
  EXPECT_EQ(cell.Reclaim(), 0U);
  EXPECT_EQ(alive, 1);
}

TEST(SnapshotCell, ReadersNeverSeeADeadOrAnOlderValueWhileItIsReplaced) {
  constexpr int kVersions = 20'000;
  std::atomic<int> alive{0};
  SnapshotCell<Value> cell;
  cell.Publish(std::make_shared<const Value>(1, alive));
  std::atomic<bool> done{false};
  std::atomic<int> wrong{0};
  std::vector<std::thread> readers;
  readers.reserve(3);
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      int newest = 0;
      while (!done.load(std::memory_order_relaxed)) {
        const SnapshotRef<Value> value = cell.Acquire();
        const int first = value->first;
        if (first < newest || value->second != first) ++wrong;
        newest = first;
      }
    });
  }
  for (int version = 2; version <= kVersions; ++version) {
    cell.Publish(std::make_shared<const Value>(version, alive));
    if (version % 3 == 0) cell.Reclaim();
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(cell.Reclaim(), 0U);
  EXPECT_EQ(alive, 1);
}

TEST(SnapshotCell, ARefsValueIsSharedThoughItWasReplaced) {
  SnapshotCell<int> cell;
  EXPECT_EQ(cell.Share(cell.Acquire()), nullptr);
  cell.Publish(std::make_shared<const int>(1));
  std::shared_ptr<const int> shared;
  {
    const SnapshotRef<int> ref = cell.Acquire();
    EXPECT_EQ(*cell.Share(ref), 1);
    cell.Publish(std::make_shared<const int>(2));
    cell.Reclaim();
    shared = cell.Share(ref);
  }
  cell.Reclaim();
  ASSERT_NE(shared, nullptr);
  EXPECT_EQ(*shared, 1);
  EXPECT_EQ(*cell.Share(cell.Acquire()), 2);
}

}  // namespace
}  // namespace geoclimate::inference
