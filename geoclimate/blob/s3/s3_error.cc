#include "geoclimate/blob/s3/s3_error.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "geoclimate/blob/s3/s3_xml.h"

namespace geoclimate::blob {
namespace {

using base::ErrorCode;

struct CodeMeaning {
  std::string_view code;
  ErrorCode meaning;
};

// Amazon S3 API Reference, "Error responses"; what its status alone does not say.
constexpr CodeMeaning kMeanings[] = {
    {"RequestTimeout", ErrorCode::kUnavailable},
    {"SlowDown", ErrorCode::kUnavailable},
    {"OperationAborted", ErrorCode::kUnavailable},
    {"ConditionalRequestConflict", ErrorCode::kUnavailable},
    {"NoSuchBucket", ErrorCode::kFailedPrecondition},
    {"PermanentRedirect", ErrorCode::kFailedPrecondition},
    {"TemporaryRedirect", ErrorCode::kFailedPrecondition},
    {"AuthorizationHeaderMalformed", ErrorCode::kFailedPrecondition},
    {"IllegalLocationConstraintException", ErrorCode::kFailedPrecondition},
    {"RequestTimeTooSkewed", ErrorCode::kFailedPrecondition},
    {"ExistingObjectIsDirectory", ErrorCode::kFailedPrecondition},
    {"ObjectParentIsFile", ErrorCode::kFailedPrecondition},
    {"ExpiredToken", ErrorCode::kUnauthenticated},
    {"InvalidToken", ErrorCode::kUnauthenticated},
    {"TokenRefreshRequired", ErrorCode::kUnauthenticated},
    {"InvalidAccessKeyId", ErrorCode::kUnauthenticated},
    {"XAdminUserNotFound", ErrorCode::kUnauthenticated},  // versitygw's
    {"BadDigest", ErrorCode::kDataLoss},
    {"InvalidDigest", ErrorCode::kDataLoss},
    {"XAmzContentSHA256Mismatch", ErrorCode::kDataLoss},
    {"QuotaExceeded", ErrorCode::kResourceExhausted},
    {"NoSpaceLeftOnDevice", ErrorCode::kResourceExhausted},
};

}  // namespace

ErrorCode S3ErrorCodeOf(int status, std::string_view code) {
  const auto* const known = std::ranges::find(kMeanings, code, &CodeMeaning::code);
  if (known != std::end(kMeanings)) return known->meaning;
  switch (status) {
    case 401:
    case 403:
      return ErrorCode::kPermissionDenied;
    case 404:
      // Of a HEAD there is no code. What else is not found is not the object that was asked for.
      return code.empty() || code.starts_with("NoSuch") || code == "NotFound"
                 ? ErrorCode::kNotFound
                 : ErrorCode::kFailedPrecondition;
    case 412:
      return ErrorCode::kAborted;
    case 416:
      return ErrorCode::kOutOfRange;
    case 429:
      return ErrorCode::kUnavailable;
    case 501:
      return ErrorCode::kUnimplemented;
    case 507:
      return ErrorCode::kResourceExhausted;
    default:
      return status >= 500 ? ErrorCode::kUnavailable : ErrorCode::kInternal;
  }
}

base::Error S3ErrorOf(const http_client::Answer& answer, std::string_view what) {
  const ErrorDocument document = ParseErrorDocument(answer.body);
  std::string message = fmt::format("{}: the store answered {}", what, answer.status);
  if (!document.code.empty()) message += fmt::format(" {}: {}", document.code, document.message);
  if (const auto region = answer.Header("x-amz-bucket-region")) {
    message += fmt::format(" (the bucket's region: {})", *region);
  }
  if (const auto id = answer.Header("x-amz-request-id")) {
    message += fmt::format(" (request {})", *id);
  }
  return {S3ErrorCodeOf(answer.status, document.code), std::move(message)};
}

}  // namespace geoclimate::blob
