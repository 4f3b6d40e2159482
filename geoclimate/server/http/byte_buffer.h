#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

namespace geoclimate::server::http {

// Bytes that are appended at the end and taken off the front. Grows by doubling, never initialises
// memory, keeps its capacity when emptied. A view of its bytes is valid until it grows or is
// compacted. Not thread-safe.
class ByteBuffer {
 public:
  ByteBuffer() = default;

  std::string_view bytes() const { return {memory_.get() + begin_, end_ - begin_}; }
  const char* data() const { return memory_.get() + begin_; }
  std::size_t size() const { return end_ - begin_; }
  bool empty() const { return begin_ == end_; }
  std::size_t capacity() const { return capacity_; }

  // Where at least `bytes` may be written, to be followed by Commit() of what was.
  char* Reserve(std::size_t bytes) {
    if (end_ + bytes > capacity_) MakeRoom(bytes);
    return memory_.get() + end_;
  }
  // Free bytes behind the end.
  std::size_t room() const { return capacity_ - end_; }
  void Commit(std::size_t bytes) { end_ += bytes; }

  void Append(std::string_view text) {
    if (text.empty()) return;
    std::memcpy(Reserve(text.size()), text.data(), text.size());
    Commit(text.size());
  }

  void RemoveFront(std::size_t bytes) {
    begin_ += bytes;
    if (begin_ == end_) begin_ = end_ = 0;
  }
  // Takes `bytes` out behind the first `offset`.
  void Erase(std::size_t offset, std::size_t bytes) {
    if (bytes == 0) return;
    char* const hole = memory_.get() + begin_ + offset;
    std::memmove(hole, hole + bytes, size() - offset - bytes);
    end_ -= bytes;
  }
  void Clear() { begin_ = end_ = 0; }
  // Clear(), and gives memory above `bytes` back to the heap.
  void ClearAndShrink(std::size_t bytes) {
    Clear();
    if (capacity_ > bytes) {
      memory_.reset();
      capacity_ = 0;
    }
  }

 private:
  void MakeRoom(std::size_t bytes) {
    const std::size_t held = size();
    if (begin_ > 0 && held + bytes <= capacity_ && held <= begin_) {
      std::memcpy(memory_.get(), data(), held);
    } else {
      std::size_t capacity = capacity_ == 0 ? 4096 : capacity_ * 2;
      while (capacity < held + bytes) capacity *= 2;
      auto memory = std::make_unique_for_overwrite<char[]>(capacity);
      if (held > 0) std::memcpy(memory.get(), data(), held);
      memory_ = std::move(memory);
      capacity_ = capacity;
    }
    begin_ = 0;
    end_ = held;
  }

  std::unique_ptr<char[]> memory_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace geoclimate::server::http
