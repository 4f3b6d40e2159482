#include "geoclimate/http_client/http_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <latch>
#include <thread>
#include <vector>

#include "geoclimate/formats/compression.h"
#include "geoclimate/http_client/testing/scripted_server.h"

namespace geoclimate::http_client {
namespace {

using testing::Connection;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::ScriptedServer;
using ::testing::StartsWith;

const base::SystemClock kClock;

base::Deadline Soon() {
  return base::Deadline::After(kClock, std::chrono::seconds(60));
}

// Answers every request of every connection with what it was.
void Echo(Connection& connection) {
  for (std::string request; !(request = connection.ReadRequest()).empty();) {
    connection.Answer(200, request);
  }
}

// Answers one request of each connection with these bytes, and closes.
std::function<void(Connection&)> Once(std::string bytes) {
  return [bytes = std::move(bytes)](Connection& connection) {
    if (!connection.ReadRequest().empty()) connection.Write(bytes);
  };
}

base::ErrorCode CodeOf(const base::Result<Answer>& answer) {
  EXPECT_FALSE(answer.ok());
  return answer.ok() ? base::ErrorCode::kUnknown : answer.error().code();
}

TEST(HttpClient, SendsMethodPathFieldsAndBodyAsTheyAreGiven) {
  const ScriptedServer server(&Echo);
  const HttpClient client(kClock);
  const std::string body("a\0b\r\n", 5);
  const auto answer = client.Send({.method = "PUT",
                                   .url = server.Url("/a/../b%2Fc?x=%41&y="),
                                   .headers = {{"X-One", "1"}, {"X-Empty", ""}},
                                   .body = body,
                                   .deadline = Soon()});
  ASSERT_TRUE(answer.ok()) << answer.error().message();
  EXPECT_EQ(answer->status, 200);
  EXPECT_THAT(answer->body, StartsWith("PUT /a/../b%2Fc?x=%41&y= HTTP/1.1\r\n"));
  EXPECT_THAT(answer->body, HasSubstr("\r\nX-One: 1\r\n"));
  EXPECT_THAT(answer->body, HasSubstr("\r\nX-Empty:\r\n"));
  EXPECT_THAT(answer->body, HasSubstr("\r\nContent-Length: 5\r\n"));
  EXPECT_THAT(answer->body, HasSubstr("\r\nUser-Agent: geoclimate\r\n"));
  EXPECT_THAT(answer->body, Not(HasSubstr("Expect")));
  EXPECT_THAT(answer->body, Not(HasSubstr("Content-Type")));
  EXPECT_TRUE(answer->body.ends_with(body));
}

TEST(HttpClient, EveryMethodGoesOutByItsName) {
  const ScriptedServer server(&Echo);
  const HttpClient client(kClock);
  for (const char* method : {"GET", "POST", "PUT", "DELETE", "PATCH"}) {
    const auto answer = client.Send({.method = method, .url = server.Url("/"), .deadline = Soon()});
    ASSERT_TRUE(answer.ok()) << answer.error().message();
    EXPECT_THAT(answer->body, StartsWith(std::string(method) + " / HTTP/1.1\r\n"));
  }
}

TEST(HttpClient, AHeadIsAnsweredWithoutItsBody) {
  const ScriptedServer server(Once("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"));
  const HttpClient client(kClock);
  const auto answer = client.Send({.method = "HEAD", .url = server.Url("/"), .deadline = Soon()});
  ASSERT_TRUE(answer.ok()) << answer.error().message();
  EXPECT_EQ(answer->Header("content-length"), "99999999999");
  EXPECT_EQ(answer->body, "");
}

TEST(HttpClient, ABodyIsStreamedFromItsSource) {
  const ScriptedServer server(&Echo);
  const HttpClient client(kClock);
  const std::string body(300'000, 'x');
  formats::MemorySource known(body);
  const auto with_length = client.Send({.method = "PUT",
                                        .url = server.Url("/"),
                                        .source = &known,
                                        .source_bytes = body.size(),
                                        .deadline = Soon()});
  ASSERT_TRUE(with_length.ok()) << with_length.error().message();
  EXPECT_THAT(with_length->body, HasSubstr("\r\nContent-Length: 300000\r\n"));
  EXPECT_TRUE(with_length->body.ends_with("\r\n\r\n" + body));
  formats::MemorySource unknown("abc");
  const auto chunked = client.Send(
      {.method = "POST", .url = server.Url("/"), .source = &unknown, .deadline = Soon()});
  ASSERT_TRUE(chunked.ok()) << chunked.error().message();
  EXPECT_TRUE(chunked->body.ends_with("\r\n\r\n3\r\nabc\r\n0\r\n\r\n"));
}

class FailingSource final : public formats::ByteSource {
 public:
  base::Result<std::size_t> Read(std::span<char>) override { return base::DataLoss("torn"); }
};

TEST(HttpClient, AnErrorOfTheSourceIsTheAnswer) {
  const ScriptedServer server(&Echo);
  const HttpClient client(kClock);
  FailingSource source;
  const auto answer = client.Send({.method = "PUT",
                                   .url = server.Url("/"),
                                   .source = &source,
                                   .source_bytes = 10,
                                   .deadline = Soon()});
  EXPECT_EQ(CodeOf(answer), base::ErrorCode::kDataLoss);
  EXPECT_EQ(answer.error().message(), "torn");
}

TEST(HttpClient, StatusFieldsAndBodyOfAnyAnswerComeBack) {
  const ScriptedServer server(
      Once("HTTP/1.1 100 Continue\r\nX-Interim: 1\r\n\r\n"
           "HTTP/1.1 503 Busy\r\nRetry-After:  7 \r\nETag: \"a\"\r\netag: second\r\n"
           "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Trailer: 1\r\n\r\n"));
  const HttpClient client(kClock);
  const auto answer = client.Send({.url = server.Url("/"), .deadline = Soon()});
  ASSERT_TRUE(answer.ok()) << answer.error().message();
  EXPECT_EQ(answer->status, 503);
  EXPECT_EQ(answer->body, "abc");
  EXPECT_EQ(answer->Header("retry-after"), "7");
  EXPECT_EQ(answer->Header("ETAG"), "\"a\"");
  EXPECT_EQ(answer->Header("X-Interim"), std::nullopt);
  EXPECT_EQ(answer->Header("X-Trailer"), std::nullopt);
}

TEST(HttpClient, ARedirectIsAnAnswer) {
  const ScriptedServer server([](Connection& connection) {
    connection.ReadRequest();
    connection.Answer(302, "", "Location: http://127.0.0.1:1/\r\n");
  });
  const HttpClient client(kClock);
  const auto answer = client.Send({.url = server.Url("/"), .deadline = Soon()});
  ASSERT_TRUE(answer.ok()) << answer.error().message();
  EXPECT_EQ(answer->status, 302);
  EXPECT_EQ(answer->Header("Location"), "http://127.0.0.1:1/");
}

TEST(HttpClient, AConnectionIsUsedAgain) {
  const ScriptedServer server(&Echo);
  const HttpClient client(kClock);
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(client.Send({.url = server.Url("/"), .deadline = Soon()}).ok());
  }
  EXPECT_EQ(server.connections(), 1);
}

TEST(HttpClient, AKeptConnectionThatTheServerClosedIsReplaced) {
  const ScriptedServer server(Once("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
  const HttpClient client(kClock);
  for (int i = 0; i < 5; ++i) {
    const auto answer =
        client.Send({.method = "PUT", .url = server.Url("/"), .body = "body", .deadline = Soon()});
    ASSERT_TRUE(answer.ok()) << answer.error().message();
  }
  EXPECT_EQ(server.connections(), 5);
}

// A conditional write that was carried out twice was reported as refused, without a sign of it.
TEST(HttpClient, ARequestThatWentOutAgainSaysSo) {
  std::atomic<int> requests{0};
  const ScriptedServer server([&](Connection& connection) {
    while (!connection.ReadRequest().empty()) {
      // The second one of a connection arrives, and is not answered.
      if (++requests == 2) return connection.Reset();
      connection.Answer(200, "");
    }
  });
  const HttpClient client(kClock);
  for (const int times : {1, 2, 1}) {
    const auto answer =
        client.Send({.method = "PUT", .url = server.Url("/"), .body = "body", .deadline = Soon()});
    ASSERT_TRUE(answer.ok()) << answer.error().message();
    EXPECT_EQ(answer->times_sent, times);
  }
  EXPECT_EQ(requests, 4);
}

TEST(HttpClient, ThreadsSendAtTheSameTime) {
  constexpr int kThreads = 8;
  std::vector<std::unique_ptr<ScriptedServer>> servers;
  for (int i = 0; i < kThreads / 2; ++i) servers.push_back(std::make_unique<ScriptedServer>(&Echo));
  const HttpClient client(kClock, {.max_idle_connections = 3});
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&client, &server = *servers[static_cast<std::size_t>(i) / 2], i] {
      const std::string path = fmt::format("/thread{}", i);
      for (int round = 0; round < 20; ++round) {
        const auto answer = client.Send({.url = server.Url(path), .deadline = Soon()});
        ASSERT_TRUE(answer.ok()) << answer.error().message();
        EXPECT_THAT(answer->body, HasSubstr(path));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(HttpClient, AnAnswerThatIsTooLongIsRefusedWhateverItSays) {
  const std::string body(1001, 'x');
  for (const std::string& bytes :
       {fmt::format("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n{}", body),
        fmt::format("HTTP/1.1 500 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n{}\r\n0\r\n\r\n",
                    body),
        fmt::format("HTTP/1.1 200 OK\r\n\r\n{}", body)}) {
    const ScriptedServer server(Once(bytes));
    const HttpClient client(kClock);
    const auto too_long =
        client.Send({.url = server.Url("/"), .max_answer_bytes = 1000, .deadline = Soon()});
    EXPECT_EQ(CodeOf(too_long), base::ErrorCode::kOutOfRange);
    const auto fits =
        client.Send({.url = server.Url("/"), .max_answer_bytes = 1001, .deadline = Soon()});
    ASSERT_TRUE(fits.ok()) << fits.error().message();
    EXPECT_EQ(fits->body, body);
  }
}

TEST(HttpClient, AHeaderWithoutEndIsRefused) {
  std::string bytes = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 2000; ++i)
    bytes += fmt::format("X-Field-{}: {}\r\n", i, std::string(100, 'x'));
  const ScriptedServer server(Once(bytes + "\r\n"));
  const HttpClient client(kClock);
  EXPECT_EQ(CodeOf(client.Send({.url = server.Url("/"), .deadline = Soon()})),
            base::ErrorCode::kOutOfRange);
}

TEST(HttpClient, TheLimitIsOfTheBodyThatComesOutOfItsCompression) {
  const std::string body(1'000'000, 'x');
  const ScriptedServer server([packed = formats::DeflateGzip(body)](Connection& connection) {
    EXPECT_THAT(connection.ReadRequest(), HasSubstr("\r\nAccept-Encoding: gzip\r\n"));
    connection.Answer(200, packed, "Content-Encoding: gzip\r\n");
  });
  const HttpClient client(kClock);
  const auto fits = client.Send({.url = server.Url("/"),
                                 .max_answer_bytes = body.size(),
                                 .encoding = Encoding::kCompressed,
                                 .deadline = Soon()});
  ASSERT_TRUE(fits.ok()) << fits.error().message();
  EXPECT_EQ(fits->body, body);
  const auto bomb = client.Send({.url = server.Url("/"),
                                 .max_answer_bytes = body.size() - 1,
                                 .encoding = Encoding::kCompressed,
                                 .deadline = Soon()});
  EXPECT_EQ(CodeOf(bomb), base::ErrorCode::kOutOfRange);
}

TEST(HttpClient, ASinkTakesTheBodyOfASuccessAndMayEndIt) {
  const ScriptedServer server([](Connection& connection) {
    const std::string request = connection.ReadRequest();
    connection.Answer(request.starts_with("GET /bad") ? 404 : 206, std::string(100'000, 'x'));
  });
  const HttpClient client(kClock);
  std::string taken;
  Request request{.url = server.Url("/good"), .deadline = Soon()};
  request.sink = [&](std::string_view piece) -> base::Result<void> {
    taken += piece;
    return {};
  };
  const auto good = client.Send(request);
  ASSERT_TRUE(good.ok()) << good.error().message();
  EXPECT_EQ(good->body, "");
  EXPECT_EQ(taken, std::string(100'000, 'x'));
  request.url = server.Url("/bad");
  const auto bad = client.Send(request);
  ASSERT_TRUE(bad.ok()) << bad.error().message();
  EXPECT_EQ(bad->body.size(), 100'000U);
  request.url = server.Url("/good");
  request.sink = [](std::string_view) -> base::Result<void> { return base::OutOfRange("full"); };
  const auto refused = client.Send(request);
  EXPECT_EQ(CodeOf(refused), base::ErrorCode::kOutOfRange);
  EXPECT_EQ(refused.error().message(), "full");
}

TEST(HttpClient, WhatBreaksBeforeTheAnswerIsWholeIsUnavailable) {
  for (const char* bytes :
       {"", "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"}) {
    const ScriptedServer server(Once(bytes));
    const HttpClient client(kClock);
    const auto answer = client.Send({.url = server.Url("/"), .deadline = Soon()});
    EXPECT_EQ(CodeOf(answer), base::ErrorCode::kUnavailable) << bytes;
  }
  const ScriptedServer resetting([](Connection& connection) {
    connection.ReadRequest();
    connection.Write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
    connection.Reset();
  });
  const HttpClient client(kClock);
  EXPECT_EQ(CodeOf(client.Send({.url = resetting.Url("/"), .deadline = Soon()})),
            base::ErrorCode::kUnavailable);
}

TEST(HttpClient, AConnectionThatIsRefusedIsUnavailable) {
  std::string url;
  {
    const ScriptedServer gone(&Echo);
    url = gone.Url("/path?key=secret");
  }
  const HttpClient client(kClock);
  const auto answer = client.Send({.url = url, .deadline = Soon()});
  EXPECT_EQ(CodeOf(answer), base::ErrorCode::kUnavailable);
  EXPECT_THAT(answer.error().message(), HasSubstr("/path"));
  EXPECT_THAT(answer.error().message(), Not(HasSubstr("secret")));
}

TEST(HttpClient, WhatIsNotHttpIsDataLoss) {
  const ScriptedServer server(Once("SSH-2.0-OpenSSH_9.2\r\n\r\n"));
  const HttpClient client(kClock);
  EXPECT_EQ(CodeOf(client.Send({.url = server.Url("/"), .deadline = Soon()})),
            base::ErrorCode::kDataLoss);
}

TEST(HttpClient, AServerThatSaysNothingIsLeftAtTheDeadline) {
  const ScriptedServer server([](Connection& connection) { connection.WaitForClose(); });
  const HttpClient client(kClock);
  const auto soon = base::Deadline::After(kClock, std::chrono::milliseconds(50));
  EXPECT_EQ(CodeOf(client.Send({.url = server.Url("/"), .deadline = soon})),
            base::ErrorCode::kDeadlineExceeded);
  EXPECT_EQ(server.connections(), 1);
}

TEST(HttpClient, AfterItsDeadlineARequestIsNotSent) {
  const ScriptedServer server(&Echo);
  const HttpClient client(kClock);
  const auto past = base::Deadline::After(kClock, -std::chrono::milliseconds(1));
  EXPECT_EQ(CodeOf(client.Send({.url = server.Url("/"), .deadline = past})),
            base::ErrorCode::kDeadlineExceeded);
  EXPECT_EQ(server.connections(), 0);
}

TEST(HttpClient, AServerThatStallsIsLeftBeforeTheDeadline) {
  const ScriptedServer server([](Connection& connection) {
    connection.ReadRequest();
    connection.Write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab");
    connection.WaitForClose();
  });
  const HttpClient client(kClock, {.stall_timeout = std::chrono::seconds(1)});
  EXPECT_EQ(CodeOf(client.Send({.url = server.Url("/"), .deadline = Soon()})),
            base::ErrorCode::kUnavailable);
}

TEST(HttpClient, AStopEndsARequestThatWaits) {
  std::latch asked(1);
  const ScriptedServer server([&](Connection& connection) {
    connection.ReadRequest();
    asked.count_down();
    connection.WaitForClose();
  });
  const HttpClient client(kClock);
  std::stop_source stop;
  std::thread stopper([&] {
    asked.wait();
    stop.request_stop();
  });
  const auto answer =
      client.Send({.url = server.Url("/"), .deadline = Soon(), .stop = stop.get_token()});
  stopper.join();
  EXPECT_EQ(CodeOf(answer), base::ErrorCode::kCancelled);
}

TEST(HttpClient, UrlsThatLeadElsewhereAreRefused) {
  const HttpClient client(kClock);
  for (const char* url :
       {"", "/path", "127.0.0.1/", "ftp://127.0.0.1/", "file:///etc/passwd", "gopher://127.0.0.1/",
        "http://user:secret@127.0.0.1/", "http://127.0.0.1/a b", "http://127.0.0.1/a\r\nX: 1",
        "http://127.0.0.1:99999/", "http://"}) {
    const auto answer = client.Send({.url = url, .deadline = Soon()});
    EXPECT_EQ(CodeOf(answer), base::ErrorCode::kInvalidArgument) << url;
    EXPECT_THAT(answer.error().message(), Not(HasSubstr("secret")));
  }
}

TEST(HttpClient, FieldsThatCouldSmuggleARequestAreRefused) {
  const ScriptedServer server(&Echo);
  const HttpClient client(kClock);
  for (const HeaderField& field :
       {HeaderField{"X", "a\r\nY: b"}, HeaderField{"X\n", "a"}, HeaderField{"X: y", "a"},
        HeaderField{"", "a"}, HeaderField{"X", std::string("a\0b", 3)}}) {
    EXPECT_EQ(CodeOf(client.Send({.url = server.Url("/"), .headers = {field}, .deadline = Soon()})),
              base::ErrorCode::kInvalidArgument);
  }
  EXPECT_EQ(CodeOf(client.Send({.method = "GET / X", .url = server.Url("/"), .deadline = Soon()})),
            base::ErrorCode::kInvalidArgument);
  EXPECT_EQ(server.connections(), 0);
}

// In a process with a proxy in its environment every request would go there.
TEST(HttpClient, TheEnvironmentsProxyIsNotAsked) {
  const ScriptedServer server(&Echo);
  for (const char* name : {"http_proxy", "all_proxy", "ALL_PROXY"}) {
    ::setenv(name, "http://127.0.0.1:1",
             1);  // NOLINT(concurrency-mt-unsafe): no other thread reads
  }
  const HttpClient client(kClock);
  const auto answer = client.Send({.url = server.Url("/"), .deadline = Soon()});
  for (const char* name : {"http_proxy", "all_proxy", "ALL_PROXY"}) {
    ::unsetenv(name);  // NOLINT(concurrency-mt-unsafe)
  }
  ASSERT_TRUE(answer.ok()) << answer.error().message();
}

}  // namespace
}  // namespace geoclimate::http_client
