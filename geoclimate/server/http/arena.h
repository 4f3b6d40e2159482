#pragma once

#include <cstddef>
#include <memory>
#include <memory_resource>
#include <string_view>
#include <vector>

namespace geoclimate::server::http {

// Scratch memory that lives as long as one request: allocation moves a pointer, nothing is freed
// until Reset(), and a warm arena asks the heap for nothing. As a std::pmr::memory_resource it
// carries std::pmr containers; their destructors need not run, but may.
//
// Not thread-safe: one request, one thread at a time.
class Arena final : public std::pmr::memory_resource {
 public:
  // The first block is made at the first allocation.
  explicit Arena(std::size_t block_bytes = 16384) : block_bytes_(block_bytes) {}
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // Uninitialised; valid until Reset(). Never null.
  void* Allocate(std::size_t bytes, std::size_t alignment = alignof(std::max_align_t));
  // A copy of `text` that lives until Reset().
  std::string_view Copy(std::string_view text);
  // Takes all memory back. Keeps the first block; the others, of an unusually large request, go
  // back to the heap.
  void Reset();

 private:
  struct Block {
    std::unique_ptr<std::byte[]> memory;
    std::size_t size;
  };

  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    return Allocate(bytes, alignment);
  }
  void do_deallocate(void*, std::size_t, std::size_t) override {}
  bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
    return this == &other;
  }
  void AddBlock(std::size_t at_least);

  std::size_t block_bytes_;
  std::vector<Block> blocks_;
  std::byte* next_ = nullptr;
  std::size_t left_ = 0;
};

}  // namespace geoclimate::server::http
