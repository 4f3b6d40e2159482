#include "geoclimate/server/http/server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <latch>
#include <numeric>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "geoclimate/access/admin_token.h"
#include "geoclimate/access/authentication.h"
#include "geoclimate/base/descriptor.h"
#include "geoclimate/server/http/cpu_quota.h"
#include "geoclimate/telemetry/metrics.h"
#include "geoclimate/telemetry/swap_epoch.h"

namespace geoclimate::server::http {
namespace {

using base::Result;
using std::chrono::milliseconds;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::string_view kGet = "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n";

// A blocking connection. Its time limit only turns a hanging test into a failing one.
class Client {
 public:
  explicit Client(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const timeval limit{20, 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ =
        ::connect(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }

  bool connected() const { return connected_; }
  bool Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }
  // One answer with a Content-Length; empty when the connection ends before it is whole.
  std::string ReadAnswer() {
    std::size_t whole = std::string::npos;
    while (whole == std::string::npos || received_.size() < whole) {
      const std::size_t head_end = received_.find("\r\n\r\n");
      const std::size_t length = received_.find("Content-Length: ");
      if (head_end != std::string::npos) {
        whole = head_end + 4;
        if (length < head_end) whole += std::stoul(received_.substr(length + 16));
        if (received_.size() >= whole) break;
      }
      if (!ReadMore()) return "";
    }
    std::string answer = received_.substr(0, whole);
    received_.erase(0, whole);
    return answer;
  }
  // Everything up to the end of the connection.
  std::string ReadAll() {
    while (ReadMore()) continue;
    return std::exchange(received_, {});
  }
  std::string Ask(std::string_view request) { return Send(request) ? ReadAnswer() : ""; }
  void FinishSending() { ::shutdown(socket_.get(), SHUT_WR); }

 private:
  bool ReadMore() {
    char bytes[65536];
    const ssize_t count = ::recv(socket_.get(), bytes, sizeof bytes, 0);
    if (count > 0) received_.append(bytes, static_cast<std::size_t>(count));
    return count > 0;
  }

  base::Descriptor socket_;
  bool connected_ = false;
  std::string received_;
};

// Streams 64 MB, more than socket buffers hold.
class Flood final : public ResponseTask {
 public:
  Progress Step(Response& response) override {
    response.body().assign(65536, '#');
    return ++slices_ < 1024 ? Progress::kMore : Progress::kDone;
  }

 private:
  int slices_ = 0;
};

// Waits for a thread of its own, which goes when the answer is complete or given up.
class WaitsForThread final : public ResponseTask {
 public:
  enum class Outcome { kWoken, kNever };
  WaitsForThread(const Request& request, Outcome outcome) {
    if (outcome == Outcome::kNever) return;
    thread_ = std::thread([this, &waker = request.waker()] {
      found_ = "woken";
      waker.Wake();
    });
  }
  ~WaitsForThread() override {
    if (thread_.joinable()) thread_.join();
  }
  WaitsForThread(const WaitsForThread&) = delete;
  WaitsForThread& operator=(const WaitsForThread&) = delete;

  Progress Step(Response& response) override {
    thread_.join();
    response.body() = found_;
    return Progress::kDone;
  }

 private:
  std::string found_;
  std::thread thread_;
};

class ServerTest : public testing::Test {
 protected:
  ServerTest() {
    options_.threads = 2;
    options_.public_listener = ListenerOptions{};
    options_.drain_time = milliseconds(0);
    Add(Method::kGet, "/hello", [](const Request&, Response& response) {
      response.body() = "hello";
      return Result<void>();
    });
    Add(Method::kPost, "/echo", [](const Request& request, Response& response) {
      response.body() = request.body();
      return Result<void>();
    });
    table_.routes.back().max_body_bytes = 8 << 20;
    Add(Method::kGet, "/flood", [](const Request&, Response& response) {
      response.Continue(Response::Delivery::kStreamed, std::make_unique<Flood>());
      return Result<void>();
    });
  }

  void Add(Method method, std::string_view path, Handler handler) {
    Route route;
    route.method = method;
    route.path = path;
    route.scope = Scope::kRead;
    route.listener = Listener::kPublic;
    route.handler = std::move(handler);
    table_.routes.push_back(std::move(route));
  }
  void AddWaits(std::string_view path, WaitsForThread::Outcome outcome) {
    Add(Method::kGet, path, [outcome](const Request& request, Response& response) {
      response.Await(std::make_unique<WaitsForThread>(request, outcome));
      return Result<void>();
    });
  }
  // Waits in the background until released.
  void AddGate(std::latch& entered, std::latch& released) {
    Add(Method::kGet, "/gate", [&](const Request&, Response& response) {
      entered.count_down();
      released.wait();
      response.body() = "through";
      return Result<void>();
    });
    table_.routes.back().execution = Execution::kBackground;
  }

