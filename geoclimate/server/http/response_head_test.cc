#include "geoclimate/server/http/response_head.h"

#include <gtest/gtest.h>

#include <string>

#include "geoclimate/base/day.h"
#include "geoclimate/server/http/connection_balance.h"
#include "geoclimate/server/http/entity_tag.h"

namespace geoclimate::server::http {
namespace {

std::string Render(const ResponseHead& head) {
  ByteBuffer out;
  AppendHead(out, head);
  return std::string(out.bytes());
}

TEST(ResponseHead, HasItsFieldsAndAnEmptyLine) {
  ResponseHead head;
  head.status = 404;
  head.content_type = "application/json";
  head.content_length = 12;
  head.request_id = "r1";
  head.process_time = std::chrono::microseconds(1'234'567);
  head.more = "Age: 3\r\n";
  EXPECT_EQ(Render(head),
            "HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 12\r\n"
            "X-Request-Id: r1\r\nX-Process-Time: 1.234567\r\nAge: 3\r\n\r\n");
}

TEST(ResponseHead, MarksTheTagOfACompressedBody) {
  ResponseHead head;
  head.framing = ResponseHead::Framing::kChunked;
  head.connection = ResponseHead::Connection::kClose;
  head.etag = "\"abc\"";
  head.gzip = head.varies_by_encoding = true;
  EXPECT_EQ(Render(head),
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Process-Time: 0.000000\r\n"
            "ETag: \"abc-gzip\"\r\nContent-Encoding: gzip\r\nVary: Accept-Encoding\r\n"
            "Connection: close\r\n\r\n");
}

TEST(ResponseHead, HasRoomForLongValues) {
  const std::string more(10'000, 'x');
  ResponseHead head;
  head.more = more;
  EXPECT_TRUE(Render(head).ends_with(more + "\r\n"));
}

TEST(DateText, IsTheFormOfHttp) {
  DateText date;
  EXPECT_EQ(date.At(*base::ParseTimestamp("1994-11-06T08:49:37Z")),
            "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(date.At(*base::ParseTimestamp("2024-02-29T23:59:59Z")),
            "Thu, 29 Feb 2024 23:59:59 GMT");
}

TEST(EntityTag, IsFoundByWeakComparison) {
  EXPECT_TRUE(ListNamesTag("\"a\", W/\"b\" ,\"c\"", "\"b\""));
  EXPECT_TRUE(ListNamesTag("\"a-gzip\"", "\"a\""));
  EXPECT_TRUE(ListNamesTag(" * ", "\"a\""));
  EXPECT_FALSE(ListNamesTag("\"ab\"", "\"a\""));
  EXPECT_FALSE(ListNamesTag("", "\"a\""));
  EXPECT_FALSE(ListNamesTag(",,", "\"a\""));
}

TEST(ConnectionBalance, GivesTheThreadWithTheFewest) {
  ConnectionBalance balance(3, 4);
  EXPECT_EQ(balance.Enter(1), 1U);
  EXPECT_EQ(balance.Enter(1), 0U);
  EXPECT_EQ(balance.Enter(1), 2U);
  EXPECT_EQ(balance.Enter(2), 2U);
  EXPECT_EQ(balance.Enter(0), std::nullopt);
  balance.Leave(2);
  balance.Leave(2);
  EXPECT_EQ(balance.Enter(0), 2U);
  EXPECT_EQ(balance.counts(), (std::vector<std::size_t>{1, 1, 1}));
}

TEST(ResponseHead, TellsWhatIsLeftOfALimit) {
  ResponseHead head;
  head.standing = {.limited = true,
                   .limit = 1000,
                   .remaining = 99,
                   .reset = std::chrono::seconds(7),
                   .retry_after = std::chrono::seconds(1)};
  ByteBuffer out;
  AppendHead(out, head);
  const std::string text(out.bytes());
  EXPECT_NE(text.find("X-RateLimit-Limit: 1000\r\nX-RateLimit-Remaining: 99\r\n"
                      "X-RateLimit-Reset: 7\r\n"),
            std::string::npos)
      << text;
}

}  // namespace
}  // namespace geoclimate::server::http
