#include "geoclimate/access/file_watch.h"

#include <sys/stat.h>

#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/log.h"

namespace geoclimate::access {
namespace {

constexpr std::chrono::seconds kInterval{2};

}  // namespace

base::Result<std::unique_ptr<FileWatch>> FileWatch::Start(
    std::string what, std::vector<std::filesystem::path> files,
    std::function<base::Result<void>()> read) {
  std::unique_ptr<FileWatch> watch(
      new FileWatch(std::move(what), std::move(files), std::move(read)));
  GC_RETURN_IF_ERROR(watch->Look());
  watch->thread_ = std::thread([&started = *watch] { started.Run(); });
  return watch;
}

FileWatch::~FileWatch() {
  {
    const base::MutexLock lock(stop_mutex_);
    stopping_ = true;
    stopped_.NotifyAll();
  }
  if (thread_.joinable()) thread_.join();
}

// Changes when a file is written, or another takes its place.
std::string FileWatch::Fingerprint() const {
  std::string text;
  for (const std::filesystem::path& file : files_) {
    struct stat status{};
    if (::stat(file.c_str(), &status) != 0) continue;
    text += fmt::format("{} {} {} {}.{};", file.string(), status.st_ino, status.st_size,
                        status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
  }
  return text;
}

base::Result<void> FileWatch::Look() {
  const base::MutexLock lock(look_mutex_);
  std::string fingerprint = Fingerprint();
  if (!seen_.empty() && fingerprint == seen_) return {};
  GC_RETURN_IF_ERROR(read_());
  if (!seen_.empty()) base::Log(base::LogLevel::kInfo, "access", "read again", {{"what", what_}});
  seen_ = std::move(fingerprint);
  return {};
}

void FileWatch::Run() {
  const base::SystemClock clock;
  std::string last_failure;
  while (true) {
    {
      const base::Deadline next = base::Deadline::After(clock, kInterval);
      const base::MutexLock lock(stop_mutex_);
      while (!stopping_ && stopped_.WaitUntil(stop_mutex_, next)) {
      }
      if (stopping_) return;
    }
    const base::Result<void> looked = Look();
    const std::string failure = looked.ok() ? std::string() : looked.error().ToString();
    if (!failure.empty() && failure != last_failure) {
      base::Log(base::LogLevel::kWarning, "access", "what was read before goes on to count",
                {{"what", what_}, {"error", failure}});
    }
    last_failure = failure;
  }
}

}  // namespace geoclimate::access
