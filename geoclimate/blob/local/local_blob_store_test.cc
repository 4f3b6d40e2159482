#include "geoclimate/blob/local/local_blob_store.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <optional>

#include <gtest/gtest.h>

#include "geoclimate/blob/blob_store_conformance.h"

namespace geoclimate::blob {
namespace {

namespace fs = std::filesystem;

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (fs::temp_directory_path() / "geoclimate_blob_XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

std::unique_ptr<LocalBlobStore> OpenStore(const fs::path& root, WriteObserver* observer = nullptr) {
  base::Result<std::unique_ptr<LocalBlobStore>> store = LocalBlobStore::Open(root, observer);
  EXPECT_TRUE(store.ok()) << store.error().message();
  return *std::move(store);
}

StoreUnderTest MakeLocalStore() {
  auto folder = std::make_shared<TemporaryFolder>();
  std::unique_ptr<BlobStore> store = OpenStore(folder->path() / "not/yet/there");
  return {std::move(folder), std::move(store)};
}

INSTANTIATE_TEST_SUITE_P(Local, BlobStoreConformance, testing::Values(&MakeLocalStore));

constexpr WriteStep kSteps[] = {WriteStep::kLocked,       WriteStep::kTemporaryMade,
                                WriteStep::kBytesWritten, WriteStep::kFileSynced,
                                WriteStep::kRenamed,      WriteStep::kFolderSynced};

// Does something at one step.
class AtStep final : public WriteObserver {
 public:
  AtStep(WriteStep step, std::function<base::Result<void>()> action)
      : step_(step), action_(std::move(action)) {}
  base::Result<void> After(WriteStep step, std::string_view) override {
    return step == step_ ? action_() : base::Result<void>();
  }

 private:
  WriteStep step_;
  std::function<base::Result<void>()> action_;
};

// Runs `body` in a process of its own and waits for its end; its exit code.
int InChild(const std::function<void()>& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    body();
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::size_t Temporaries(const fs::path& root) {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(root / "~tmp"), fs::directory_iterator()));
}

TEST(LocalBlobStore, AProcessThatDiesAtAnyStepLeavesTheOldOrTheNewBlobAndNoLock) {
  for (const WriteStep step : kSteps) {
    SCOPED_TRACE(static_cast<int>(step));
    const TemporaryFolder folder;
    ASSERT_TRUE(OpenStore(folder.path())->Put("a/b", "old").ok());
    AtStep die(step, []() -> base::Result<void> { ::_exit(9); });
    ASSERT_EQ(InChild([&] { (void)OpenStore(folder.path(), &die)->Put("a/b", "new"); }), 9);

    const auto store = OpenStore(folder.path());
    EXPECT_EQ(store->Get("a/b")->bytes, step < WriteStep::kRenamed ? "old" : "new");
    EXPECT_EQ(store->List("")->size(), 1U);
    EXPECT_EQ(Temporaries(folder.path()), 0U);
    EXPECT_TRUE(store->Put("a/b", "newer").ok());
  }
}

TEST(LocalBlobStore, AStepThatFailsLeavesNoTemporaryAndNoLock) {
  for (const WriteStep step : kSteps) {
    SCOPED_TRACE(static_cast<int>(step));
    const TemporaryFolder folder;
    AtStep fail(step, [] { return base::Result<void>(base::Unavailable("disk")); });
    const auto store = OpenStore(folder.path(), &fail);
    const base::Result<std::string> put = store->Put("a", "new");
    ASSERT_FALSE(put.ok());
    EXPECT_EQ(put.error().message(), "disk");
    EXPECT_EQ(Temporaries(folder.path()), 0U);
    EXPECT_EQ(*store->Exists("a"), step >= WriteStep::kRenamed);
    EXPECT_TRUE(OpenStore(folder.path())->Put("a", "newer").ok());
  }
}

TEST(LocalBlobStore, OpeningLeavesTheTemporariesOfALivingWriterAlone) {
  const TemporaryFolder folder;
  std::size_t seen = 0;
  AtStep open_again(WriteStep::kBytesWritten, [&]() -> base::Result<void> {
    OpenStore(folder.path());
    seen = Temporaries(folder.path());
    return {};
  });
  ASSERT_TRUE(OpenStore(folder.path(), &open_again)->Put("a", "1").ok());
  EXPECT_EQ(seen, 1U);
  EXPECT_EQ(OpenStore(folder.path())->Get("a")->bytes, "1");
}

TEST(LocalBlobStore, OfManyProcessesThatReplaceAVersionOneWins) {
  constexpr int kProcesses = 4;
  constexpr int kRounds = 20;
  const TemporaryFolder folder;
  const auto store = OpenStore(folder.path());
  ASSERT_TRUE(store->Put("counter", "0").ok());
  std::vector<pid_t> children;
  for (int i = 0; i < kProcesses; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      const auto own = OpenStore(folder.path());
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
  const auto store = OpenStore(folder.path());
  ASSERT_TRUE(store->Put("a/b", "1").ok());
  EXPECT_EQ(store->Put("a", "2").error().code(), base::ErrorCode::kFailedPrecondition);
  EXPECT_EQ(store->Put("a/b/c", "2").error().code(), base::ErrorCode::kFailedPrecondition);
  EXPECT_EQ(store->Get("a/b")->bytes, "1");
}

TEST(LocalBlobStore, FilesThatCannotBeKeysAreNotListed) {
  const TemporaryFolder folder;
  const auto store = OpenStore(folder.path());
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
