#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/descriptor.h"
#include "geoclimate/server/http/exchange.h"
#include "geoclimate/server/http/exchange_pool.h"
#include "geoclimate/server/http/listening_socket.h"
#include "geoclimate/server/http/tls_stream.h"

namespace geoclimate::server::http {

// A socket and what is going on over it. Its I/O thread calls it when the socket is ready, and does
// what it then wants. Not thread-safe.
class Connection {
 public:
  // `wake` is called on any thread when an answer that waits can go on. Without `tls` bytes are
  // sent and received as they are.
  Connection(Accepted accepted, std::unique_ptr<TlsStream> tls, Listener listener,
             ExchangePool& pool, base::Instant now, std::function<void(Connection&)> wake);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  enum class Wants : std::uint8_t {
    kRead,        // Receive() when there is something to read
    kWrite,       // Continue() when it can be written to
    kTurn,        // Continue() after the other connections
    kBackground,  // exchange()->RunInBackground() elsewhere, then Resume()
    kWait,        // Resume() after `wake` has been called
    kEnd,         // to be destroyed
  };

  Wants Receive(Worker& worker);
  Wants Continue(Worker& worker);
  // After the background thread has done its part (`rejected` when the pool did not take it), or
  // after a wait.
  enum class Background : std::uint8_t { kDone, kRejected };
  Wants Resume(Worker& worker, Background outcome);

  // Called now and then: limits in time.
  Wants CheckTime(Worker& worker);
  // While draining: ends a connection on which no request is in progress.
  Wants EndIfIdle(const Worker& worker);

  int socket() const { return socket_.get(); }
  Exchange* exchange() const { return exchange_.get(); }
  Wants wants() const { return wants_; }

  // For the I/O thread's own use.
  struct Place {
    std::size_t index = 0;       // in the list of the thread
    std::size_t seat = 0;        // the thread that the balance counts it for
    std::uint32_t interest = 0;  // what epoll watches
    bool watched = false;
  };
  Place place;

 private:
  enum class Outcome : std::uint8_t { kAll, kSome, kFailed };

  class ConnectionWaker final : public Waker {
   public:
    ConnectionWaker(Connection& connection, std::function<void(Connection&)> wake)
        : connection_(connection), wake_(std::move(wake)) {}
    void Wake() override { wake_(connection_); }

   private:
    Connection& connection_;
    std::function<void(Connection&)> wake_;
  };

  // The two ways bytes go; which one is a branch that is always taken the same way.
  ssize_t ReadSome(std::span<char> into) {
    return tls_ == nullptr ? ::recv(socket_.get(), into.data(), into.size(), 0) : tls_->Read(into);
  }
  ssize_t WriteSome(std::string_view bytes) {
    return tls_ == nullptr ? ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL)
                           : tls_->Write(bytes);
  }
  bool is_shaking_hands() const { return tls_ != nullptr && !tls_->established(); }
  Wants ShakeHands();

  Wants Drive(Worker& worker);
  Wants Act(Worker& worker);
  Outcome Flush(Worker& worker);
  Wants DiscardInput();
  Wants Linger(const Worker& worker);
  bool IsTooSlow(const Worker& worker) const;
  void DropExchange();

  base::Descriptor socket_;
  std::unique_ptr<TlsStream> tls_;  // null: none
  std::string peer_;
  ExchangePool& pool_;
  ConnectionWaker waker_;
  std::unique_ptr<Exchange> exchange_;  // null while idle
  Listener listener_;
  Wants wants_ = Wants::kRead;
  Exchange::Next next_ = Exchange::Next::kRead;  // once all is sent
  bool lingering_ = false;  // all is sent and the sending side is shut: what still comes is dropped
  bool fresh_ = true;       // has not had a request yet
  std::size_t discarded_ = 0;
  base::Instant active_;  // when bytes last went in or out
};

}  // namespace geoclimate::server::http
