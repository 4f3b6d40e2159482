#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/deadline.h"
#include "geoclimate/base/result.h"
#include "geoclimate/redis/endpoint.h"

namespace geoclimate::redis {

// Bytes to and from a server. After an error it is of no more use. Errors: kDeadlineExceeded when
// the deadline passed first; kUnavailable for a connection that is gone. Not thread-safe.
class Stream {
 public:
  virtual ~Stream() = default;
  // All of `bytes`.
  virtual base::Result<void> Write(std::string_view bytes, base::Deadline deadline) = 0;
  // What has come, at least one byte. The end of the stream is kUnavailable.
  virtual base::Result<std::size_t> Read(std::span<char> space, base::Deadline deadline) = 0;
  // Whether nothing waits to be read and the other side has not closed: so is a connection on which
  // all has been answered. Never waits.
  virtual bool Quiet() const = 0;
};

// Connects by the endpoint's transport, with TLS from 1.2 on and the server's name checked where
// it says so. Looking the name up is the C library's and may take longer than the deadline.
// `clock` outlives the stream.
base::Result<std::unique_ptr<Stream>> Connect(const Endpoint& endpoint, const base::Clock& clock,
                                              base::Deadline deadline);

// The two layers of it.
base::Result<std::unique_ptr<Stream>> ConnectSocket(const Endpoint& endpoint,
                                                    const base::Clock& clock,
                                                    base::Deadline deadline);
base::Result<std::unique_ptr<Stream>> StartTls(std::unique_ptr<Stream> below,
                                               const Endpoint& endpoint, base::Deadline deadline);

}  // namespace geoclimate::redis
