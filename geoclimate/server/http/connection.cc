#include "geoclimate/server/http/connection.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <utility>

namespace geoclimate::server::http {
namespace {

// A client that fills the buffer again and again lets others go after so many.
constexpr int kReadsPerTurn = 4;
// How long, and for how much, a client is heard after its last answer, because closing a socket
// with unread bytes makes the kernel reset the connection and the client lose the answer.
constexpr std::chrono::seconds kLingerTime{2};
constexpr std::size_t kLingerBytes = 4 << 20;
// While draining, a new connection gets that long for its request to arrive.
constexpr std::chrono::seconds kFreshTime{1};

}  // namespace

Connection::Connection(Accepted accepted, std::unique_ptr<TlsStream> tls, Listener listener,
                       ExchangePool& pool, base::Instant now, std::function<void(Connection&)> wake)
    : socket_(std::move(accepted.socket)),
      tls_(std::move(tls)),
      peer_(std::move(accepted.peer)),
      pool_(pool),
      waker_(*this, std::move(wake)),
      listener_(listener),
      active_(now) {}

Connection::~Connection() {
  DropExchange();
}

void Connection::DropExchange() {
  if (exchange_ == nullptr) return;
  exchange_->Clear();
  pool_.GiveBack(std::move(exchange_));
}

Connection::Wants Connection::Receive(Worker& worker) {
  if (lingering_) return wants_ = DiscardInput();
  if (is_shaking_hands()) return wants_ = ShakeHands();
  if (exchange_ == nullptr) {
    exchange_ = pool_.Take();
    exchange_->Open(listener_, peer_, waker_);
  }
  // What TLS has decrypted already is taken too: the socket would not tell of it.
  for (int reads = 0; reads < kReadsPerTurn || (tls_ != nullptr && tls_->has_pending()); ++reads) {
    const std::span<char> space = exchange_->ReadSpace();
    const ssize_t count = ReadSome(space);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) break;
    // A caller that has closed waits for no answer: those to complete requests were sent before.
    if (count <= 0) return wants_ = Wants::kEnd;
    exchange_->Received(static_cast<std::size_t>(count));
    active_ = worker.now;
    fresh_ = false;
    if (static_cast<std::size_t>(count) < space.size()) break;
  }
  return wants_ = Drive(worker);
}

Connection::Wants Connection::ShakeHands() {
  switch (tls_->Shake()) {
    case TlsStream::Handshake::kDone:
    case TlsStream::Handshake::kWantsRead:
      return Wants::kRead;
    case TlsStream::Handshake::kWantsWrite:
      return Wants::kWrite;
    case TlsStream::Handshake::kFailed:
      break;
  }
  return Wants::kEnd;
}

Connection::Wants Connection::Continue(Worker& worker) {
  if (is_shaking_hands()) return wants_ = ShakeHands();
  switch (Flush(worker)) {
    case Outcome::kFailed:
      return wants_ = Wants::kEnd;
    case Outcome::kSome:
      return wants_ = Wants::kWrite;
    case Outcome::kAll:
      break;
  }
  return wants_ = next_ == Exchange::Next::kAgain ? Drive(worker) : Act(worker);
}

Connection::Wants Connection::Resume(Worker& worker, Background outcome) {
  if (wants_ == Wants::kWait) {
    exchange_->FinishWait();
  } else if (outcome == Background::kDone) {
    exchange_->FinishBackground();
  } else {
    exchange_->RejectBackground(worker);
  }
  active_ = worker.now;
  return wants_ = Drive(worker);
}

Connection::Wants Connection::Drive(Worker& worker) {
  next_ = exchange_->Advance(worker);
  switch (Flush(worker)) {
    case Outcome::kFailed:
      return Wants::kEnd;
    case Outcome::kSome:
      return Wants::kWrite;
    case Outcome::kAll:
      break;
  }
  return Act(worker);
}

