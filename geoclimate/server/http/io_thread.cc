#include "geoclimate/server/http/io_thread.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

#include "geoclimate/base/log.h"

namespace geoclimate::server::http {
namespace {

constexpr int kEventsPerTurn = 128;
constexpr int kAcceptsPerTurn = 32;
// A sweep looks at all connections of a thread with few, and at an eighth of many.
constexpr std::size_t kSweepAtLeast = 256;
constexpr std::size_t kSweepParts = 8;
constexpr std::chrono::milliseconds kLongestSweepInterval{250};
constexpr std::chrono::milliseconds kShortestSweepInterval{5};

constexpr std::string_view kTooManyConnections =
    "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 1\r\n"
    "Connection: close\r\n\r\n";

std::chrono::milliseconds SweepInterval(const ServerOptions& options) {
  const auto shortest = std::min(
      {options.idle_timeout, options.header_timeout, options.body_timeout, options.send_timeout});
  return std::clamp(shortest / 4, kShortestSweepInterval, kLongestSweepInterval);
}

}  // namespace

base::Result<std::unique_ptr<IoThread>> IoThread::Make(Crew& crew, std::size_t index,
                                                       std::vector<ListeningSocket> listening) {
  base::Descriptor epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll.is_open()) return base::FromErrno(errno, "epoll_create");
  base::Descriptor wake(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!wake.is_open()) return base::FromErrno(errno, "eventfd");
  std::unique_ptr<IoThread> thread(
      new IoThread(crew, index, std::move(listening), std::move(epoll), std::move(wake)));
  GC_RETURN_IF_ERROR(thread->WatchOwn());
  return thread;
}

// What epoll hands back is an address: of wake_, of an element of listening_, or of a connection.
base::Result<void> IoThread::WatchOwn() {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = &wake_;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &event) != 0) {
    return base::FromErrno(errno, "epoll_ctl");
  }
  for (ListeningSocket& listening : listening_) {
    // Exclusive: a new connection wakes one thread, not all.
    event.events = EPOLLIN | EPOLLEXCLUSIVE;
    event.data.ptr = &listening;
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, listening.socket->get(), &event) != 0) {
      return base::FromErrno(errno, "epoll_ctl");
    }
  }
  return {};
}

IoThread::IoThread(Crew& crew, std::size_t index, std::vector<ListeningSocket> listening,
                   base::Descriptor epoll, base::Descriptor wake)
    : crew_(crew),
      index_(index),
      listening_(std::move(listening)),
      epoll_(std::move(epoll)),
      wake_(std::move(wake)),
      spare_(::open("/dev/null", O_RDONLY | O_CLOEXEC)),
      pool_(crew.frontend),
      sweep_interval_(SweepInterval(crew.frontend.options())) {}

IoThread::~IoThread() {
  Stop();
  Join();
}

void IoThread::Start() {
  thread_ = std::thread([this] { Run(); });
  ::pthread_setname_np(thread_.native_handle(), ("http-io-" + std::to_string(index_)).c_str());
}

void IoThread::Join() {
  if (thread_.joinable()) thread_.join();
}

void IoThread::BeginDrain() {
  Post(Order::kDrain);
}
void IoThread::Stop() {
  Post(Order::kStop);
}

bool IoThread::TryAdopt(Accepted& accepted, Listener listener) {
  const base::MutexLock lock(mutex_);
  if (retired_) return false;
  mail_.push_back({std::move(accepted), listener, nullptr});
  if (mail_.size() == 1) Wake();
  return true;
}

void IoThread::Post(Order order) {
  const base::MutexLock lock(mutex_);
  posted_order_ = std::max(posted_order_, order);
  Wake();
}

void IoThread::Wake() {
  const std::uint64_t one = 1;
  // Fails only when the counter is full, and then the thread is woken already.
  [[maybe_unused]] const ssize_t written = ::write(wake_.get(), &one, sizeof one);
}

void IoThread::Run() {
  worker_.emplace(crew_.frontend);
  next_sweep_ = worker_->now + sweep_interval_;
  std::array<epoll_event, kEventsPerTurn> events;
  while (order_ != Order::kStop) {
    const int count = ::epoll_wait(epoll_.get(), events.data(), kEventsPerTurn, WaitMilliseconds());
    worker_->Tick();
    worker_->stalls.BeginTurn();
    for (int i = 0; i < count; ++i) {
      Handle(events[static_cast<std::size_t>(i)].data.ptr);
    }
    if (!turns_.empty()) RunTurns();
    if (worker_->now >= next_sweep_) Sweep();
    ended_.clear();
    worker_->stalls.EndTurn(worker_->now);
    if (order_ == Order::kDrain && !DrainStep()) break;
  }
  CloseListening();
  EndAll();
}

