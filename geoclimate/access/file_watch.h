#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "geoclimate/base/mutex.h"
#include "geoclimate/base/result.h"

namespace geoclimate::access {

// Reads files again when they change: a thread of its own looks every two seconds, also behind
// symbolic links, as secrets of a cluster are exchanged. While reading fails what was read before
// goes on to count, the failure is logged once, and the next look tries again.
//
// Thread-safe. The destructor returns when no reading is in progress.
class FileWatch {
 public:
  // Reads once; the error of that is the result. `read` is called on one thread at a time and
  // returns an error without having changed anything. `what` is for the log.
  static base::Result<std::unique_ptr<FileWatch>> Start(std::string what,
                                                        std::vector<std::filesystem::path> files,
                                                        std::function<base::Result<void>()> read);
  ~FileWatch();
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;

  // Looks now.
  base::Result<void> Look() EXCLUDES(look_mutex_);

 private:
  FileWatch(std::string what, std::vector<std::filesystem::path> files,
            std::function<base::Result<void>()> read)
      : what_(std::move(what)), files_(std::move(files)), read_(std::move(read)) {}
  void Run();
  std::string Fingerprint() const;

  const std::string what_;
  const std::vector<std::filesystem::path> files_;
  const std::function<base::Result<void>()> read_;
  base::Mutex look_mutex_;
  std::string seen_ GUARDED_BY(look_mutex_);
  base::Mutex stop_mutex_;
  base::CondVar stopped_;
  bool stopping_ GUARDED_BY(stop_mutex_) = false;
  std::thread thread_;
};

}  // namespace geoclimate::access
