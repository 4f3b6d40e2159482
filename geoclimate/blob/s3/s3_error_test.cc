#include "geoclimate/blob/s3/s3_error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

namespace geoclimate::blob {
namespace {

using ::testing::HasSubstr;

base::Error ErrorOf(int status, std::string_view code) {
  const std::string body =
      code.empty() ? "" : fmt::format("<Error><Code>{}</Code><Message>why</Message></Error>", code);
  return S3ErrorOf({.status = status, .headers = {{"x-amz-request-id", "R1"}}, .body = body},
                   "GET x");
}

TEST(S3Error, ItsClassSaysWhatACallerCanDo) {
  using base::ErrorCode;
  struct Case {
    int status;
    std::string_view code;
    ErrorCode expected;
  };
  for (const Case& each : {Case{404, "NoSuchKey", ErrorCode::kNotFound},
                           Case{404, "", ErrorCode::kNotFound},
                           Case{404, "SomethingElse", ErrorCode::kFailedPrecondition},
                           Case{404, "NoSuchBucket", ErrorCode::kFailedPrecondition},
                           Case{412, "PreconditionFailed", ErrorCode::kAborted},
                           Case{412, "", ErrorCode::kAborted},
                           Case{409, "ConditionalRequestConflict", ErrorCode::kUnavailable},
                           Case{403, "AccessDenied", ErrorCode::kPermissionDenied},
                           Case{403, "SignatureDoesNotMatch", ErrorCode::kPermissionDenied},
                           Case{403, "InvalidAccessKeyId", ErrorCode::kUnauthenticated},
                           Case{400, "ExpiredToken", ErrorCode::kUnauthenticated},
                           Case{403, "RequestTimeTooSkewed", ErrorCode::kFailedPrecondition},
                           Case{301, "PermanentRedirect", ErrorCode::kFailedPrecondition},
                           Case{503, "SlowDown", ErrorCode::kUnavailable},
                           Case{500, "InternalError", ErrorCode::kUnavailable},
                           Case{502, "", ErrorCode::kUnavailable},
                           Case{429, "", ErrorCode::kUnavailable},
                           Case{400, "RequestTimeout", ErrorCode::kUnavailable},
                           Case{400, "BadDigest", ErrorCode::kDataLoss},
                           Case{416, "InvalidRange", ErrorCode::kOutOfRange},
                           Case{501, "NotImplemented", ErrorCode::kUnimplemented},
                           Case{400, "MalformedXML", ErrorCode::kInternal}}) {
    EXPECT_EQ(ErrorOf(each.status, each.code).code(), each.expected)
        << each.status << " " << each.code;
  }
}

TEST(S3Error, NamesWhatTheStoreSaid) {
  const std::string message = ErrorOf(403, "AccessDenied").message();
  EXPECT_THAT(message, HasSubstr("GET x: the store answered 403 AccessDenied: why"));
  EXPECT_THAT(message, HasSubstr("R1"));
}

}  // namespace
}  // namespace geoclimate::blob