  Result<void> TryStart() {
    auto server = Server::Start(options_, table_,
                                {&authentication_, &metrics_, &clock_, &lifecycle_, swaps_});
    if (!server.ok()) return server.error();
    server_ = *std::move(server);
    lifecycle_.set_phase(Phase::kServing);
    return {};
  }
  void Start() {
    const Result<void> result = TryStart();
    ASSERT_TRUE(result.ok()) << result.error().ToString();
  }
  Client Connect(Listener listener = Listener::kPublic) { return Client(server_->port(listener)); }
  std::string Metrics() {
    std::string text;
    metrics_.Render(telemetry::Exposition::kPrometheus, text);
    return text;
  }

  ServerOptions options_;
  RouteTable table_;
  access::Authentication authentication_;
  telemetry::MetricRegistry metrics_;
  base::SystemClock clock_;
  Lifecycle lifecycle_;
  const telemetry::SwapEpoch* swaps_ = nullptr;
  std::unique_ptr<Server> server_;
};

TEST_F(ServerTest, AnswersThatWaitForOtherThreadsAreDeliveredInOrder) {
  AddWaits("/waits", WaitsForThread::Outcome::kWoken);
  Start();
  Client client = Connect();
  for (int i = 0; i < 200; ++i) {
    EXPECT_THAT(client.Ask("GET /waits HTTP/1.1\r\nHost: localhost\r\n\r\n" + std::string(kGet)),
                EndsWith("woken"));
    EXPECT_THAT(client.ReadAnswer(), EndsWith("hello"));
  }
}

TEST_F(ServerTest, StopsWhileAnAnswerWaits) {
  AddWaits("/never", WaitsForThread::Outcome::kNever);
  Start();
  Client waiting = Connect();
  waiting.Send("GET /never HTTP/1.1\r\nHost: localhost\r\n\r\n");
  Client other = Connect();
  EXPECT_THAT(other.Ask(kGet), EndsWith("hello"));
  server_->Stop();
  server_->Wait();
  server_.reset();
}

TEST_F(ServerTest, KeepsAConnectionOverManyRequests) {
  Start();
  Client client = Connect();
  for (int i = 0; i < 100; ++i) EXPECT_THAT(client.Ask(kGet), EndsWith("\r\n\r\nhello"));
  EXPECT_THAT(Metrics(), HasSubstr("http_requests_total{method=\"GET\",endpoint=\"/hello\","
                                   "status=\"200\"} 100\n"));
  EXPECT_THAT(Metrics(), HasSubstr("http_requests_in_progress 0\n"));
}

TEST_F(ServerTest, AnswersWhoFinishedSendingBeforeTheAnswer) {
  Start();
  Client client = Connect();
  client.Send(std::string(kGet) + std::string(kGet));
  client.FinishSending();
  EXPECT_THAT(client.ReadAnswer(), EndsWith("hello"));
  EXPECT_THAT(client.ReadAnswer(), EndsWith("hello"));
  EXPECT_EQ(client.ReadAll(), "");
}

TEST_F(ServerTest, CarriesBodiesLargerThanAnyBuffer) {
  Start();
  Client client = Connect();
  std::string body(5 << 20, 'a');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>('a' + i % 23);
  const std::string request =
      "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) +
      "\r\n\r\n" + body;
  EXPECT_TRUE(client.Ask(request).ends_with(body));
  EXPECT_THAT(client.Ask(kGet), EndsWith("hello"));
}

TEST_F(ServerTest, RefusedBodiesDoNotCostTheCallerTheAnswer) {
  Start();
  Client client = Connect();
  const std::string body(3 << 20, 'x');
  client.Send("POST /hello HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
              std::to_string(body.size()) + "\r\n\r\n");
  client.Send(body);
  EXPECT_THAT(client.ReadAll(), StartsWith("HTTP/1.1 405 "));
}

TEST_F(ServerTest, TellsHowLongTurnsTookBesideAnExchangeOfModels) {
  telemetry::SwapEpoch swaps;
  swaps_ = &swaps;
  Start();
  Client client = Connect();
  EXPECT_THAT(client.Ask(kGet), EndsWith("hello"));
  EXPECT_THAT(Metrics(), HasSubstr("model_swap_stall_seconds_count 0"));
  {
    const telemetry::SwapEpoch::Swap swap(swaps);
    // A turn counts when it has ended: that of the first answer has, once the second is here.
    EXPECT_THAT(client.Ask(kGet), EndsWith("hello"));
    EXPECT_THAT(client.Ask(kGet), EndsWith("hello"));
  }
  EXPECT_THAT(Metrics(), Not(HasSubstr("model_swap_stall_seconds_count 0")));
  server_.reset();  // its threads read `swaps`
}

TEST_F(ServerTest, SpreadsConnectionsEvenlyOverItsThreads) {
  options_.threads = 4;
  Start();
  std::vector<Client> clients;
  for (int i = 0; i < 64; ++i) {
    clients.push_back(Connect());
    EXPECT_THAT(clients.back().Ask(kGet), EndsWith("hello"));
  }
  const std::vector<std::size_t> counts = server_->connections_per_thread();
  ASSERT_EQ(counts.size(), 4U);
  EXPECT_EQ(std::accumulate(counts.begin(), counts.end(), std::size_t{0}), 64U);
  EXPECT_LE(*std::max_element(counts.begin(), counts.end()), 19U);  // 1.2 times the mean
}

TEST_F(ServerTest, EveryThreadServesAtOnce) {
  options_.threads = 3;
  Start();
  std::atomic<int> answered{0};
  std::vector<std::thread> threads;
  threads.reserve(6);
  for (int t = 0; t < 6; ++t) {
    threads.emplace_back([&] {
      for (int connection = 0; connection < 5; ++connection) {
        Client client = Connect();
        for (int i = 0; i < 50; ++i) answered += client.Ask(kGet).ends_with("hello") ? 1 : 0;
      }
    });
  }
  for (int i = 0; i < 20; ++i) Metrics();  // while the threads count
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(answered, 6 * 5 * 50);
  EXPECT_THAT(Metrics(), HasSubstr("status=\"200\"} 1500\n"));
}

TEST_F(ServerTest, ABusyStreamLetsOthersOfItsThreadGo) {
  options_.threads = 1;
  Start();
  Client slow = Connect();
  slow.Send("GET /flood HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  Client quick = Connect();
  for (int i = 0; i < 10; ++i) EXPECT_THAT(quick.Ask(kGet), EndsWith("hello"));
  const std::string flood = slow.ReadAll();
  EXPECT_EQ(std::count(flood.begin(), flood.end(), '#'), 64 << 20);
  EXPECT_TRUE(flood.ends_with("\r\n0\r\n\r\n"));
}

TEST_F(ServerTest, ABackgroundRequestDoesNotHoldItsThread) {
  std::latch entered(1);
  std::latch released(1);
  AddGate(entered, released);
  options_.threads = 1;
  Start();
  Client waiting = Connect();
  waiting.Send("GET /gate HTTP/1.1\r\nHost: localhost\r\n\r\n" + std::string(kGet));
  entered.wait();
  Client other = Connect();
  EXPECT_THAT(other.Ask(kGet), EndsWith("hello"));
  released.count_down();
  EXPECT_THAT(waiting.ReadAnswer(), EndsWith("through"));
  EXPECT_THAT(waiting.ReadAnswer(), EndsWith("hello"));
}

TEST_F(ServerTest, AFullBackgroundPoolSheds) {
  std::latch entered(1);
  std::latch released(1);
  AddGate(entered, released);
  options_.threads = 1;
  options_.background_threads = 1;
  options_.background_queue = 1;
  Start();
  const std::string gate = "GET /gate HTTP/1.1\r\nHost: localhost\r\n\r\n";
  Client running = Connect();
  running.Send(gate);
  entered.wait();
  Client queued = Connect();
  queued.Send(gate);
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(Connect().Ask(gate), HasSubstr("Retry-After: 1\r\n"));
  }
  released.count_down();
  EXPECT_THAT(running.ReadAnswer(), EndsWith("through"));
  EXPECT_THAT(queued.ReadAnswer(), EndsWith("through"));
  EXPECT_THAT(Metrics(), HasSubstr("requests_shed_total{reason=\"background_queue\"} 2\n"));
}

TEST_F(ServerTest, SlowSendersAreToldAndClosed) {
  options_.header_timeout = options_.body_timeout = milliseconds(20);
  Start();
  Client header = Connect();
  header.Send("GET /hello HTTP/1.1\r\nHost: local");
  EXPECT_THAT(header.ReadAll(), StartsWith("HTTP/1.1 408 "));
  Client body = Connect();
  body.Send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhalf");
  EXPECT_THAT(body.ReadAll(), StartsWith("HTTP/1.1 408 "));
}

TEST_F(ServerTest, IdleConnectionsAndThoseWhoDoNotReadAreClosed) {
  options_.idle_timeout = options_.send_timeout = milliseconds(20);
  Start();
  Client idle = Connect();
  EXPECT_THAT(idle.Ask(kGet), EndsWith("hello"));
  EXPECT_EQ(idle.ReadAll(), "");
  Client deaf = Connect();
  // The head of the answer, and then no more.
  EXPECT_THAT(deaf.Ask("GET /flood HTTP/1.1\r\nHost: localhost\r\n\r\n"),
              StartsWith("HTTP/1.1 200 "));
  // Its place is free once the server has given it up.
  while (server_->connections_per_thread() != std::vector<std::size_t>{0, 0}) {
    std::this_thread::yield();
  }
  EXPECT_FALSE(deaf.ReadAll().ends_with("\r\n0\r\n\r\n"));
}

TEST_F(ServerTest, ConnectionsBeyondTheLimitAreRefused) {
  options_.max_connections = 2;
  Start();
  Client first = Connect();
  Client second = Connect();
  EXPECT_THAT(first.Ask(kGet), EndsWith("hello"));
  EXPECT_THAT(second.Ask(kGet), EndsWith("hello"));
  EXPECT_THAT(Connect().ReadAll(), StartsWith("HTTP/1.1 503 "));
}

TEST_F(ServerTest, ListenersServeTheirOwnRowsAndManagementItsToken) {
  std::string folder = testing::TempDir() + "server_test_XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const auto token = access::AdminToken::LoadOrCreate(folder);
  ASSERT_TRUE(token.ok());
  authentication_.admin_token = &*token;
  std::string secret;
  std::ifstream(folder + "/admin.token") >> secret;
  std::filesystem::remove_all(folder);

  Add(Method::kPost, "/admin/clear", [](const Request&, Response& response) {
    response.body() = "cleared";
    return Result<void>();
  });
  table_.routes.back().scope = Scope::kAdmin;
  table_.routes.back().listener = Listener::kManagement;
  options_.management_listener = ListenerOptions{};
  Start();
  const auto clear = [](const std::string& fields) {
    return "POST /admin/clear HTTP/1.1\r\nHost: localhost\r\n" + fields + "\r\n";
  };
  EXPECT_THAT(Connect().Ask(clear("X-API-Key: " + secret + "\r\n")), StartsWith("HTTP/1.1 404 "));
  Client admin = Connect(Listener::kManagement);
  EXPECT_THAT(admin.Ask(clear("")), StartsWith("HTTP/1.1 401 "));
  EXPECT_THAT(admin.Ask(clear("X-API-Key: " + secret + "\r\n")), EndsWith("cleared"));
  EXPECT_THAT(admin.Ask(clear("Authorization: Bearer " + secret + "\r\n")), EndsWith("cleared"));
  EXPECT_THAT(admin.Ask(kGet), StartsWith("HTTP/1.1 404 "));
}

TEST_F(ServerTest, DrainAnswersEverythingThatWasAsked) {
  options_.drain_time = milliseconds(50);
  Start();
  std::atomic<int> answered{0};
  std::atomic<int> lost{0};
  std::latch warm(4);
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      std::vector<Client> clients;
      clients.reserve(8);
      for (int i = 0; i < 8; ++i) clients.push_back(Connect());
      for (int round = 0; !clients.empty(); ++round) {
        // All ask before any is answered: requests are under way whenever the drain begins.
        for (Client& client : clients) lost += client.Send(kGet) ? 0 : 1;
        std::erase_if(clients, [&](Client& client) {
          const std::string answer = client.ReadAnswer();
          (answer.ends_with("hello") ? answered : lost) += 1;
          return answer.empty() || answer.find("Connection: close") != std::string::npos;
        });
        if (round == 0) warm.count_down();
      }
    });
  }
  warm.wait();
  server_->BeginDrain();
  EXPECT_EQ(lifecycle_.phase(), Phase::kDraining);
  for (std::thread& thread : threads) thread.join();
  server_->Wait();
  EXPECT_EQ(lost, 0);
  EXPECT_GE(answered, 4 * 8);
  EXPECT_EQ(lifecycle_.phase(), Phase::kStopped);
}

