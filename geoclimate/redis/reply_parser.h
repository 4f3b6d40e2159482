#pragma once

#include <memory>
#include <optional>
#include <span>

#include "geoclimate/base/result.h"
#include "geoclimate/redis/reply.h"

struct redisReader;

namespace geoclimate::redis {

// Cuts the bytes of a server into replies (RESP 2), by hiredis' reader. Never holds more than the
// limits of one reply and what came with the last bytes. Not thread-safe.
class ReplyParser {
 public:
  explicit ReplyParser(const ReplyLimits& limits);
  ~ReplyParser();
  ReplyParser(const ReplyParser&) = delete;
  ReplyParser& operator=(const ReplyParser&) = delete;

  // Bytes as they came.
  base::Result<void> Feed(std::span<const char> bytes);
  // The next whole reply; nothing while it is not all there. kDataLoss for what is no reply or
  // above the limits: the parser is of no more use then.
  base::Result<std::optional<Reply>> Next();
  // Bytes of a reply that is not all there, or of one that nobody asked for.
  bool has_rest() const;

 private:
  struct Budget;
  struct Free {
    void operator()(redisReader* reader) const;
  };

  const ReplyLimits limits_;
  std::unique_ptr<Budget> budget_;
  std::unique_ptr<redisReader, Free> reader_;
  std::size_t unread_ = 0;  // bytes since the last whole reply
};

}  // namespace geoclimate::redis
