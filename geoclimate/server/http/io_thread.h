#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "geoclimate/base/descriptor.h"
#include "geoclimate/base/mutex.h"
#include "geoclimate/server/http/background_pool.h"
#include "geoclimate/server/http/connection.h"
#include "geoclimate/server/http/connection_balance.h"
#include "geoclimate/server/http/exchange_pool.h"
#include "geoclimate/server/http/frontend.h"

namespace geoclimate::server::http {

// A listening socket, shared by the I/O threads: it closes when the last of them lets it go.
struct ListeningSocket {
  Listener listener;
  std::shared_ptr<const base::Descriptor> socket;
};

// One I/O thread: waits for all its sockets with epoll and runs each request to completion. In one
// turn it serves every ready connection once, then those that have more to do, so that a long
// answer or a busy client delays the others by a slice only. Limits in time are checked for a part
// of the connections at a time, without a timer each.
//
// Thread-safe: TryAdopt, BeginDrain, Stop; the rest is its own thread's.
class IoThread {
 public:
  // What the I/O threads of a server share; outlives them.
  struct Crew {
    const Frontend& frontend;
    ConnectionBalance& balance;
    BackgroundPools& background;
    std::vector<std::unique_ptr<IoThread>> threads;
  };

  // kResourceExhausted or kInternal when the system gives no descriptors.
  static base::Result<std::unique_ptr<IoThread>> Make(Crew& crew, std::size_t index,
                                                      std::vector<ListeningSocket> listening);
  ~IoThread();
  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;

  void Start();
  // See Server. Runs that are in the background when the thread ends are left to the pool: stop it
  // before destroying this.
  void BeginDrain();
  void Stop();
  void Join();

  // Takes over a connection whose place in the balance is this thread's. False, with `accepted`
  // untouched, when the thread has ended.
  [[nodiscard]] bool TryAdopt(Accepted& accepted, Listener listener);

 private:
  struct Mail {
    std::optional<Accepted> accepted;
    Listener listener = Listener::kPublic;
    Connection* resumed = nullptr;
  };
  enum class Order : std::uint8_t { kNone, kDrain, kStop };

  IoThread(Crew& crew, std::size_t index, std::vector<ListeningSocket> listening,
           base::Descriptor epoll, base::Descriptor wake);
  void Run();
  int WaitMilliseconds() const;
  base::Result<void> WatchOwn();
  void Handle(void* source);
  enum class Backlog : std::uint8_t { kEmpty, kMore };
  Backlog AcceptFrom(const ListeningSocket& listening);
  void MakeRoomByRefusing(const ListeningSocket& listening);
  void AddConnection(Accepted accepted, Listener listener, std::size_t seat);
  void Apply(Connection& connection, Connection::Wants wants);
  void Watch(Connection& connection, std::uint32_t interest);
  void SendToBackground(Connection& connection);
  void PostResumed(Connection& connection) EXCLUDES(mutex_);
  void End(Connection& connection);
  void ReadMail();
  void Post(Order order);
  bool TryRetire();
  void EndAll();
  void Wake();
  void RunTurns();
  void Sweep();
  bool DrainStep();
  void CloseListening();

  Crew& crew_;
  const std::size_t index_;
  std::vector<ListeningSocket> listening_;
  base::Descriptor epoll_;
  base::Descriptor wake_;
  base::Descriptor spare_;  // given up to accept and refuse a connection when no descriptor is left
  std::optional<Worker> worker_;
  ExchangePool pool_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<std::unique_ptr<Connection>>
      ended_;  // until the end of the turn: events may name them
  std::vector<Connection*> turns_;
  std::vector<Connection*> current_turns_;
  std::size_t sweep_position_ = 0;
  std::chrono::milliseconds sweep_interval_;
  base::Instant next_sweep_;
  Order order_ = Order::kNone;
  base::Instant drain_started_;

  base::Mutex mutex_;
  std::vector<Mail> mail_ GUARDED_BY(mutex_);
  Order posted_order_ GUARDED_BY(mutex_) = Order::kNone;
  bool retired_ GUARDED_BY(mutex_) = false;
  std::vector<Mail> received_;
  std::thread thread_;
};

}  // namespace geoclimate::server::http
