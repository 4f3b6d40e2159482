#include "geoclimate/server/http/http_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace geoclimate::server::http {
namespace {

using testing::HasSubstr;

class HttpMetricsTest : public testing::Test {
 protected:
  HttpMetricsTest() {
    table_.routes.push_back({.method = Method::kPost,
                             .path = "/predict",
                             .scope = Scope::kPredict,
                             .listener = Listener::kPublic});
  }

  std::string Text() const {
    std::string text;
    registry_.Render(telemetry::Exposition::kPrometheus, text);
    return text;
  }

  static std::string Requests(int status, int count) {
    return "http_requests_total{method=\"POST\",endpoint=\"/predict\",status=\"" +
           std::to_string(status) + "\"} " + std::to_string(count) + "\n";
  }

  telemetry::MetricRegistry registry_;
  RouteTable table_;
};

// A rate sees nothing of a series that begins with its first event.
TEST_F(HttpMetricsTest, FailuresAreCountedFromZero) {
  const HttpMetrics metrics(registry_, table_);
  for (const int status : {200, 500, 503, 504}) EXPECT_THAT(Text(), HasSubstr(Requests(status, 0)));
  for (const char* const reason : {"connections", "descriptors", "background_queue"}) {
    EXPECT_THAT(Text(),
                HasSubstr("requests_shed_total{reason=\"" + std::string(reason) + "\"} 0\n"));
  }
}

TEST_F(HttpMetricsTest, AnAnswerIsCountedUnderItsStatus) {
  HttpMetrics metrics(registry_, table_);
  for (const int status : {200, 200, 503, 422}) {
    metrics.Started();
    metrics.Finished({.route = table_.routes.data(),
                      .method = "POST",
                      .status = status,
                      .duration = std::chrono::microseconds(70),
                      .request_bytes = 100,
                      .response_bytes = 200});
  }
  metrics.Shed("connections");
  EXPECT_THAT(Text(), HasSubstr(Requests(200, 2)));
  EXPECT_THAT(Text(), HasSubstr(Requests(422, 1)));
  EXPECT_THAT(Text(), HasSubstr(Requests(503, 1)));
  EXPECT_THAT(Text(), HasSubstr(Requests(500, 0)));
  EXPECT_THAT(Text(), HasSubstr("requests_shed_total{reason=\"connections\"} 1\n"));
  EXPECT_THAT(Text(), HasSubstr("http_requests_in_progress 0\n"));
}

}  // namespace
}  // namespace geoclimate::server::http
