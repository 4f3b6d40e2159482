#include "geoclimate/server/http/arena.h"

#include <algorithm>
#include <cstring>

namespace geoclimate::server::http {

void* Arena::Allocate(std::size_t bytes, std::size_t alignment) {
  std::uintptr_t start = (next_ + alignment - 1) & ~(alignment - 1);
  if (start + bytes > end_ || next_ == 0) {
    AddBlock(bytes + alignment);
    start = (next_ + alignment - 1) & ~(alignment - 1);
  }
  next_ = start + bytes;
  return reinterpret_cast<void*>(start);
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
  next_ = reinterpret_cast<std::uintptr_t>(blocks_.front().memory.get());
  end_ = next_ + blocks_.front().size;
}

void Arena::AddBlock(std::size_t at_least) {
  const std::size_t size = std::max(block_bytes_, at_least);
  blocks_.push_back({std::make_unique_for_overwrite<std::byte[]>(size), size});
  next_ = reinterpret_cast<std::uintptr_t>(blocks_.back().memory.get());
  end_ = next_ + size;
}

}  // namespace geoclimate::server::http