// A request in the background keeps its connection: the pool still writes to it.
void IoThread::EndAll() {
  {
    const base::MutexLock lock(mutex_);
    retired_ = true;
  }
  for (std::size_t i = connections_.size(); i > 0; --i) {
    Connection& connection = *connections_[i - 1];
    if (connection.wants() != Connection::Wants::kBackground) End(connection);
  }
  ended_.clear();
}

int IoThread::WaitMilliseconds() const {
  if (!turns_.empty()) return 0;
  if (connections_.empty() && order_ == Order::kNone) return -1;
  return static_cast<int>(sweep_interval_.count());
}

void IoThread::Handle(void* source) {
  if (source == &wake_) return ReadMail();
  for (const ListeningSocket& listening : listening_) {
    if (source == &listening) {
      AcceptFrom(listening);
      return;
    }
  }
  Connection& connection = *static_cast<Connection*>(source);
  switch (connection.wants()) {
    case Connection::Wants::kRead:
      return Apply(connection, connection.Receive(*worker_));
    case Connection::Wants::kWrite:
      return Apply(connection, connection.Continue(*worker_));
    case Connection::Wants::kTurn:
    case Connection::Wants::kBackground:
    case Connection::Wants::kWait:
    case Connection::Wants::kEnd:
      return;
  }
}

IoThread::Backlog IoThread::AcceptFrom(const ListeningSocket& listening) {
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    AcceptFailure failure{};
    std::optional<Accepted> accepted = Accept(*listening.socket, failure);
    if (failure == AcceptFailure::kNoDescriptors) MakeRoomByRefusing(listening);
    if (!accepted.has_value()) return Backlog::kEmpty;
    const std::optional<std::size_t> thread = crew_.balance.Enter(index_);
    if (!thread.has_value()) {
      worker_->metrics.Shed("connections");
      if (crew_.frontend.tls(listening.listener) != nullptr) continue;
      ::send(accepted->socket.get(), kTooManyConnections.data(), kTooManyConnections.size(),
             MSG_NOSIGNAL);
      continue;
    }
    if (*thread == index_ || !crew_.threads[*thread]->TryAdopt(*accepted, listening.listener)) {
      AddConnection(*std::move(accepted), listening.listener, *thread);
    }
  }
  return Backlog::kMore;
}

// Without a descriptor a waiting connection can be neither accepted nor refused, and epoll would
// report it for ever.
void IoThread::MakeRoomByRefusing(const ListeningSocket& listening) {
  worker_->metrics.Shed("descriptors");
  spare_.Close();
  AcceptFailure failure{};
  Accept(*listening.socket, failure);  // closed at once
  spare_ = base::Descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}

void IoThread::AddConnection(Accepted accepted, Listener listener, std::size_t seat) {
  worker_->metrics.ConnectionOpened();
  TlsContext* const context = crew_.frontend.tls(listener);
  std::unique_ptr<TlsStream> tls =
      context == nullptr ? nullptr : context->Accept(accepted.socket.get());
  auto connection =
      std::make_unique<Connection>(std::move(accepted), std::move(tls), listener, pool_,
                                   worker_->now, [this](Connection& woken) { PostResumed(woken); });
  connection->place.index = connections_.size();
  connection->place.seat = seat;
  connections_.push_back(std::move(connection));
  Watch(*connections_.back(), EPOLLIN);
}

void IoThread::Watch(Connection& connection, std::uint32_t interest) {
  Connection::Place& place = connection.place;
  if (place.watched && place.interest == interest) return;
  epoll_event event{};
  event.events = interest;
  event.data.ptr = &connection;
  // Closed sockets are reported whatever the interest: who wants nothing must not be watched at
  // all.
  const int operation = interest == 0   ? EPOLL_CTL_DEL
                        : place.watched ? EPOLL_CTL_MOD
                                        : EPOLL_CTL_ADD;
  if (interest == 0 && !place.watched) return;
  if (::epoll_ctl(epoll_.get(), operation, connection.socket(), &event) != 0) {
    return End(connection);
  }
  place.interest = interest;
  place.watched = interest != 0;
}

