#include "geoclimate/redis/command_batch.h"

#include <hiredis/hiredis.h>

#include <new>
#include <vector>

#include "geoclimate/base/check.h"

namespace geoclimate::redis {

void CommandBatch::Add(std::span<const std::string_view> words) {
  GC_CHECK(!words.empty(), "a command has a name");
  std::vector<const char*> starts;
  std::vector<std::size_t> sizes;
  starts.reserve(words.size());
  sizes.reserve(words.size());
  for (const std::string_view word : words) {
    starts.push_back(word.data());
    sizes.push_back(word.size());
  }
  char* formatted = nullptr;
  const int size = redisFormatCommandArgv(&formatted, static_cast<int>(words.size()), starts.data(),
                                          sizes.data());
  if (size < 0) throw std::bad_alloc();
  bytes_.append(formatted, static_cast<std::size_t>(size));
  redisFreeCommand(formatted);
  ++count_;
}

void CommandBatch::Append(const CommandBatch& other) {
  bytes_ += other.bytes_;
  count_ += other.count_;
}

void CommandBatch::Clear() {
  bytes_.clear();
  count_ = 0;
}

}  // namespace geoclimate::redis
