#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "geoclimate/base/result.h"

namespace geoclimate::formats {

// A stream of bytes that is read once, front to back. Not thread-safe.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Fills a front part of `into` (not empty) and returns its length, at least 1; 0 at the end, and
  // again at every call after it. After an error the source is not read any further.
  virtual base::Result<std::size_t> Read(std::span<char> into) = 0;
};

// Bytes that lie in memory; they must outlive the source.
class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(std::string_view bytes) : rest_(bytes) {}
  base::Result<std::size_t> Read(std::span<char> into) override;

 private:
  std::string_view rest_;
};

// A file as it is. Errors name the path.
class FileSource final : public ByteSource {
 public:
  // kNotFound, kPermissionDenied, or kInvalidArgument when the path is a folder.
  static base::Result<std::unique_ptr<FileSource>> Open(const std::filesystem::path& path);
  ~FileSource() override;
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;
  base::Result<std::size_t> Read(std::span<char> into) override;

 private:
  FileSource(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {}
  int descriptor_;
  std::string path_;
};

}  // namespace geoclimate::formats