void IoThread::Apply(Connection& connection, Connection::Wants wants) {
  switch (wants) {
    case Connection::Wants::kRead:
      return Watch(connection, EPOLLIN);
    case Connection::Wants::kWrite:
      return Watch(connection, EPOLLOUT);
    case Connection::Wants::kTurn:
      turns_.push_back(&connection);
      return;
    case Connection::Wants::kBackground:
      return SendToBackground(connection);
    case Connection::Wants::kWait:
      // Its waker may have been called already: the mail is read after this.
      return Watch(connection, 0);
    case Connection::Wants::kEnd:
      return End(connection);
  }
}

void IoThread::SendToBackground(Connection& connection) {
  Watch(connection, 0);
  Connection* const waiting = &connection;
  BackgroundPool& pool = crew_.background.Of(waiting->exchange()->execution());
  const bool taken = pool.TrySubmit([this, waiting] {
    waiting->exchange()->RunInBackground(crew_.frontend.clock());
    PostResumed(*waiting);
  });
  if (!taken) {
    Apply(connection, connection.Resume(*worker_, Connection::Background::kRejected));
  }
}

void IoThread::PostResumed(Connection& connection) {
  const base::MutexLock lock(mutex_);
  mail_.push_back({std::nullopt, Listener::kPublic, &connection});
  if (mail_.size() == 1) Wake();
}

void IoThread::End(Connection& connection) {
  const std::size_t index = connection.place.index;
  std::swap(connections_[index], connections_.back());
  connections_[index]->place.index = index;
  ended_.push_back(std::move(connections_.back()));
  connections_.pop_back();
  worker_->metrics.ConnectionClosed();
  crew_.balance.Leave(ended_.back()->place.seat);
}

void IoThread::ReadMail() {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t read = ::read(wake_.get(), &count, sizeof count);
  {
    const base::MutexLock lock(mutex_);
    received_.swap(mail_);
    if (posted_order_ == Order::kDrain && order_ == Order::kNone) drain_started_ = worker_->now;
    order_ = posted_order_;
  }
  for (Mail& mail : received_) {
    if (mail.accepted.has_value()) {
      AddConnection(*std::move(mail.accepted), mail.listener, index_);
    } else {
      Apply(*mail.resumed, mail.resumed->Resume(*worker_, Connection::Background::kDone));
    }
  }
  received_.clear();
}

void IoThread::RunTurns() {
  current_turns_.swap(turns_);
  for (Connection* connection : current_turns_) {
    Apply(*connection, connection->Continue(*worker_));
  }
  current_turns_.clear();
}

void IoThread::Sweep() {
  next_sweep_ = worker_->now + sweep_interval_;
  const std::size_t count =
      std::min(connections_.size(), std::max(kSweepAtLeast, connections_.size() / kSweepParts));
  for (std::size_t i = 0; i < count && !connections_.empty(); ++i) {
    if (sweep_position_ >= connections_.size()) sweep_position_ = 0;
    Connection& connection = *connections_[sweep_position_];
    const Connection::Wants before = connection.wants();
    const Connection::Wants after = connection.CheckTime(*worker_);
    // An ended one leaves its place to another, which is looked at next.
    if (after != Connection::Wants::kEnd) ++sweep_position_;
    if (after != before || after == Connection::Wants::kEnd) Apply(connection, after);
  }
}

bool IoThread::DrainStep() {
  const ServerOptions& options = crew_.frontend.options();
  const auto draining = worker_->now - drain_started_;
  if (draining < options.drain_time) return true;
  CloseListening();
  for (std::size_t i = connections_.size(); i > 0; --i) {
    Connection& connection = *connections_[i - 1];
    if (connection.EndIfIdle(*worker_) == Connection::Wants::kEnd) End(connection);
  }
  ended_.clear();
  if (draining < options.drain_time + options.drain_grace) {
    return !connections_.empty() || !TryRetire();
  }
  if (!connections_.empty()) {
    base::Log(base::LogLevel::kWarning, "server/http", "requests cut off at the end of the drain",
              {{"connections", std::to_string(connections_.size())}});
  }
  return false;
}

// Unless a connection waits to be adopted.
bool IoThread::TryRetire() {
  const base::MutexLock lock(mutex_);
  retired_ = mail_.empty();
  return retired_;
}

void IoThread::CloseListening() {
  for (const ListeningSocket& listening : listening_) {
    // Whoever has connected by now is still answered.
    if (order_ == Order::kDrain) RefuseHandshakes(*listening.socket);
    while (order_ == Order::kDrain && AcceptFrom(listening) == Backlog::kMore) continue;
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, listening.socket->get(), nullptr);
  }
  listening_.clear();
}

}  // namespace geoclimate::server::http
