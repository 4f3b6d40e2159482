#include "geoclimate/formats/byte_source.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace geoclimate::formats {

base::Result<std::size_t> MemorySource::Read(std::span<char> into) {
  const std::size_t count = std::min(into.size(), rest_.size());
  if (count > 0) std::memcpy(into.data(), rest_.data(), count);
  rest_.remove_prefix(count);
  return count;
}

base::Result<std::unique_ptr<FileSource>> FileSource::Open(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return base::FromErrno(errno, fmt::format("open {}", path.string()));
  std::unique_ptr<FileSource> source(new FileSource(descriptor, path.string()));
  struct stat status{};
  if (::fstat(descriptor, &status) == 0 && S_ISDIR(status.st_mode)) {
    return base::InvalidArgument(fmt::format("{} is a folder, not a file", path.string()));
  }
  return source;
}

FileSource::~FileSource() {
  ::close(descriptor_);
}

base::Result<std::size_t> FileSource::Read(std::span<char> into) {
  while (true) {
    const ssize_t count = ::read(descriptor_, into.data(), into.size());
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) return base::FromErrno(errno, fmt::format("read {}", path_));
  }
}

}  // namespace geoclimate::formats