TEST_F(ServerTest, DrainFinishesWhatIsInFlightAndEndsIdleConnections) {
  std::latch entered(1);
  std::latch released(1);
  AddGate(entered, released);
  Start();
  Client idle = Connect();
  EXPECT_THAT(idle.Ask(kGet), EndsWith("hello"));
  std::optional<Client> waiting(Connect());
  waiting->Send("GET /gate HTTP/1.1\r\nHost: localhost\r\n\r\n");
  entered.wait();
  const std::uint16_t port = server_->port(Listener::kPublic);
  server_->BeginDrain();
  EXPECT_EQ(idle.ReadAll(), "");
  released.count_down();
  const std::string answer = waiting->ReadAll();
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(answer, EndsWith("through"));
  waiting.reset();
  server_->Wait();
  EXPECT_FALSE(Client(port).connected());
}

TEST_F(ServerTest, NewConnectionsAreServedDuringTheDrainTime) {
  options_.drain_time = std::chrono::hours(1);
  Start();
  server_->BeginDrain();
  const std::string answer = Connect().Ask(kGet);
  EXPECT_THAT(answer, EndsWith("hello"));
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  server_->Stop();
  server_->Wait();
}

TEST_F(ServerTest, StopEndsAtOnceEvenInADrain) {
  std::latch entered(1);
  std::latch released(1);
  AddGate(entered, released);
  options_.drain_grace = std::chrono::hours(1);
  Start();
  Client waiting = Connect();
  waiting.Send("GET /gate HTTP/1.1\r\nHost: localhost\r\n\r\n");
  entered.wait();
  server_->BeginDrain();
  server_->Stop();
  server_->Wait();
  released.count_down();
  server_.reset();
  EXPECT_EQ(waiting.ReadAll(), "");
}

