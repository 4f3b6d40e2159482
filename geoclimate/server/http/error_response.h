#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "geoclimate/base/error.h"
#include "geoclimate/server/http/request.h"
#include "geoclimate/server/http/response.h"

namespace geoclimate::server::http {

// The platform family's table from code to status:
//   kInvalidArgument, kOutOfRange 422 · kUnauthenticated 401 · kPermissionDenied 403 · kNotFound
//   404 · kAlreadyExists, kFailedPrecondition, kAborted 409 · kResourceExhausted 429 · kCancelled
//   499 · kUnimplemented 501 · kUnavailable 503 with Retry-After · kDeadlineExceeded 504 ·
//   kUnknown, kInternal, kDataLoss 500
int PlatformStatus(base::ErrorCode code);

// {error, detail, code, request_id, timestamp}, the message in both error and detail. A 422 has
// errors too, one entry without a location finer than the body (or the query, where there is no
// body).
void AnswerError(const Request& request, Response& response, const base::Error& error);
// The same under another status than the table's, for a route whose contract says so.
void AnswerError(const Request& request, Response& response, int status, const base::Error& error);

// Where in the request a value lies: {"body", "data", 3, "pm25_lag1"}.
using LocationPart = std::variant<std::string, std::uint64_t>;
struct FieldError {
  std::vector<LocationPart> loc;
  std::string msg;
  std::string type;  // "missing", "value_error", "float_type", ...
};

// 422 with all of `errors`, of which there must be one at least; error and detail carry the first
// one's location and text.
void AnswerInvalid(const Request& request, Response& response, std::span<const FieldError> errors);

}  // namespace geoclimate::server::http
