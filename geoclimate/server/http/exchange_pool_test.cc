#include "geoclimate/server/http/exchange_pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "geoclimate/base/clock.h"
#include "geoclimate/telemetry/metrics.h"

namespace geoclimate::server::http {
namespace {

class NobodyWaits final : public Waker {
 public:
  void Wake() override { FAIL() << "no answer waits"; }
};

class ExchangePoolTest : public testing::Test {
 protected:
  ExchangePoolTest() {
    lifecycle_.set_phase(Phase::kServing);
    RouteTable table;
    Route route;
    route.method = Method::kPost;
    route.path = "/echo";
    route.scope = Scope::kRead;
    route.listener = Listener::kPublic;
    route.max_body_bytes = 1 << 20;
    route.consumes = {"text/plain"};
    route.handler = [](const Request& request, Response& response) {
      response.body() = request.body();
      return base::Result<void>();
    };
    table.routes.push_back(std::move(route));
    auto frontend =
        Frontend::Build({}, std::move(table), {nullptr, &metrics_, &clock_, &lifecycle_});
    EXPECT_TRUE(frontend.ok());
    frontend_ = *std::move(frontend);
    worker_ = std::make_unique<Worker>(*frontend_);
  }

  // Sends a body of that size and takes the answer, as a connection does.
  void Answer(Exchange& exchange, std::size_t size) {
    std::string text = "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n";
    text += "Content-Length: " + std::to_string(size) + "\r\n\r\n" + std::string(size, 'x');
    exchange.Open(Listener::kPublic, "127.0.0.1", waker_);
    std::string_view left = text;
    while (!left.empty()) {
      const std::span<char> space = exchange.ReadSpace();
      const std::size_t count = std::min(space.size(), left.size());
      std::memcpy(space.data(), left.data(), count);
      left.remove_prefix(count);
      exchange.Received(count);
      ASSERT_EQ(exchange.Advance(*worker_), Exchange::Next::kRead);
    }
    ASSERT_GE(exchange.unsent().size(), size);
    exchange.Sent(exchange.unsent().size());
    ASSERT_TRUE(exchange.idle());
  }

  base::FakeClock clock_{base::Timestamp(std::chrono::seconds(1609459200))};
  telemetry::MetricRegistry metrics_;
  Lifecycle lifecycle_;
  NobodyWaits waker_;
  std::unique_ptr<const Frontend> frontend_;
  std::unique_ptr<Worker> worker_;
};

// Every spare exchange kept up to a megabyte of each of its buffers. In the end each of them had
// met a long request, and a server under mixed load grew for minutes.
TEST_F(ExchangePoolTest, LongRequestsLeaveNoMoreThanTheLimitBehind) {
  constexpr std::size_t kLong = 500'000;
  ExchangePool pool(*frontend_);
  std::vector<std::unique_ptr<Exchange>> taken(ExchangePool::kMaxSpare + 2);
  for (auto& exchange : taken) {
    exchange = pool.Take();
    Answer(*exchange, kLong);
    exchange->Shrink();
    EXPECT_GT(exchange->capacity(), 2 * kLong);
  }
  for (auto& exchange : taken) pool.GiveBack(std::move(exchange));
  EXPECT_LE(pool.spare_bytes(), ExchangePool::kMaxSpareBytes);

  // The last one given back is the next one used: it keeps its memory.
  std::unique_ptr<Exchange> warm = pool.Take();
  EXPECT_GT(warm->capacity(), 2 * kLong);
  pool.GiveBack(std::move(warm));

  std::size_t held = 0;
  for (std::size_t i = 0; i < ExchangePool::kMaxSpare; ++i) {
    taken[i] = pool.Take();
    held += taken[i]->capacity();
    Answer(*taken[i], 1000);  // those that were cut work as before
  }
  EXPECT_GT(held, 2 * kLong);
  EXPECT_LE(held, ExchangePool::kMaxSpareBytes);
  EXPECT_EQ(pool.spare_bytes(), 0U);
}

TEST_F(ExchangePoolTest, ShortRequestsLoseNoMemory) {
  ExchangePool pool(*frontend_);
  std::vector<std::unique_ptr<Exchange>> taken(ExchangePool::kMaxSpare);
  std::size_t held = 0;
  for (auto& exchange : taken) {
    exchange = pool.Take();
    Answer(*exchange, 1000);
    held += exchange->capacity();
  }
  for (auto& exchange : taken) pool.GiveBack(std::move(exchange));
  EXPECT_EQ(pool.spare_bytes(), held);
}

// Nothing took a request back whose connection ended before the answer: http_requests_in_progress
// grew with every caller that went away.
TEST_F(ExchangePoolTest, ARequestWhoseConnectionEndsIsInProgressNoLonger) {
  const auto in_progress = [this] {
    std::string text;
    metrics_.Render(telemetry::Exposition::kPrometheus, text);
    const std::size_t line = text.find("\nhttp_requests_in_progress ");
    return text.substr(line + 1, text.find('\n', line + 1) - line - 1);
  };
  ExchangePool pool(*frontend_);
  std::unique_ptr<Exchange> exchange = pool.Take();
  exchange->Open(Listener::kPublic, "127.0.0.1", waker_);
  constexpr std::string_view kHalf =
      "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhalf";
  std::memcpy(exchange->ReadSpace().data(), kHalf.data(), kHalf.size());
  exchange->Received(kHalf.size());
  ASSERT_EQ(exchange->Advance(*worker_), Exchange::Next::kRead);
  EXPECT_EQ(in_progress(), "http_requests_in_progress 1");
  exchange->Clear();
  pool.GiveBack(std::move(exchange));
  EXPECT_EQ(in_progress(), "http_requests_in_progress 0");

  exchange = pool.Take();
  Answer(*exchange, 10);
  exchange->Clear();
  EXPECT_EQ(in_progress(), "http_requests_in_progress 0");
}

}  // namespace
}  // namespace geoclimate::server::http