TEST_F(ServerTest, DrainGraceBoundsTheWait) {
  std::latch entered(1);
  std::latch released(1);
  AddGate(entered, released);
  options_.drain_grace = milliseconds(10);
  Start();
  Client waiting = Connect();
  waiting.Send("GET /gate HTTP/1.1\r\nHost: localhost\r\n\r\n");
  entered.wait();
  server_->BeginDrain();
  server_->Wait();
  released.count_down();
  server_.reset();
}

TEST_F(ServerTest, ABindBeyondLoopbackIsRefusedWithTheReason) {
  for (const std::string host : {"0.0.0.0", "::", "192.168.1.5"}) {
    options_.public_listener = ListenerOptions{host, 0};
    const Result<void> result = TryStart();
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().code(), base::ErrorCode::kFailedPrecondition);
    EXPECT_THAT(result.error().message(), HasSubstr("auth.required"));
  }
  options_.public_listener = ListenerOptions{"example.org", 0};
  EXPECT_EQ(TryStart().error().code(), base::ErrorCode::kInvalidArgument);
  // No way around: to want keys without knowing any is refused too.
  options_.public_listener = ListenerOptions{"0.0.0.0", 0};
  options_.keyless = authentication_.keyless = access::Keyless::kNever;
  EXPECT_EQ(TryStart().error().code(), base::ErrorCode::kFailedPrecondition);
}

