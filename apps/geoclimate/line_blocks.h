#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "geoclimate/base/result.h"
#include "geoclimate/formats/byte_source.h"

namespace geoclimate::app {

// Standard input. Does not close it.
class StandardInput final : public formats::ByteSource {
 public:
  base::Result<std::size_t> Read(std::span<char> into) override;
};

// Whole lines of a byte source, many at a time and as soon as they have arrived, in bounded memory.
class LineBlocks {
 public:
  // A longer line is handed out as its beginning and "...".
  static constexpr std::size_t kMaxLineBytes = 256 * 1024;

  explicit LineBlocks(std::unique_ptr<formats::ByteSource> bytes);

  // One or more lines, each ending in '\n' (added where the last one of the source lacks it); empty
  // at the end. Valid until the next call. Fails as the source does.
  base::Result<std::string_view> Next();

 private:
  base::Result<void> SkipRestOfLine();

  std::unique_ptr<formats::ByteSource> bytes_;
  std::string buffer_;
  std::size_t begin_ = 0;  // of what has been read and not handed out
  std::size_t end_ = 0;
};

}  // namespace geoclimate::app
