#include "geoclimate/server/http/routes/v2_error.h"

#include <utility>

#include "geoclimate/formats/json.h"

namespace geoclimate::server::http::routes {

int V2Status(base::ErrorCode code) {
  switch (code) {
    case base::ErrorCode::kInvalidArgument:
    case base::ErrorCode::kOutOfRange:
    case base::ErrorCode::kFailedPrecondition:
    case base::ErrorCode::kAlreadyExists:
    case base::ErrorCode::kAborted:
      return 400;
    case base::ErrorCode::kUnauthenticated:
      return 401;
    case base::ErrorCode::kPermissionDenied:
      return 403;
    case base::ErrorCode::kNotFound:
      return 404;
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

void AnswerV2Error(Response& response, const base::Error& error) {
  response.Reset();
  const int status = V2Status(error.code());
  response.set_status(status);
  if (status == 503) response.AddHeader("Retry-After", "1");
  formats::JsonWriter(response.body())
      .BeginObject()
      .Key("error")
      .String(error.message())
      .EndObject();
}

Handler AnsweringV2Errors(Handler handler) {
  return [handler = std::move(handler)](const Request& request,
                                        Response& response) -> base::Result<void> {
    const base::Result<void> result = handler(request, response);
    if (!result.ok()) AnswerV2Error(response, result.error());
    return {};
  };
}

std::vector<ResponseDoc> WithV2Errors(std::vector<ResponseDoc> responses) {
  responses.push_back({400, "What is wrong with the request", "application/json", "V2Error"});
  responses.push_back({404, "No such model or version", "application/json", "V2Error"});
  responses.push_back({503, "Not ready, overloaded, or the model could not be loaded",
                       "application/json", "V2Error"});
  return responses;
}

void AddV2ErrorSchema(RouteTable& table) {
  table.schemas.push_back({"V2Error", R"({
    "type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}})"});
}

}  // namespace geoclimate::server::http::routes