TEST_F(ServerTest, APortThatIsTakenIsNamed) {
  Start();
  const std::uint16_t port = server_->port(Listener::kPublic);
  options_.public_listener = ListenerOptions{"127.0.0.1", port};
  const auto second =
      Server::Start(options_, table_, {&authentication_, &metrics_, &clock_, &lifecycle_});
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code(), base::ErrorCode::kUnavailable);
  EXPECT_THAT(second.error().message(), HasSubstr(std::to_string(port)));
}

TEST(ServerOptions, ValuesOutOfRangeAreNamed) {
  ServerOptions options;
  options.max_header_bytes = 10;
  EXPECT_THAT(options.Validate().error().message(), HasSubstr("max_header_bytes is 10"));
  options = {};
  options.gzip_level = 12;
  EXPECT_THAT(options.Validate().error().message(), HasSubstr("gzip_level is 12"));
  EXPECT_TRUE(ServerOptions().Validate().ok());
}

TEST(CpuQuota, ReadsWhatAControlGroupStates) {
  EXPECT_EQ(ParseCpuMax("150000 100000\n"), 1.5);
  EXPECT_EQ(ParseCpuMax("max 100000\n"), std::nullopt);
  EXPECT_EQ(ParseCpuMax("-1\n 100000\n"), std::nullopt);
  EXPECT_EQ(ParseCpuMax(""), std::nullopt);
  EXPECT_GE(CpuQuota(), 1);
}

}  // namespace
}  // namespace geoclimate::server::http
