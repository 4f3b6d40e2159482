#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "geoclimate/base/descriptor.h"
#include "geoclimate/base/mutex.h"
#include "geoclimate/base/result.h"

namespace geoclimate::server::grpc {

// The port of a server, with the thread that accepts from it. gRPC closes a port of its own
// together with all calls that are still on their way over the connections that it has, and cancels
// these. This one closes first, and says when the connections that it took are gone.
//
// Thread-safe: Close() and open_connections().
class Acceptor {
 public:
  // kUnavailable when the address is taken. `host` is numeric.
  static base::Result<std::unique_ptr<Acceptor>> Listen(const std::string& host,
                                                        std::uint16_t port);
  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  std::uint16_t port() const { return port_; }

  // `take` owns the connected socket from then on, closes it when it is done, and is called by the
  // acceptor's thread alone, never after Close(). Once.
  using Take = std::function<void(int socket)>;
  void Start(Take take);

  // Whoever has connected by now is still taken; nobody else can. A second call changes nothing.
  void Close() EXCLUDES(close_mutex_, mutex_);

  // Of the sockets that were taken.
  std::size_t open_connections() EXCLUDES(mutex_);

 private:
  // A socket that is another's: it is still open as long as its number names the same one.
  struct Taken {
    int number;
    ino_t inode;
  };
  Acceptor(base::Descriptor listening, base::Descriptor wake, std::uint16_t port);
  void Run();
  void AcceptAll() EXCLUDES(mutex_);
  void ForgetClosed() REQUIRES(mutex_);

  const std::uint16_t port_;
  base::Descriptor listening_;  // closed by Close(), when the thread has ended
  const base::Descriptor wake_;
  Take take_;
  base::Mutex mutex_;
  std::vector<Taken> taken_ GUARDED_BY(mutex_);
  std::size_t looked_at_ GUARDED_BY(mutex_) = 0;  // how many were left when it was last looked
  base::Mutex close_mutex_;
  std::thread thread_ GUARDED_BY(close_mutex_);
};

}  // namespace geoclimate::server::grpc
