// Warm requests ask the heap for nothing. This program counts every call of operator new;
// benchmarks/serving counts all allocations in the whole program.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <new>
#include <string>

#include "geoclimate/base/clock.h"
#include "geoclimate/server/http/exchange.h"
#include "geoclimate/server/http/routes/routes.h"
#include "geoclimate/service/models.h"
#include "geoclimate/telemetry/metrics.h"

namespace {

std::atomic<std::size_t> allocations{0};

}  // namespace

void* operator new(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* const memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace geoclimate::server::http {
namespace {

class NeverCalled final : public Waker {
 public:
  void Wake() override { FAIL() << "no answer waits"; }
};

class HttpAllocations : public testing::Test {
 protected:
  HttpAllocations() {
    Add(Method::kGet, "/items/{name}",
        [](const Request& request, Response& response) -> base::Result<void> {
          GC_ASSIGN_OR_RETURN(const QueryString query, request.query());
          if (response.AnswerNotModified(request, "\"tag\"")) return {};
          response.AddHeader("Cache-Control", "public, max-age=300");
          response.body().append(request.path_parameter("name"));
          response.body().append(query.Find("q").value_or(""));
          response.body().append(2000, 'x');
          return {};
        });
    Add(Method::kPost, "/echo", [](const Request& request, Response& response) {
      response.body() = request.body();
      return base::Result<void>();
    });
    std::ifstream model(GEOCLIMATE_SOURCE_DIR "/tests/golden/models/xgb_squarederror.json");
    service::ModelFile file{.name = "m", .path = "m.json", .bytes = {}, .modified_at = {}};
    file.bytes.assign(std::istreambuf_iterator<char>(model), {});
    models_ = *service::Models::Start(nullptr, {file}, {}, metrics_, clock_);
    routes::AddV2InferRoutes(*models_, clock_, {}, table_);
    lifecycle_.set_phase(Phase::kServing);
    auto frontend = Frontend::Build({}, table_, {nullptr, &metrics_, &clock_, &lifecycle_});
    frontend_ = *std::move(frontend);
    worker_ = std::make_unique<Worker>(*frontend_);
    exchange_ = std::make_unique<Exchange>(*frontend_);
    exchange_->Open(Listener::kPublic, "127.0.0.1", waker_);
  }

  void Add(Method method, std::string_view path, Handler handler) {
    Route route;
    route.method = method;
    route.path = path;
    route.scope = Scope::kRead;
    route.listener = Listener::kPublic;
    route.max_body_bytes = method == Method::kPost ? 4096 : 0;
    route.handler = std::move(handler);
    table_.routes.push_back(std::move(route));
  }

  void Serve(std::string_view request, std::string_view status) {
    const std::span<char> space = exchange_->ReadSpace();
    std::memcpy(space.data(), request.data(), request.size());
    exchange_->Received(request.size());
    if (exchange_->Advance(*worker_) != Exchange::Next::kRead) std::abort();
    if (exchange_->unsent().substr(9, 3) != status) std::abort();
    exchange_->Sent(exchange_->unsent().size());
    exchange_->Shrink();
  }

  std::size_t AllocationsOf(std::string_view request, std::string_view status) {
    for (int i = 0; i < 10; ++i) Serve(request, status);
    const std::size_t before = allocations.load();
    for (int i = 0; i < 1000; ++i) Serve(request, status);
    return allocations.load() - before;
  }

  RouteTable table_;
  base::SystemClock clock_;
  telemetry::MetricRegistry metrics_;
  std::unique_ptr<service::Models> models_;
  Lifecycle lifecycle_;
  std::unique_ptr<const Frontend> frontend_;
  std::unique_ptr<Worker> worker_;
  NeverCalled waker_;
  std::unique_ptr<Exchange> exchange_;
};

TEST_F(HttpAllocations, AreCounted) {
  const std::size_t before = allocations.load();
  const std::string text(100, 'x');
  EXPECT_EQ(allocations.load() - before, 1U) << text;
}

TEST_F(HttpAllocations, AWarmGetMakesNone) {
  EXPECT_EQ(
      AllocationsOf("GET /items/a%20b?q=c%2Bd&e=f HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n"
                    "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n\r\n",
                    "200"),
      0U);
}

TEST_F(HttpAllocations, AWarm304MakesNone) {
  EXPECT_EQ(
      AllocationsOf("GET /items/a HTTP/1.1\r\nHost: localhost\r\nIf-None-Match: \"tag\"\r\n\r\n",
                    "304"),
      0U);
}

TEST_F(HttpAllocations, AWarmPostMakesNone) {
  const std::string body(700, 'b');
  const std::string head = "POST /echo HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: abc\r\n";
  EXPECT_EQ(AllocationsOf(head + "Content-Length: 700\r\n\r\n" + body, "200"), 0U);
  EXPECT_EQ(AllocationsOf(
                head + "Transfer-Encoding: chunked\r\n\r\n2bc\r\n" + body + "\r\n0\r\n\r\n", "200"),
            0U);
}

TEST_F(HttpAllocations, AWarmInferenceMakesNone) {
  const std::string head = "POST /v2/models/m/infer HTTP/1.1\r\nHost: localhost\r\n";
  const auto post = [&](const std::string& fields, const std::string& body) {
    return head + fields + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  };
  const std::string input =
      R"({"id":"1","inputs":[{"name":"input","shape":[1,4],"datatype":"FP32",)";
  const std::string json = input + R"("data":[[0.5,1,null,2]]}]})";
  EXPECT_EQ(AllocationsOf(post("", json), "200"), 0U);
  const std::string binary =
      input + R"("parameters":{"binary_data_size":16}}],"parameters":{"binary_data_output":true}})";
  EXPECT_EQ(AllocationsOf(
                post("Inference-Header-Content-Length: " + std::to_string(binary.size()) + "\r\n",
                     binary + std::string(16, '\0')),
                "200"),
            0U);
}

}  // namespace
}  // namespace geoclimate::server::http
