#include "geoclimate/server/http/exchange.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "geoclimate/base/clock.h"
#include "geoclimate/formats/compression.h"
#include "geoclimate/server/http/error_response.h"
#include "geoclimate/server/http/local_client.h"

namespace geoclimate::server::http {
namespace {

using base::Result;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr base::Timestamp kNow{std::chrono::seconds(1609459200)};  // 2021-01-01T00:00:00Z

Route MakeRoute(Method method, std::string_view path, Handler handler, std::size_t max_body = 0) {
  Route route;
  route.method = method;
  route.path = path;
  route.scope = Scope::kRead;
  route.listener = Listener::kPublic;
  route.max_body_bytes = max_body;
  route.handler = std::move(handler);
  return route;
}

// Counts down in steps, appending "n,".
class Countdown final : public ResponseTask {
 public:
  explicit Countdown(int from) : left_(from) {}
  Progress Step(Response& response) override {
    response.body() += std::to_string(left_) + ",";
    return --left_ > 0 ? Progress::kMore : Progress::kDone;
  }

 private:
  int left_;
};

class FailsLate final : public ResponseTask {
 public:
  explicit FailsLate(const Request& request) : request_(request) {}
  Progress Step(Response& response) override {
    if (++steps_ < 3) return Progress::kMore;
    AnswerError(request_, response, base::Unavailable("gone"));
    return Progress::kDone;
  }

 private:
  const Request& request_;
  int steps_ = 0;
};

class NeverCalled final : public Waker {
 public:
  void Wake() override { FAIL() << "no answer waits"; }
};

// Waits for another thread, twice.
class WaitsTwice final : public ResponseTask {
 public:
  explicit WaitsTwice(const Request& request) : waker_(request.waker()) { Start(); }
  ~WaitsTwice() override { thread_.join(); }
  WaitsTwice(const WaitsTwice&) = delete;
  WaitsTwice& operator=(const WaitsTwice&) = delete;

  Progress Step(Response& response) override {
    thread_.join();
    response.body() += word_;
    if (++waits_ == 2) {
      thread_ = std::thread([] {});
      return Progress::kDone;
    }
    Start();
    return Progress::kWaiting;
  }

 private:
  void Start() {
    thread_ = std::thread([this] {
      word_ = "woken,";
      waker_.Wake();
    });
  }