Connection::Wants Connection::Act(Worker& worker) {
  switch (next_) {
    case Exchange::Next::kRead:
      if (exchange_->idle()) {
        exchange_->Shrink();
        pool_.GiveBack(std::move(exchange_));
      }
      return Wants::kRead;
    case Exchange::Next::kAgain:
      return Wants::kTurn;
    case Exchange::Next::kBackground:
      return Wants::kBackground;
    case Exchange::Next::kWait:
      return Wants::kWait;
    case Exchange::Next::kClose:
      return Linger(worker);
  }
  return Wants::kEnd;
}

Connection::Outcome Connection::Flush(Worker& worker) {
  while (!exchange_->unsent().empty()) {
    const std::string_view bytes = exchange_->unsent();
    const ssize_t count = WriteSome(bytes);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno == EAGAIN ? Outcome::kSome : Outcome::kFailed;
    exchange_->Sent(static_cast<std::size_t>(count));
    active_ = worker.now;
  }
  return Outcome::kAll;
}

Connection::Wants Connection::Linger(const Worker& worker) {
  DropExchange();
  if (tls_ != nullptr) tls_->Close();
  ::shutdown(socket_.get(), SHUT_WR);
  lingering_ = true;
  active_ = worker.now;
  return Wants::kRead;
}

Connection::Wants Connection::DiscardInput() {
  std::array<char, 16384> dropped;
  for (int reads = 0; reads < kReadsPerTurn; ++reads) {
    const ssize_t count = ::recv(socket_.get(), dropped.data(), dropped.size(), 0);
    if (count < 0 && errno == EAGAIN) return Wants::kRead;
    if (count <= 0) return Wants::kEnd;
    discarded_ += static_cast<std::size_t>(count);
    if (discarded_ > kLingerBytes) return Wants::kEnd;
  }
  return Wants::kRead;
}

bool Connection::IsTooSlow(const Worker& worker) const {
  if (exchange_ == nullptr) return false;
  const ServerOptions& options = worker.frontend.options();
  const auto waited = worker.now - exchange_->waiting_since();
  switch (exchange_->waiting()) {
    case Exchange::Waiting::kHead:
      return waited > options.header_timeout;
    case Exchange::Waiting::kBody: {
      const double seconds = std::chrono::duration<double>(waited).count();
      const double expected = seconds * static_cast<double>(options.min_body_bytes_per_second);
      return waited > options.body_timeout &&
             static_cast<double>(exchange_->body_bytes_received()) < expected;
    }
    case Exchange::Waiting::kNothing:
      return false;
  }
  return false;
}

Connection::Wants Connection::CheckTime(Worker& worker) {
  const ServerOptions& options = worker.frontend.options();
  const auto quiet = worker.now - active_;
  // `active_` is when it came: a handshake is part of the header's time.
  if (is_shaking_hands() && quiet > options.header_timeout) return wants_ = Wants::kEnd;
  if (wants_ == Wants::kWrite && quiet > options.send_timeout) return wants_ = Wants::kEnd;
  if (wants_ != Wants::kRead) return wants_;
  if (lingering_) return wants_ = quiet > kLingerTime ? Wants::kEnd : Wants::kRead;
  if (IsTooSlow(worker)) {
    exchange_->RefuseSlow(worker);
    return wants_ = Drive(worker);
  }
  if (exchange_ == nullptr && quiet > options.idle_timeout) return wants_ = Wants::kEnd;
  return wants_;
}

Connection::Wants Connection::EndIfIdle(const Worker& worker) {
  if (wants_ != Wants::kRead || lingering_ || exchange_ != nullptr) return wants_;
  if (fresh_ && worker.now - active_ < kFreshTime) return wants_;
  // A request that is here already is answered first.
  char byte = 0;
  if (::recv(socket_.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0) return wants_;
  return wants_ = Wants::kEnd;
}

}  // namespace geoclimate::server::http
