#pragma once

#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include "geoclimate/base/check.h"

namespace geoclimate::store::sqlite {

// A new folder of a test's own, removed with what lies in it. In memory where the system has such a
// place: the tests are not about the disk, and a thousand commits would wait for it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    const std::filesystem::path memory = "/dev/shm";
    std::error_code error;
    const bool usable =
        std::filesystem::is_directory(memory, error) && ::access(memory.c_str(), W_OK) == 0;
    const std::filesystem::path parent = usable ? memory : std::filesystem::temp_directory_path();
    std::string name = (parent / "geoclimate_store_XXXXXX").string();
    GC_CHECK(::mkdtemp(name.data()) != nullptr, "tests need a folder for temporary files");
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

}  // namespace geoclimate::store::sqlite
