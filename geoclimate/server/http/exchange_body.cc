// The part of an exchange that collects a body and runs the handler.
#include <exception>
#include <memory>
#include <string>
#include <utility>

#include "geoclimate/base/log.h"
#include "geoclimate/formats/compression.h"
#include "geoclimate/server/http/ascii.h"
#include "geoclimate/server/http/error_response.h"
#include "geoclimate/server/http/exchange.h"

namespace geoclimate::server::http {

RequestParser::Progress Exchange::BodyProgress() {
  const RequestHead& head = parser_.head();
  if (head.chunked) {
    const auto progress = parser_.ParseChunks(input_.bytes(), body_, body_limit_);
    input_.Erase(head.bytes, parser_.ForgetChunks());
    return progress;
  }
  return input_.size() >= head.bytes + head.content_length ? RequestParser::Progress::kDone
                                                           : RequestParser::Progress::kNeedMore;
}

void Exchange::AskToContinue() {
  const RequestHead& head = parser_.head();
  if (told_to_continue_ || !head.Has(KnownField::kExpect) || head.minor_version == 0) return;
  told_to_continue_ = true;
  output_.Append("HTTP/1.1 100 Continue\r\n\r\n");
}

std::optional<Refusal> Exchange::FinishBody() {
  const RequestHead& head = parser_.head();
  if (head.Has(KnownField::kRequestTimeout) && request_.deadline_.Expired(frontend_.clock())) {
    return Refusal{504, base::ErrorCode::kDeadlineExceeded, "the deadline has passed"};
  }
  if (!has_body()) return std::nullopt;
  if (head.chunked) {
    body_.Reserve(Request::kBodyPadding);
    request_.body_ = body_.bytes();
  } else {
    request_.body_ = input_.bytes().substr(head.bytes, head.content_length);
  }
  if (!EqualsIgnoringCase(head.Value(KnownField::kContentEncoding, message_), "gzip")) {
    return std::nullopt;
  }
  auto inflated = formats::InflateGzip(request_.body_, "body", {.max_inflated_bytes = body_limit_});
  if (!inflated.ok()) {
    request_.body_ = {};
    if (inflated.error().code() == base::ErrorCode::kResourceExhausted) {
      return Refusal{413, base::ErrorCode::kResourceExhausted, "the inflated body is too long"};
    }
    return Refusal{400, base::ErrorCode::kInvalidArgument, "the body is not valid gzip"};
  }
  inflated_ = *std::move(inflated);
  inflated_.reserve(inflated_.size() + Request::kBodyPadding);
  request_.body_ = inflated_;
  return std::nullopt;
}

// Library exceptions end in the module that confines the library; one that gets here is a bug, but
// not a reason to end the answers of everybody else.
template <typename Call>
void Exchange::Guarded(Call call) {
  std::string what;
  try {
    call();
    return;
  } catch (const std::exception& exception) {
    what = exception.what();
  } catch (...) {
    what = "unknown exception";
  }
  base::Log(base::LogLevel::kError, "server/http", "a handler threw",
            {{"route", std::string(request_.route_->path)},
             {"request_id", std::string(request_.request_id())},
             {"what", what}});
  if (streaming_) {
    response_.Abort();
  } else {
    AnswerError(request_, response_, base::Internal("internal error"));
  }
}

void Exchange::RunHandler() {
  handler_ran_ = true;
  Guarded([this] {
    const base::Result<void> result = request_.route_->handler(request_, response_);
    if (!result.ok()) AnswerError(request_, response_, result.error());
  });
}

void Exchange::RunTask(const base::Clock& clock) {
  if (!streaming_ && request_.deadline_.Expired(clock)) {
    AnswerError(request_, response_,
                base::Error(base::ErrorCode::kDeadlineExceeded, "the deadline has passed"));
    return;
  }
  // Out of the response for the time of the step, which may reset the response.
  std::unique_ptr<ResponseTask> task = std::move(response_.task_);
  Guarded([&] {
    const ResponseTask::Progress progress = task->Step(response_);
    response_.is_waiting_ = progress == ResponseTask::Progress::kWaiting;
    if (progress != ResponseTask::Progress::kDone) response_.task_ = std::move(task);
  });
}

void Exchange::RunInBackground(const base::Clock& clock) {
  if (handler_ran_) return RunTask(clock);
  if (request_.deadline_.Expired(clock)) {
    AnswerError(request_, response_,
                base::Error(base::ErrorCode::kDeadlineExceeded, "the deadline has passed"));
    return;
  }
  RunHandler();
}

void Exchange::RejectBackground(Worker& worker) {
  worker.metrics.Shed("background_queue");
  if (streaming_) {
    response_.Abort();
    stage_ = Stage::kHandled;
    return;
  }
  Refuse({503, base::ErrorCode::kUnavailable, "too many requests wait already"});
}

void Exchange::Refuse(const Refusal& refusal) {
  AnswerError(request_, response_, refusal.status,
              base::Error(refusal.code, std::string(refusal.detail)));
  if (refusal.status == 405) response_.AddHeader("Allow", allow_);
  stage_ = Stage::kHandled;
}

void Exchange::RefuseMessage(Worker& worker, int status, std::string_view reason) {
  if (stage_ == Stage::kBody) {
    FollowMessage();
  } else {
    // The header itself is at fault: nothing of it can be trusted.
    counted_by_ = &worker.metrics;
    counted_by_->Started();
    message_ = input_.data();
    made_request_id_.fill('0');
    request_.request_id_ = {made_request_id_.data(), made_request_id_.size()};
  }
  closing_ = true;
  const base::ErrorCode code = status == 413 || status == 431 ? base::ErrorCode::kResourceExhausted
                               : status == 408                ? base::ErrorCode::kDeadlineExceeded
                                                              : base::ErrorCode::kInvalidArgument;
  Refuse({status, code, reason});
}

}  // namespace geoclimate::server::http
