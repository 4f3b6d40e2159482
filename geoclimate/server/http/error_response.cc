#include "geoclimate/server/http/error_response.h"

#include "geoclimate/base/check.h"
#include "geoclimate/base/day.h"
#include "geoclimate/formats/json.h"

namespace geoclimate::server::http {
namespace {

constexpr std::string_view kRetryAfterSeconds = "1";

void AppendLocation(formats::JsonWriter& json, std::span<const LocationPart> loc) {
  json.Key("loc").BeginArray();
  for (const LocationPart& part : loc) {
    if (const auto* name = std::get_if<std::string>(&part)) {
      json.String(*name);
    } else {
      json.Integer(static_cast<std::int64_t>(std::get<std::uint64_t>(part)));
    }
  }
  json.EndArray();
}

// "body.data.3.pm25_lag1: must be a number".
std::string Describe(const FieldError& error) {
  std::string text;
  for (const LocationPart& part : error.loc) {
    if (!text.empty()) text += '.';
    if (const auto* name = std::get_if<std::string>(&part)) {
      text += *name;
    } else {
      text += std::to_string(std::get<std::uint64_t>(part));
    }
  }
  return text.empty() ? error.msg : text + ": " + error.msg;
}

void Render(const Request& request, Response& response, int status, base::ErrorCode code,
            std::string_view message, std::span<const FieldError> errors) {
  response.Reset();
  response.set_status(status);
  if (status == 503) response.AddHeader("Retry-After", kRetryAfterSeconds);
  if (status == 401) response.AddHeader("WWW-Authenticate", "Bearer");
  formats::JsonWriter json(response.body());
  json.BeginObject();
  json.Key("error").String(message).Key("detail").String(message);
  json.Key("code").String(base::ErrorCodeName(code));
  json.Key("request_id").String(request.request_id());
  json.Key("timestamp").String(base::FormatTimestamp(request.timestamp()));
  if (!errors.empty()) {
    json.Key("errors").BeginArray();
    for (const FieldError& error : errors) {
      json.BeginObject();
      AppendLocation(json, error.loc);
      json.Key("msg").String(error.msg).Key("type").String(error.type).EndObject();
    }
    json.EndArray();
  }
  json.EndObject();
}

}  // namespace

int PlatformStatus(base::ErrorCode code) {
  switch (code) {
    case base::ErrorCode::kInvalidArgument:
    case base::ErrorCode::kOutOfRange:
      return 422;
    case base::ErrorCode::kUnauthenticated:
      return 401;
    case base::ErrorCode::kPermissionDenied:
      return 403;
    case base::ErrorCode::kNotFound:
      return 404;
    case base::ErrorCode::kAlreadyExists:
    case base::ErrorCode::kFailedPrecondition:
    case base::ErrorCode::kAborted:
      return 409;
    case base::ErrorCode::kResourceExhausted:
      return 429;
    case base::ErrorCode::kCancelled:
      return 499;
    case base::ErrorCode::kUnimplemented:
      return 501;
    case base::ErrorCode::kUnavailable:
      return 503;
    case base::ErrorCode::kDeadlineExceeded:
      return 504;
    case base::ErrorCode::kUnknown:
    case base::ErrorCode::kInternal:
    case base::ErrorCode::kDataLoss:
      return 500;
  }
  return 500;
}

void AnswerError(const Request& request, Response& response, const base::Error& error) {
  AnswerError(request, response, PlatformStatus(error.code()), error);
}

void AnswerError(const Request& request, Response& response, int status, const base::Error& error) {
  if (status != 422) {
    Render(request, response, status, error.code(), error.message(), {});
    return;
  }
  const FieldError whole{
      {std::string(request.body().empty() ? "query" : "body")}, error.message(), "value_error"};
  Render(request, response, status, error.code(), error.message(), {&whole, 1});
}

void AnswerInvalid(const Request& request, Response& response, std::span<const FieldError> errors) {
  GC_CHECK(!errors.empty(), "a refusal names what is wrong");
  Render(request, response, 422, base::ErrorCode::kInvalidArgument, Describe(errors.front()),
         errors);
}

}  // namespace geoclimate::server::http
