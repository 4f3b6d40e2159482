#pragma once

#include "geoclimate/base/error.h"
#include "geoclimate/server/http/response.h"
#include "geoclimate/server/http/route.h"

namespace geoclimate::server::http::routes {

// The Open Inference Protocol's table from code to status:
//   kInvalidArgument, kOutOfRange, kFailedPrecondition, kAlreadyExists, kAborted 400 ·
//   kUnauthenticated 401 · kPermissionDenied 403 · kNotFound 404 · kResourceExhausted 429 ·
//   kCancelled 499 · kUnimplemented 501 · kUnavailable 503 with Retry-After · kDeadlineExceeded
//   504 · kUnknown, kInternal, kDataLoss 500
int V2Status(base::ErrorCode code);

// {"error": message}, whatever was in `response` before.
void AnswerV2Error(Response& response, const base::Error& error);

// `handler`, its errors rendered as above.
Handler AnsweringV2Errors(Handler handler);

// The errors that every row of the protocol documents: 400, 404, 503, of schema "V2Error".
std::vector<ResponseDoc> WithV2Errors(std::vector<ResponseDoc> responses);

// What the server answers when it refuses a request before a handler saw it has the same member.
void AddV2ErrorSchema(RouteTable& table);

}  // namespace geoclimate::server::http::routes
