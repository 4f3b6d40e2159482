#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <string>
#include <string_view>

#include "geoclimate/base/result.h"
#include "geoclimate/formats/byte_source.h"

namespace geoclimate::formats {

struct InflateOptions {
  // More inflated bytes than this are an error (kResourceExhausted), because a few kilobytes of
  // gzip can stand for gigabytes. Smaller is safer, larger takes larger files. Unlimited by
  // default, for streams that are read in bounded memory.
  std::uint64_t max_inflated_bytes = std::numeric_limits<std::uint64_t>::max();
};

// Inflates gzip (RFC 1952) while it is read, in bounded memory. Members that follow each other are
// one stream; zeros after the last one are padding. Errors name the input and the offset in the
// compressed bytes:
//   kDataLoss           ends in the middle of a member, or damaged, or followed by other bytes
//   kResourceExhausted  past max_inflated_bytes
class GzipSource final : public ByteSource {
 public:
  // `name` is what errors call the input.
  GzipSource(std::unique_ptr<ByteSource> compressed, std::string name, InflateOptions options = {});
  ~GzipSource() override;
  base::Result<std::size_t> Read(std::span<char> into) override;

 private:
  class Inflater;
  std::unique_ptr<Inflater> inflater_;
};

// `bytes` itself, or inflated when its first two bytes are those of gzip, whatever the name says.
// An error of the first read is returned.
base::Result<std::unique_ptr<ByteSource>> InflateIfGzip(std::unique_ptr<ByteSource> bytes,
                                                        std::string name,
                                                        InflateOptions options = {});

// A file, plain or gzip.
base::Result<std::unique_ptr<ByteSource>> OpenPlainOrGzip(const std::filesystem::path& path,
                                                          InflateOptions options = {});

// A whole gzip body. `name` is what errors call it.
base::Result<std::string> InflateGzip(std::string_view gzip, std::string_view name,
                                      InflateOptions options);

// Compresses one gzip member, without name and time, that comes in pieces: equal pieces in, equal
// bytes out. Not thread-safe.
class GzipDeflater {
 public:
  // 1 (fastest) to 9 (smallest).
  explicit GzipDeflater(int level = 6);
  ~GzipDeflater();
  GzipDeflater(const GzipDeflater&) = delete;
  GzipDeflater& operator=(const GzipDeflater&) = delete;

  // Appends to `out` what is ready of the compressed bytes, which may be nothing yet.
  void Append(std::string_view bytes, std::string& out);
  // Appends the rest. Once; the deflater is spent afterwards.
  void Finish(std::string& out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The whole at once, by a GzipDeflater.
std::string DeflateGzip(std::string_view bytes, int level = 6);

}  // namespace geoclimate::formats