  Waker& waker_;
  std::string word_;
  int waits_ = 0;
  std::thread thread_;
};

RouteTable TestTable() {
  RouteTable table;
  const auto add = [&](Route route) { table.routes.push_back(std::move(route)); };
  add(MakeRoute(Method::kGet, "/hello", [](const Request& request, Response& response) {
    response.set_content_type("text/plain");
    response.body() = "hello";
    if (response.AnswerNotModified(request, "\"v1\"")) response.body().clear();
    return Result<void>();
  }));
  add(MakeRoute(Method::kGet, "/big", [](const Request&, Response& response) {
    response.body().assign(5000, 'x');
    response.AnswerNotModified(Request(), "\"big\"");
    return Result<void>();
  }));
  add(MakeRoute(Method::kGet, "/items/{name}",
                [](const Request& request, Response& response) -> Result<void> {
                  GC_ASSIGN_OR_RETURN(const QueryString query, request.query());
                  response.body() = request.path_parameter("name");
                  response.body() += "|";
                  response.body() += query.Find("q").value_or("none");
                  return {};
                }));
  add(MakeRoute(
      Method::kPost, "/echo",
      [](const Request& request, Response& response) {
        response.set_content_type("text/plain");
        response.body() = request.body();
        return Result<void>();
      },
      100'000));
  table.routes.back().consumes = {"application/json", "text/plain"};
  add(MakeRoute(Method::kGet, "/fails", [](const Request&, Response& response) -> Result<void> {
    response.body() = "half";
    return base::NotFound("no such thing");
  }));
  add(MakeRoute(Method::kGet, "/invalid", [](const Request& request, Response& response) {
    const FieldError error{
        {"body", "data", std::uint64_t{3}, "pm25"}, "must be a number", "float_type"};
    AnswerInvalid(request, response, {&error, 1});
    return Result<void>();
  }));
  add(MakeRoute(Method::kGet, "/throws", [](const Request&, Response&) -> Result<void> {
    throw std::runtime_error("boom");
  }));
  add(MakeRoute(Method::kGet, "/whole", [](const Request&, Response& response) {
    response.Continue(Response::Delivery::kWhole, std::make_unique<Countdown>(3));
    return Result<void>();
  }));
  add(MakeRoute(Method::kGet, "/streamed", [](const Request&, Response& response) {
    response.body() = "start,";
    response.Continue(Response::Delivery::kStreamed, std::make_unique<Countdown>(3));
    return Result<void>();
  }));
  add(MakeRoute(Method::kGet, "/late", [](const Request& request, Response& response) {
    response.Continue(Response::Delivery::kWhole, std::make_unique<FailsLate>(request));
    return Result<void>();
  }));
  add(MakeRoute(Method::kGet, "/late-stream", [](const Request& request, Response& response) {
    response.Continue(Response::Delivery::kStreamed, std::make_unique<FailsLate>(request));
    return Result<void>();
  }));
  add(MakeRoute(Method::kGet, "/waits", [](const Request& request, Response& response) {
    response.Await(std::make_unique<WaitsTwice>(request));
    return Result<void>();
  }));
  add(MakeRoute(Method::kGet, "/slow", [](const Request&, Response& response) {
    response.body() = "from the pool";
    return Result<void>();
  }));
  table.routes.back().execution = Execution::kBackground;
  return table;
}

class ExchangeTest : public testing::Test {
 protected:
  std::string Send(std::string_view bytes) { return client_.Exchange(bytes); }

  base::FakeClock clock_{kNow};
  LocalClient client_{TestTable(), clock_};
};

TEST_F(ExchangeTest, AnAnswerCarriesWhatEveryAnswerCarries) {
  const LocalAnswer answer = client_.Get("/hello", {{"X-Request-Id", "abc-1"}});
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "hello");
  EXPECT_EQ(answer.header("content-type"), "text/plain");
  EXPECT_EQ(answer.header("content-length"), "5");
  EXPECT_EQ(answer.header("x-request-id"), "abc-1");
  EXPECT_EQ(answer.header("x-process-time"), "0.000000");
  EXPECT_EQ(answer.header("date"), "Fri, 01 Jan 2021 00:00:00 GMT");
  EXPECT_EQ(answer.header("etag"), "\"v1\"");
  EXPECT_EQ(answer.header("connection"), "");
}

TEST_F(ExchangeTest, AnInsaneRequestIdIsReplaced) {
  const std::vector<std::string> ids = {"a b", "x\"y", std::string(129, 'a'), ""};
  for (const std::string& id : ids) {
    const LocalAnswer answer = client_.Get("/hello", {{"X-Request-Id", id}});
    EXPECT_THAT(std::string(answer.header("x-request-id")), testing::MatchesRegex("[0-9a-f]{16}"));
  }
}

TEST_F(ExchangeTest, TraceparentIsRepeatedWhenItIsOne) {
  const std::string good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  EXPECT_EQ(client_.Get("/hello", {{"traceparent", good}}).header("traceparent"), good);
  EXPECT_EQ(client_.Get("/hello", {{"traceparent", "00-xyz"}}).header("traceparent"), "");
}

TEST_F(ExchangeTest, HeadHasTheHeadOfGetAndNoBody) {
  const LocalAnswer answer = client_.Send(Method::kHead, "/hello", {}, {});
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("content-length"), "5");
  EXPECT_EQ(answer.body, "");
}

TEST_F(ExchangeTest, PathAndQueryAreDecoded) {
  EXPECT_EQ(client_.Get("/items/a%2Fb%20c?q=x+y%26z&q=2").body, "a/b c|x y&z");
  EXPECT_EQ(client_.Get("/items/n").body, "n|none");
  EXPECT_EQ(client_.Get("/items/%zz").status, 400);
  EXPECT_EQ(client_.Get("/items/%ff").status, 400);
  EXPECT_EQ(client_.Get("/items/").status, 404);
  EXPECT_EQ(client_.Get("/items/n?q=%f").status, 422);
}

TEST_F(ExchangeTest, IfNoneMatchIsAnswered304) {
  const LocalAnswer answer = client_.Get("/hello", {{"If-None-Match", "\"v0\", W/\"v1\""}});
  EXPECT_EQ(answer.status, 304);
  EXPECT_EQ(answer.header("etag"), "\"v1\"");
  EXPECT_EQ(answer.header("content-length"), "");
  EXPECT_EQ(answer.body, "");
  EXPECT_EQ(client_.Get("/hello", {{"If-None-Match", "\"v1-gzip\""}}).status, 304);
  EXPECT_EQ(client_.Get("/hello", {{"If-None-Match", "*"}}).status, 304);
  EXPECT_EQ(client_.Get("/hello", {{"If-None-Match", "\"v2\""}}).status, 200);
}

TEST_F(ExchangeTest, PipelinedRequestsAreAnsweredInTheirOrder) {
  const std::string answers = Send(
      "GET /items/1 HTTP/1.1\r\nHost: localhost\r\n\r\n"
      "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\ntwo"
      "GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n"
      "GET /streamed HTTP/1.1\r\nHost: localhost\r\n\r\n"
      "\r\nGET /items/5 HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const auto position = [&](std::string_view text) { return answers.find(text); };
  EXPECT_LT(position("1|none"), position("two"));
  EXPECT_LT(position("two"), position("from the pool"));
  EXPECT_LT(position("from the pool"), position("6\r\nstart,"));
  EXPECT_LT(position("6\r\nstart,"), position("5|none"));
  EXPECT_THAT(answers, EndsWith("5|none"));
}

TEST_F(ExchangeTest, ManyPipelinedRequestsAreAllAnswered) {
  std::string requests;
  for (int i = 0; i < 1000; ++i) {
    requests += "GET /items/n" + std::to_string(i) + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  }
  const std::string answers = Send(requests);
  std::size_t at = 0;
  for (int i = 0; i < 1000; ++i) {
    at = answers.find("n" + std::to_string(i) + "|none", at);
    ASSERT_NE(at, std::string::npos) << i;
  }
}

TEST_F(ExchangeTest, ARequestMayArriveByteByByte) {
  // LocalClient hands over all at once; here each byte comes alone.
  telemetry::MetricRegistry metrics;
  Lifecycle lifecycle;
  lifecycle.set_phase(Phase::kServing);
  auto frontend = Frontend::Build({}, TestTable(), {nullptr, &metrics, &clock_, &lifecycle});
  ASSERT_TRUE(frontend.ok());
  Worker worker(**frontend);
  Exchange exchange(**frontend);
  NeverCalled waker;
  exchange.Open(Listener::kPublic, "127.0.0.1", waker);
  const std::pair<std::string, std::string> bodies[] = {
      {"4\r\nabcd\r\nA;x=y\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\n", "abcd0123456789"},
      {"0\r\n\r\n", ""},
      {"0\r\nTrailer: t\r\n\r\n", ""}};
  for (const auto& [chunks, body] : bodies) {
    const std::string request =
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: same\r\nTransfer-Encoding: "
        "chunked\r\n\r\n" +
        chunks;
    for (const char byte : request) {
      EXPECT_EQ(exchange.unsent(), "");
      exchange.ReadSpace()[0] = byte;
      exchange.Received(1);
      ASSERT_EQ(exchange.Advance(worker), Exchange::Next::kRead);
    }
    EXPECT_THAT(std::string(exchange.unsent()), StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(std::string(exchange.unsent()), HasSubstr("X-Request-Id: same\r\n"));
    EXPECT_THAT(std::string(exchange.unsent()), EndsWith("\r\n\r\n" + body));
    exchange.Sent(exchange.unsent().size());
    EXPECT_TRUE(exchange.idle());
  }
}

TEST_F(ExchangeTest, ALargeBodyMovesTheBufferAndNothingElse) {
  const std::string body(90'000, 'b');
  const LocalAnswer answer = client_.Post("/echo", "text/plain", body, {{"X-Request-Id", "kept"}});
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, body);
  EXPECT_EQ(answer.header("x-request-id"), "kept");
}

TEST_F(ExchangeTest, ABodyOverTheLimitIs413AndEndsTheConnection) {
  const std::string answer = Send(
      "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100001\r\n\r\nab"
      "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(answer, Not(HasSubstr("hello")));
  std::string chunks =
      "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 11; ++i) chunks += "2710\r\n" + std::string(10'000, 'c') + "\r\n";
  EXPECT_THAT(Send(chunks), StartsWith("HTTP/1.1 413 "));
}

TEST_F(ExchangeTest, AShortBodyOfARefusedRequestIsDroppedAndTheConnectionStays) {
  const std::string answers = Send(
      "POST /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nGET /"
      "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_THAT(answers, StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(answers, EndsWith("hello"));
}

TEST_F(ExchangeTest, AnAnswerThatWaitsGoesOnWhenItIsWoken) {
  EXPECT_THAT(Send("GET /waits HTTP/1.1\r\nHost: localhost\r\n\r\n"
                   "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n"),
              AllOf(HasSubstr("woken,woken,"), EndsWith("hello")));
}

TEST_F(ExchangeTest, ExpectContinueIsAnsweredBeforeTheBody) {
  const std::string head =
      "POST /echo HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
  EXPECT_EQ(Send(head), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_THAT(Send(head + "ok"), StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(Send("POST /nowhere HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
                   "Content-Length: 2\r\n\r\n"),
              StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(Send("POST /echo HTTP/1.1\r\nHost: localhost\r\nExpect: tea\r\n"
                   "Content-Length: 2\r\n\r\nok"),
              StartsWith("HTTP/1.1 417 "));
}

TEST_F(ExchangeTest, GzipBodiesAreInflatedWithinTheLimit) {
  const std::string body(50'000, 'z');
  const LocalAnswer answer = client_.Post("/echo", "text/plain", formats::DeflateGzip(body),
                                          {{"Content-Encoding", "gzip"}});
  EXPECT_EQ(answer.body, body);
  EXPECT_EQ(client_
                .Post("/echo", "text/plain", formats::DeflateGzip(std::string(200'000, 'z')),
                      {{"Content-Encoding", "gzip"}})
                .status,
            413);
  EXPECT_EQ(client_.Post("/echo", "text/plain", "no gzip", {{"Content-Encoding", "gzip"}}).status,
            400);
  EXPECT_EQ(client_.Post("/echo", "text/plain", "x", {{"Content-Encoding", "br"}}).status, 415);
}

TEST_F(ExchangeTest, LongAnswersAreCompressedForThoseWhoAcceptIt) {
  const LocalAnswer plain = client_.Get("/big");
  EXPECT_EQ(plain.body.size(), 5000U);
  EXPECT_EQ(plain.header("vary"), "Accept-Encoding");
  EXPECT_EQ(plain.header("etag"), "\"big\"");
  const LocalAnswer gzip = client_.Get("/big", {{"Accept-Encoding", "br, gzip"}});
  EXPECT_EQ(gzip.header("content-encoding"), "gzip");
  EXPECT_EQ(gzip.header("etag"), "\"big-gzip\"");
  EXPECT_EQ(*formats::InflateGzip(gzip.body, "answer", {}), plain.body);
  EXPECT_EQ(client_.Get("/big", {{"Accept-Encoding", "gzip;q=0"}}).header("content-encoding"), "");
  EXPECT_EQ(client_.Get("/hello", {{"Accept-Encoding", "gzip"}}).header("content-encoding"), "");
}

TEST_F(ExchangeTest, UnknownPathsMethodsAndTypesAreTold) {
  EXPECT_EQ(client_.Get("/nowhere").status, 404);
  const LocalAnswer wrong = client_.Send(Method::kDelete, "/hello", {}, {});
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(wrong.header("allow"), "GET, HEAD, OPTIONS");
  EXPECT_THAT(Send("BREW /hello HTTP/1.1\r\nHost: localhost\r\n\r\n"), StartsWith("HTTP/1.1 405 "));
  EXPECT_EQ(client_.Post("/echo", "application/xml", "<a/>").status, 415);
  EXPECT_EQ(client_.Post("/echo", "application/JSON; charset=utf-8", "{}").status, 200);
  EXPECT_EQ(client_.Send(Method::kOptions, "/hello", {}, {}).header("allow"), "GET, HEAD, OPTIONS");
}

TEST_F(ExchangeTest, AnErrorHasTheContractsBody) {
  const LocalAnswer answer = client_.Get("/fails", {{"X-Request-Id", "r1"}});
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(answer.body, R"({"error":"no such thing","detail":"no such thing","code":"NOT_FOUND",)"
                         R"("request_id":"r1","timestamp":"2021-01-01T00:00:00Z"})");
  const LocalAnswer invalid = client_.Get("/invalid");
  EXPECT_EQ(invalid.status, 422);
  EXPECT_THAT(invalid.body, HasSubstr(R"("error":"body.data.3.pm25: must be a number")"));
  EXPECT_THAT(invalid.body,
              HasSubstr(R"("errors":[{"loc":["body","data",3,"pm25"],"msg":"must be a number",)"
                        R"("type":"float_type"}])"));
}

TEST_F(ExchangeTest, AHandlerThatThrowsIs500AndNothingElseEnds) {
  const std::string answers = Send(
      "GET /throws HTTP/1.1\r\nHost: localhost\r\n\r\nGET /hello HTTP/1.1\r\nHost: "
      "localhost\r\n\r\n");
  EXPECT_THAT(answers, StartsWith("HTTP/1.1 500 "));
  EXPECT_THAT(answers, Not(HasSubstr("boom")));
  EXPECT_THAT(answers, EndsWith("hello"));
}

TEST_F(ExchangeTest, TasksCollectOrStreamTheirBody) {
  const LocalAnswer whole = client_.Get("/whole");
  EXPECT_EQ(whole.body, "3,2,1,");
  EXPECT_EQ(whole.header("content-length"), "6");
  const LocalAnswer streamed = client_.Get("/streamed");
  EXPECT_EQ(streamed.header("transfer-encoding"), "chunked");
  EXPECT_EQ(streamed.body, "start,3,2,1,");
  EXPECT_THAT(Send("HEAD /streamed HTTP/1.1\r\nHost: localhost\r\n\r\n"), EndsWith("\r\n\r\n"));
}

TEST_F(ExchangeTest, StreamsAreCompressedForThoseWhoAcceptIt) {
  const LocalAnswer streamed = client_.Get("/streamed", {{"Accept-Encoding", "gzip"}});
  EXPECT_EQ(streamed.header("content-encoding"), "gzip");
  EXPECT_EQ(streamed.header("vary"), "Accept-Encoding");
  EXPECT_EQ(*formats::InflateGzip(streamed.body, "answer", {}), "start,3,2,1,");
}

TEST_F(ExchangeTest, ATaskThatFailsAnswersAnErrorOrBreaksTheStream) {
  EXPECT_EQ(client_.Get("/late").status, 503);
  const std::string broken = Send("GET /late-stream HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_THAT(broken, StartsWith("HTTP/1.1 200 OK"));
  EXPECT_THAT(broken, Not(HasSubstr("\r\n0\r\n")));
}

TEST_F(ExchangeTest, Http10ClosesUnlessAskedToStay) {
  EXPECT_THAT(Send("GET /hello HTTP/1.0\r\n\r\n"), HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(Send("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"),
              HasSubstr("Connection: keep-alive\r\n"));
  EXPECT_THAT(Send("GET /streamed HTTP/1.0\r\n\r\n"), EndsWith("\r\n\r\nstart,3,2,1,"));
}

TEST_F(ExchangeTest, AnExpiredDeadlineIs504WithoutRunningTheHandler) {
  EXPECT_EQ(client_.Get("/hello", {{"X-Request-Timeout-Ms", "0"}}).status, 504);
  EXPECT_EQ(client_.Get("/slow", {{"X-Request-Timeout-Ms", "0"}}).status, 504);
  EXPECT_EQ(client_.Get("/hello", {{"X-Request-Timeout-Ms", "1000"}}).status, 200);
  EXPECT_EQ(client_.Get("/hello", {{"X-Request-Timeout-Ms", "soon"}}).status, 200);
}

// An extension was refused when its line came in pieces, and let in when the buffer held all of it.
TEST_F(ExchangeTest, AChunksExtensionIsHeldToTheHeadersLimitHoweverItArrives) {
  const std::string head =
      "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string rest = "\r\nhello\r\n0\r\n\r\n";
  EXPECT_THAT(Send(head + "5;" + std::string(17'000, 'x') + rest),
              testing::StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(Send(head + "5;" + std::string(1000, 'x') + rest),
              testing::StartsWith("HTTP/1.1 200 "));
}

}  // namespace
}  // namespace geoclimate::server::http
