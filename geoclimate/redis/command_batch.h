#pragma once

#include <cstddef>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace geoclimate::redis {

// Commands that go to a server together and are answered in their order. Words are bytes of any
// kind, so no value is ever taken for a command.
//
//   CommandBatch batch;
//   batch.Add({"SET", key, value, "EX", "300"});
//   batch.Add({"GET", other});
//   auto replies = pool.Exchange(batch, deadline);
//
// A value; not thread-safe.
class CommandBatch {
 public:
  void Add(std::span<const std::string_view> words);
  void Add(std::initializer_list<std::string_view> words) { Add(std::span(words)); }
  // The commands of `other`, after these.
  void Append(const CommandBatch& other);
  void Clear();

  std::size_t size() const { return count_; }
  bool empty() const { return count_ == 0; }
  // As they go over the wire. Holds what was added: not for a log.
  std::string_view bytes() const { return bytes_; }

 private:
  std::string bytes_;
  std::size_t count_ = 0;
};

}  // namespace geoclimate::redis
