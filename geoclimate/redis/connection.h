#pragma once

#include <memory>
#include <vector>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/deadline.h"
#include "geoclimate/base/result.h"
#include "geoclimate/redis/command_batch.h"
#include "geoclimate/redis/endpoint.h"
#include "geoclimate/redis/reply.h"
#include "geoclimate/redis/reply_parser.h"
#include "geoclimate/redis/stream.h"

namespace geoclimate::redis {

// One connection to a server. Not thread-safe.
class Connection {
 public:
  // Connects, signs in, chooses the database and hears from the server, so that whoever answers
  // there speaks the protocol. kUnavailable, kDeadlineExceeded, kDataLoss; kUnauthenticated when
  // the server does not let this user in. `clock` outlives it.
  static base::Result<std::unique_ptr<Connection>> Open(const Endpoint& endpoint,
                                                        const ReplyLimits& limits,
                                                        const base::Clock& clock,
                                                        base::Deadline deadline);

  // Sends all commands at once and reads a reply for each. A command that fails is a reply of
  // kError; an error of this function means that nothing is known of what became of the commands,
  // and breaks the connection: kUnavailable, kDeadlineExceeded, and kDataLoss for answers that are
  // none, too long or too many.
  base::Result<std::vector<Reply>> Exchange(const CommandBatch& batch, base::Deadline deadline);

  // Whoever finds answers that do not fit the commands says so.
  void Break() { broken_ = true; }
  // False after an error, when the server has closed, and when it says what nobody asked for. Never
  // waits.
  bool Usable() const { return !broken_ && !parser_.has_rest() && stream_->Quiet(); }
  bool broken() const { return broken_; }

 private:
  Connection(std::unique_ptr<Stream> stream, const ReplyLimits& limits)
      : stream_(std::move(stream)), parser_(limits) {}
  base::Result<void> SignIn(const Endpoint& endpoint, base::Deadline deadline);
  base::Result<std::vector<Reply>> TryExchange(const CommandBatch& batch, base::Deadline deadline);

  std::unique_ptr<Stream> stream_;
  ReplyParser parser_;
  bool broken_ = false;
};

}  // namespace geoclimate::redis
