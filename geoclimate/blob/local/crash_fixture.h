#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <gtest/gtest.h>

#include "geoclimate/blob/local/local_blob_store.h"

// For tests of what is left when a process dies in the middle of a write.
namespace geoclimate::blob {

// A folder of its own, removed with all that is in it. In memory where the system has such a place:
// the tests are about processes that die, not about the disk.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (Parent() / "geoclimate_blob_XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  static std::filesystem::path Parent() {
    return ::access("/dev/shm", W_OK) == 0 ? "/dev/shm" : std::filesystem::temp_directory_path();
  }

  std::filesystem::path path_;
};

inline std::unique_ptr<LocalBlobStore> OpenLocalStore(const std::filesystem::path& root,
                                                      WriteObserver* observer = nullptr) {
  base::Result<std::unique_ptr<LocalBlobStore>> store = LocalBlobStore::Open(root, observer);
  EXPECT_TRUE(store.ok()) << store.error().message();
  return *std::move(store);
}

inline constexpr WriteStep kWriteSteps[] = {WriteStep::kLocked,       WriteStep::kTemporaryMade,
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
inline int InChild(const std::function<void()>& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    body();
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace geoclimate::blob
