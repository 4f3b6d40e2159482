#include "geoclimate/formats/compression.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <vector>

#include "geoclimate/base/check.h"

namespace geoclimate::formats {
namespace {

constexpr std::size_t kChunk = 64 * 1024;
// zlib's window size, and 16 to ask for the gzip wrapper.
constexpr int kGzipWindow = 15 + 16;

// What was read to look at it, before the rest.
class PrefixedSource final : public ByteSource {
 public:
  PrefixedSource(std::string prefix, std::unique_ptr<ByteSource> rest)
      : prefix_(std::move(prefix)), rest_(std::move(rest)) {}

  base::Result<std::size_t> Read(std::span<char> into) override {
    if (read_ == prefix_.size()) return rest_->Read(into);
    const std::size_t count = std::min(into.size(), prefix_.size() - read_);
    std::copy_n(prefix_.data() + read_, count, into.data());
    read_ += count;
    return count;
  }

 private:
  std::string prefix_;
  std::size_t read_ = 0;
  std::unique_ptr<ByteSource> rest_;
};

}  // namespace

class GzipSource::Inflater {
 public:
  Inflater(std::unique_ptr<ByteSource> compressed, std::string name, InflateOptions options)
      : compressed_(std::move(compressed)),
        name_(std::move(name)),
        options_(options),
        input_(kChunk) {
    GC_CHECK(inflateInit2(&stream_, kGzipWindow) == Z_OK, "zlib of another version, or no memory");
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  base::Result<std::size_t> Read(std::span<char> into) {
    const std::size_t room = std::min(into.size(), std::size_t{1} << 30);
    stream_.next_out = reinterpret_cast<Bytef*>(into.data());
    stream_.avail_out = static_cast<uInt>(room);
    while (stream_.avail_out == room && !ended_) {
      GC_RETURN_IF_ERROR(Refill());
      if (ended_) break;
      GC_RETURN_IF_ERROR(Step());
    }
    const std::size_t produced = room - stream_.avail_out;
    inflated_ += produced;
    if (inflated_ > options_.max_inflated_bytes) {
      return base::Error(
          base::ErrorCode::kResourceExhausted,
          fmt::format("{} inflates to more than {} bytes", name_, options_.max_inflated_bytes));
    }
    return produced;
  }

 private:
  // Offset in the compressed bytes of what is looked at next.
  std::uint64_t Offset() const { return input_end_offset_ - stream_.avail_in; }

  base::Error Damaged(std::string_view what) const {
    return base::Error(base::ErrorCode::kDataLoss,
                       fmt::format("{}: {} at byte {} of the gzip data", name_, what, Offset()));
  }

  base::Result<void> Refill() {
    if (stream_.avail_in > 0) return {};
    GC_ASSIGN_OR_RETURN(const std::size_t count, compressed_->Read(input_));
    if (count == 0) {
      if (in_member_) return Damaged("ends in the middle");
      ended_ = true;
      return {};
    }
    input_end_offset_ += count;
    stream_.next_in = reinterpret_cast<Bytef*>(input_.data());
    stream_.avail_in = static_cast<uInt>(count);
    return {};
  }

  base::Result<void> Step() {
    if (!in_member_) {
      if (members_ > 0 && *stream_.next_in != 0x1f) return SkipPadding();
      GC_CHECK(inflateReset(&stream_) == Z_OK, "the state was initialised");
      in_member_ = true;
    }
    const int status = inflate(&stream_, Z_NO_FLUSH);
    if (status == Z_STREAM_END) {
      in_member_ = false;
      ++members_;
      return {};
    }
    if (status == Z_OK || (status == Z_BUF_ERROR && stream_.avail_in == 0)) return {};
    return Damaged(stream_.msg != nullptr ? stream_.msg : "damaged");
  }

  base::Result<void> SkipPadding() {
    while (stream_.avail_in > 0) {
      if (*stream_.next_in != 0) return Damaged("bytes that are no gzip");
      ++stream_.next_in;
      --stream_.avail_in;
    }
    return {};
  }

  std::unique_ptr<ByteSource> compressed_;
  std::string name_;
  InflateOptions options_;
  std::vector<char> input_;
  z_stream stream_{};
  std::uint64_t input_end_offset_ = 0;
  std::uint64_t inflated_ = 0;
  std::uint64_t members_ = 0;
  bool in_member_ = false;
  bool ended_ = false;
};

GzipSource::GzipSource(std::unique_ptr<ByteSource> compressed, std::string name,
                       InflateOptions options)
    : inflater_(std::make_unique<Inflater>(std::move(compressed), std::move(name), options)) {}

GzipSource::~GzipSource() = default;

base::Result<std::size_t> GzipSource::Read(std::span<char> into) {
  return inflater_->Read(into);
}

base::Result<std::unique_ptr<ByteSource>> InflateIfGzip(std::unique_ptr<ByteSource> bytes,
                                                        std::string name, InflateOptions options) {
  std::array<char, 2> magic{};
  std::size_t have = 0;
  while (have < magic.size()) {
    GC_ASSIGN_OR_RETURN(const std::size_t count, bytes->Read(std::span(magic).subspan(have)));
    if (count == 0) break;
    have += count;
  }
  const bool gzip = have == 2 && magic[0] == '\x1f' && magic[1] == '\x8b';
  std::unique_ptr<ByteSource> whole =
      std::make_unique<PrefixedSource>(std::string(magic.data(), have), std::move(bytes));
  if (!gzip) return whole;
  return std::unique_ptr<ByteSource>(
      std::make_unique<GzipSource>(std::move(whole), std::move(name), options));
}

base::Result<std::unique_ptr<ByteSource>> OpenPlainOrGzip(const std::filesystem::path& path,
                                                          InflateOptions options) {
  GC_ASSIGN_OR_RETURN(std::unique_ptr<ByteSource> file, FileSource::Open(path));
  return InflateIfGzip(std::move(file), path.string(), options);
}

base::Result<std::string> InflateGzip(std::string_view gzip, std::string_view name,
                                      InflateOptions options) {
  GzipSource source(std::make_unique<MemorySource>(gzip), std::string(name), options);
  std::string inflated;
  std::vector<char> chunk(kChunk);
  while (true) {
    GC_ASSIGN_OR_RETURN(const std::size_t count, source.Read(chunk));
    if (count == 0) return inflated;
    inflated.append(chunk.data(), count);
  }
}

struct GzipDeflater::State {
  // Runs zlib until it wants nothing more of `bytes`.
  void Run(std::string_view bytes, int flush, std::string& out) {
    int status = Z_OK;
    do {
      const std::string_view part = bytes.substr(0, std::size_t{1} << 30);
      // zlib does not write through next_in; its C interface lacks the const.
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(part.data()));
      stream.avail_in = static_cast<uInt>(part.size());
      stream.next_out = reinterpret_cast<Bytef*>(chunk.data());
      stream.avail_out = static_cast<uInt>(chunk.size());
      status = deflate(&stream, flush);
      GC_CHECK(status != Z_STREAM_ERROR, "the stream is initialised and has room");
      bytes.remove_prefix(part.size() - stream.avail_in);
      out.append(chunk.data(), chunk.size() - stream.avail_out);
    } while (!bytes.empty() || stream.avail_out == 0 ||
             (flush == Z_FINISH && status != Z_STREAM_END));
  }

  z_stream stream{};
  std::vector<char> chunk = std::vector<char>(kChunk);
};

GzipDeflater::GzipDeflater(int level) : state_(std::make_unique<State>()) {
  GC_CHECK(level >= 1 && level <= 9, "zlib's levels");
  GC_CHECK(
      deflateInit2(&state_->stream, level, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) == Z_OK,
      "zlib of another version, or no memory");
}

GzipDeflater::~GzipDeflater() {
  deflateEnd(&state_->stream);
}

void GzipDeflater::Append(std::string_view bytes, std::string& out) {
  if (!bytes.empty()) state_->Run(bytes, Z_NO_FLUSH, out);
}

void GzipDeflater::Finish(std::string& out) {
  state_->Run({}, Z_FINISH, out);
}

std::string DeflateGzip(std::string_view bytes, int level) {
  GzipDeflater deflater(level);
  std::string gzip;
  deflater.Append(bytes, gzip);
  deflater.Finish(gzip);
  return gzip;
}

}  // namespace geoclimate::formats
