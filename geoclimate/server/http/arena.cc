#include "geoclimate/server/http/arena.h"

#include <algorithm>
#include <cstring>

namespace geoclimate::server::http {

void* Arena::Allocate(std::size_t bytes, std::size_t alignment) {
  void* start = next_;
  if (next_ == nullptr || std::align(alignment, bytes, start, left_) == nullptr) {
    AddBlock(bytes + alignment);
    start = next_;
    std::align(alignment, bytes, start, left_);
  }
  next_ = static_cast<std::byte*>(start) + bytes;
  left_ -= bytes;
  return start;
}

std::string_view Arena::Copy(std::string_view text) {
  if (text.empty()) return {};
  char* copy = static_cast<char*>(Allocate(text.size(), 1));
  std::memcpy(copy, text.data(), text.size());
  return {copy, text.size()};
}

void Arena::Reset() {
  if (blocks_.empty()) return;
  blocks_.resize(1);
  next_ = blocks_.front().memory.get();
  left_ = blocks_.front().size;
}

void Arena::AddBlock(std::size_t at_least) {
  const std::size_t size = std::max(block_bytes_, at_least);
  blocks_.push_back({std::make_unique_for_overwrite<std::byte[]>(size), size});
  next_ = blocks_.back().memory.get();
  left_ = size;
}

}  // namespace geoclimate::server::http
