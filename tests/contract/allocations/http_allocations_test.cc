// Warm requests ask the heap for nothing. This program counts every call of operator new;
// benchmarks/serving counts all allocations in the whole program.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <new>
#include <string>

#include "geoclimate/access/api_key.h"
#include "geoclimate/access/authentication.h"
#include "geoclimate/access/key_ring.h"
#include "geoclimate/access/token_verifier.h"
#include "geoclimate/base/clock.h"
#include "geoclimate/formats/testing/token_signer.h"
#include "geoclimate/prediction_log/prediction_log.h"
#include "geoclimate/server/http/exchange.h"
#include "geoclimate/server/http/routes/routes.h"
#include "geoclimate/service/models.h"
#include "geoclimate/store/sqlite/sqlite_store.h"
#include "geoclimate/store/sqlite/temporary_folder.h"
#include "geoclimate/telemetry/metrics.h"

namespace {

// Of this thread: those that follow the store and files in the background do as they like.
thread_local std::size_t allocations = 0;

}  // namespace

// Not inlined: the compiler would see malloc() behind new, and warn of what it is freed by.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (void* const memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
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
    // Every row is logged.
    log_ = *prediction_log::PredictionLog::Start(*log_stores_.prediction_log, nullptr,
                                                 {.sample = 1}, clock_, metrics_);
    models_ = *service::Models::Start(nullptr, {file}, {}, metrics_, clock_, nullptr, log_.get());
    routes::AddV2InferRoutes(*models_, clock_, {}, table_);
    lifecycle_.set_phase(Phase::kServing);
    Start({}, nullptr);
  }

  void Start(const ServerOptions& options, const access::Authentication* authentication) {
    auto frontend =
        Frontend::Build(options, table_, {authentication, &metrics_, &clock_, &lifecycle_});
    exchange_.reset();
    worker_.reset();
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

  // Whether it was answered in one turn: a thread that the machine takes away in the middle of one
  // goes on from the heap.
  bool Serve(std::string_view request, std::string_view status) {
    const std::span<char> space = exchange_->ReadSpace();
    std::memcpy(space.data(), request.data(), request.size());
    exchange_->Received(request.size());
    Exchange::Next next = exchange_->Advance(*worker_);
    const bool at_once = next != Exchange::Next::kAgain;
    while (next == Exchange::Next::kAgain) next = exchange_->Advance(*worker_);
    if (next != Exchange::Next::kRead) std::abort();
    if (exchange_->unsent().substr(9, 3) != status) std::abort();
    exchange_->Sent(exchange_->unsent().size());
    exchange_->Shrink();
    return at_once;
  }

  std::size_t AllocationsOf(std::string_view request, std::string_view status) {
    for (int i = 0; i < 10; ++i) Serve(request, status);
    std::size_t made = 0;
    int at_once = 0;
    for (int i = 0; i < 1000; ++i) {
      const std::size_t before = allocations;
      if (!Serve(request, status)) continue;
      made += allocations - before;
      ++at_once;
    }
    EXPECT_GT(at_once, 500);
    return made;
  }

  RouteTable table_;
  base::SystemClock clock_;
  telemetry::MetricRegistry metrics_;
  store::sqlite::TemporaryFolder log_folder_;
  store::Stores log_stores_{*store::OpenSqliteStores(log_folder_ / "log.db", {}, clock_)};
  std::unique_ptr<prediction_log::PredictionLog> log_;
  std::unique_ptr<service::Models> models_;
  Lifecycle lifecycle_;
  std::unique_ptr<const Frontend> frontend_;
  std::unique_ptr<Worker> worker_;
  NeverCalled waker_;
  std::unique_ptr<Exchange> exchange_;
};

TEST_F(HttpAllocations, AreCounted) {
  const std::size_t before = allocations;
  const std::string text(100, 'x');
  EXPECT_EQ(allocations - before, 1U) << text;
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
  log_->Flush();
  std::size_t logged = 0;
  const auto count = [&](const store::LoggedPrediction& one) { logged += one.row.size() / 4; };
  const base::LocalDay today = base::DayOf(clock_.Now(), std::chrono::minutes(0));
  for (const int back : {0, 1}) {  // midnight may pass meanwhile
    ASSERT_TRUE(log_stores_.prediction_log
                    ->Sample(models_->Served()->models()[0].description.model_id,
                             today - std::chrono::days(back), 10'000, count)
                    .ok());
  }
  EXPECT_EQ(logged, 2020U);
}

// With a rate, so that what is left of it is counted and told.
class KeyAllocations : public HttpAllocations {
 protected:
  KeyAllocations()
      : stores_(*store::OpenSqliteStores(folder_ / "geoclimate.db", {}, clock_)),
        key_(*access::MakeApiKey()) {
    store::ApiKeyRecord record;
    record.prefix = key_.prefix;
    record.digest = key_.digest;
    record.scopes = "predict,read";
    record.created_at = clock_.Now();
    EXPECT_TRUE(stores_.api_keys->Add(record).ok());
    const access::RateLimitOptions rate{.requests_per_minute = 1'000'000, .burst = 1'000'000};
    ring_ = *access::KeyRing::Start(*stores_.api_keys, clock_, {.rate = rate});
    const std::string secret(32, 's');
    std::ofstream(folder_ / "secret") << secret;
    access::TokenOptions tokens;
    tokens.algorithms = {formats::SignatureAlgorithm::kHs256};
    tokens.key_file = folder_ / "secret";
    tokens.issuer = "i";
    tokens.audience = "a";
    verifier_ = *access::TokenVerifier::Open(tokens, rate, clock_);
    token_ = formats::TokenSigner::Hmac(secret).Token(
        R"({"iss":"i","aud":"a","sub":"s","scope":"read","exp":99999999999})");
    authentication_.keyless = access::Keyless::kNever;
    authentication_.keys = ring_.get();
    authentication_.tokens = verifier_.get();
    ServerOptions options;
    options.keyless = access::Keyless::kNever;
    Start(options, &authentication_);
  }
  ~KeyAllocations() override {
    exchange_.reset();
    worker_.reset();
    frontend_.reset();
  }

  store::sqlite::TemporaryFolder folder_;
  store::Stores stores_;
  access::ApiKey key_;
  std::unique_ptr<access::KeyRing> ring_;
  std::unique_ptr<access::TokenVerifier> verifier_;
  std::string token_;
  access::Authentication authentication_;
};

TEST_F(KeyAllocations, AWarmGetWithAKeyOrATokenMakesNone) {
  const std::string get = "GET /items/a HTTP/1.1\r\nHost: localhost\r\n";
  EXPECT_EQ(AllocationsOf(get + "X-API-Key: " + key_.secret + "\r\n\r\n", "200"), 0U);
  EXPECT_EQ(AllocationsOf(get + "Authorization: Bearer " + token_ + "\r\n\r\n", "200"), 0U);
}

TEST_F(KeyAllocations, AWarmInferenceWithAKeyMakesNone) {
  const std::string body =
      R"({"inputs":[{"name":"input","shape":[1,4],"datatype":"FP32","data":[[0.5,1,null,2]]}]})";
  EXPECT_EQ(AllocationsOf(
                "POST /v2/models/m/infer HTTP/1.1\r\nHost: localhost\r\nX-API-Key: " + key_.secret +
                    "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body,
                "200"),
            0U);
}

}  // namespace
}  // namespace geoclimate::server::http
