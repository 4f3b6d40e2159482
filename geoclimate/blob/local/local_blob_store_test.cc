#include "geoclimate/blob/local/local_blob_store.h"

#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include <gtest/gtest.h>

#include "geoclimate/blob/local/crash_fixture.h"

namespace geoclimate::blob {
namespace {

namespace fs = std::filesystem;

std::size_t Temporaries(const fs::path& root) {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(root / "~tmp"), fs::directory_iterator()));
}

TEST(LocalBlobStore, AProcessThatDiesAtAnyStepLeavesTheOldOrTheNewBlobAndNoLock) {
  for (const WriteStep step : kWriteSteps) {
    SCOPED_TRACE(static_cast<int>(step));
    const TemporaryFolder folder;
    ASSERT_TRUE(OpenLocalStore(folder.path())->Put("a/b", "old").ok());
    AtStep die(step, []() -> base::Result<void> { ::_exit(9); });
    ASSERT_EQ(InChild([&] { (void)OpenLocalStore(folder.path(), &die)->Put("a/b", "new"); }), 9);

    const auto store = OpenLocalStore(folder.path());
    EXPECT_EQ(store->Get("a/b")->bytes, step < WriteStep::kRenamed ? "old" : "new");
    EXPECT_EQ(store->List("")->size(), 1U);
    EXPECT_EQ(Temporaries(folder.path()), 0U);
    EXPECT_TRUE(store->Put("a/b", "newer").ok());
  }
}

TEST(LocalBlobStore, AStepThatFailsLeavesNoTemporaryAndNoLock) {
  for (const WriteStep step : kWriteSteps) {
    SCOPED_TRACE(static_cast<int>(step));
    const TemporaryFolder folder;
    AtStep fail(step, [] { return base::Result<void>(base::Unavailable("disk")); });
    const auto store = OpenLocalStore(folder.path(), &fail);
    const base::Result<std::string> put = store->Put("a", "new");
    ASSERT_FALSE(put.ok());
    EXPECT_EQ(put.error().message(), "disk");
    EXPECT_EQ(Temporaries(folder.path()), 0U);
    EXPECT_EQ(*store->Exists("a"), step >= WriteStep::kRenamed);
    EXPECT_TRUE(OpenLocalStore(folder.path())->Put("a", "newer").ok());
  }
}

TEST(LocalBlobStore, OpeningLeavesTheTemporariesOfALivingWriterAlone) {
  const TemporaryFolder folder;
  std::size_t seen = 0;
  AtStep open_again(WriteStep::kBytesWritten, [&]() -> base::Result<void> {
    OpenLocalStore(folder.path());
    seen = Temporaries(folder.path());
    return {};
  });
  ASSERT_TRUE(OpenLocalStore(folder.path(), &open_again)->Put("a", "1").ok());
  EXPECT_EQ(seen, 1U);
  EXPECT_EQ(OpenLocalStore(folder.path())->Get("a")->bytes, "1");
}

TEST(LocalBlobStore, OfManyProcessesThatReplaceAVersionOneWins) {
  constexpr int kProcesses = 4;
  constexpr int kRounds = 20;
  const TemporaryFolder folder;
  const auto store = OpenLocalStore(folder.path());
  ASSERT_TRUE(store->Put("counter", "0").ok());
  std::vector<pid_t> children;
  for (int i = 0; i < kProcesses; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      const auto own = OpenLocalStore(folder.path());
      for (int done = 0; done < kRounds;) {
        const base::Result<Blob> blob = own->Get("counter");
        if (!blob.ok()) ::_exit(1);
        const int value = std::stoi(blob->bytes);
        if (own->PutIfMatch("counter", std::to_string(value + 1), blob->version).ok()) ++done;
      }
      ::_exit(0);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(store->Get("counter")->bytes, std::to_string(kProcesses * kRounds));
}

TEST(LocalBlobStore, ABlobCannotBeAFolderToo) {
  const TemporaryFolder folder;
  const auto store = OpenLocalStore(folder.path());
  ASSERT_TRUE(store->Put("a/b", "1").ok());
  EXPECT_EQ(store->Put("a", "2").error().code(), base::ErrorCode::kFailedPrecondition);
  EXPECT_EQ(store->Put("a/b/c", "2").error().code(), base::ErrorCode::kFailedPrecondition);
  EXPECT_EQ(store->Get("a/b")->bytes, "1");
}

TEST(LocalBlobStore, AFolderThatWasRemovedIsMadeAgain) {
  const TemporaryFolder folder;
  const auto store = OpenLocalStore(folder.path());
  ASSERT_TRUE(store->Put("a/b/c", "1").ok());
  fs::remove_all(folder.path() / "a");
  EXPECT_TRUE(store->Put("a/b/c", "2").ok());
  EXPECT_EQ(store->Get("a/b/c")->bytes, "2");
}

TEST(LocalBlobStore, FilesThatCannotBeKeysAreNotListed) {
  const TemporaryFolder folder;
  const auto store = OpenLocalStore(folder.path());
  ASSERT_TRUE(store->Put("a", "1").ok());
  std::ofstream(folder.path() / "a backup copy") << "x";
  EXPECT_EQ(store->List("")->size(), 1U);
}

TEST(LocalBlobStore, ARootThatIsAFileIsRefused) {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "file") << "x";
  const auto store = LocalBlobStore::Open(folder.path() / "file");
  ASSERT_FALSE(store.ok());
  EXPECT_EQ(store.error().code(), base::ErrorCode::kFailedPrecondition);
}

}  // namespace
}  // namespace geoclimate::blob
