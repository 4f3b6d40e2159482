#include "apps/geoclimate/line_blocks.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <span>
#include <utility>

namespace geoclimate::app {
namespace {

constexpr std::string_view kCutMark = "...\n";
constexpr std::size_t kKeptOfLongLine = 64;

}  // namespace

base::Result<std::size_t> StandardInput::Read(std::span<char> into) {
  for (;;) {
    const ssize_t count = ::read(STDIN_FILENO, into.data(), into.size());
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) return base::FromErrno(errno, "read standard input");
  }
}

LineBlocks::LineBlocks(std::unique_ptr<formats::ByteSource> bytes)
    : bytes_(std::move(bytes)), buffer_(kMaxLineBytes, '\0') {}

base::Result<std::string_view> LineBlocks::Next() {
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  for (;;) {
    if (end_ == buffer_.size()) {
      GC_RETURN_IF_ERROR(SkipRestOfLine());
      return std::string_view(buffer_.data(), kKeptOfLongLine + kCutMark.size());
    }
    GC_ASSIGN_OR_RETURN(const std::size_t count, bytes_->Read(std::span(buffer_).subspan(end_)));
    const std::size_t searched = end_;
    if (count == 0) {
      if (end_ > 0) buffer_[end_++] = '\n';
    } else {
      end_ += count;
    }
    const std::size_t newline =
        std::string_view(buffer_.data() + searched, end_ - searched).rfind('\n');
    if (newline != std::string_view::npos) begin_ = searched + newline + 1;
    if (begin_ > 0 || count == 0) return std::string_view(buffer_.data(), begin_);
  }
}

// Leaves the beginning of the line, marked as cut, at the front of the buffer and what follows the
// line behind it, to be handed out next.
base::Result<void> LineBlocks::SkipRestOfLine() {
  std::memcpy(buffer_.data() + kKeptOfLongLine, kCutMark.data(), kCutMark.size());
  const std::size_t kept = kKeptOfLongLine + kCutMark.size();
  begin_ = kept;
  end_ = kept;
  for (;;) {
    GC_ASSIGN_OR_RETURN(const std::size_t count, bytes_->Read(std::span(buffer_).subspan(kept)));
    if (count == 0) return {};
    const std::size_t newline = std::string_view(buffer_.data() + kept, count).find('\n');
    if (newline == std::string_view::npos) continue;
    begin_ = kept + newline + 1;
    end_ = kept + count;
    return {};
  }
}

}  // namespace geoclimate::app
