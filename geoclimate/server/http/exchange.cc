#include "geoclimate/server/http/exchange.h"

#include <algorithm>

#include "geoclimate/server/http/ascii.h"

namespace geoclimate::server::http {
namespace {

constexpr std::size_t kReadBytes = 16384;
constexpr std::size_t kLargestReadBytes = 1 << 18;
// A warm exchange keeps this much of each buffer; larger ones of unusual requests go back to the
// heap.
constexpr std::size_t kKeptBytes = 1 << 20;
// Requests of one connection that are answered before others have their turn.
constexpr int kRequestsPerTurn = 16;
constexpr std::size_t kOutputPerTurn = 1 << 16;

}  // namespace

Exchange::Exchange(const Frontend& frontend)
    : frontend_(frontend), parser_(frontend.options().max_header_bytes) {
  request_.arena_ = &arena_;
}

void Exchange::Open(Listener listener, std::string_view peer_address, Waker& waker) {
  listener_ = listener;
  request_.waker_ = &waker;
  peer_address_ = peer_address;
}

std::span<char> Exchange::ReadSpace() {
  std::size_t wanted = kReadBytes;
  if (stage_ == Stage::kBody && !parser_.head().chunked) {
    const std::size_t whole = parser_.head().bytes + parser_.head().content_length;
    const std::size_t missing = whole + Request::kBodyPadding - std::min(whole, input_.size());
    wanted = std::clamp(missing, kReadBytes, kLargestReadBytes);
  }
  char* const start = input_.Reserve(wanted);
  return {start, input_.room()};
}

Exchange::Next Exchange::Advance(Worker& worker) {
  for (int answered = 0;;) {
    std::optional<Next> next;
    switch (stage_) {
      case Stage::kHead:
        if (closing_) return Next::kClose;
        if (input_.empty()) return Next::kRead;
        if (answered == kRequestsPerTurn || output_.size() >= kOutputPerTurn) return Next::kAgain;
        next = ReadHead(worker);
        break;
      case Stage::kBody:
        next = ReadBody(worker);
        break;
      case Stage::kReady:
        next = Dispatch();
        break;
      case Stage::kHandled:
        next = Answer(worker);
        ++answered;
        break;
      case Stage::kTask:
        if (request_.route_->execution != Execution::kInline) {
          stage_ = Stage::kInBackground;
          return Next::kBackground;
        }
        RunTask(frontend_.clock());
        stage_ = Stage::kHandled;
        break;
      case Stage::kInBackground:
        return Next::kBackground;
      case Stage::kWaiting:
        return Next::kWait;
    }
    if (next.has_value()) return *next;
  }
}

std::optional<Exchange::Next> Exchange::ReadBody(Worker& worker) {
  switch (BodyProgress()) {
    case RequestParser::Progress::kNeedMore:
      AskToContinue();
      return Next::kRead;
    case RequestParser::Progress::kRefused:
      if (refusal_.has_value()) {
        RefuseMessage(worker, refusal_->status, refusal_->detail);
      } else {
        RefuseMessage(worker, parser_.status(), parser_.reason());
      }
      break;
    case RequestParser::Progress::kDone:
      stage_ = Stage::kReady;
      break;
  }
  return std::nullopt;
}

std::optional<Exchange::Next> Exchange::Dispatch() {
  input_.Reserve(Request::kBodyPadding);
  FollowMessage();
  if (!refusal_.has_value()) refusal_ = FinishBody();
  if (refusal_.has_value()) {
    Refuse(*refusal_);
    return std::nullopt;
  }
  if (request_.route_->execution != Execution::kInline) {
    stage_ = Stage::kInBackground;
    return Next::kBackground;
  }
  RunHandler();
  stage_ = Stage::kHandled;
  return std::nullopt;
}

std::optional<Exchange::Next> Exchange::Answer(Worker& worker) {
  if (response_.aborted_ || (streaming_ && response_.delivery_ != Response::Delivery::kStreamed)) {
    closing_ = true;
    EndRequest(worker);
    return Next::kClose;
  }
  if (response_.delivery_ == Response::Delivery::kStreamed) {
    if (!streaming_) RenderStreamHead(worker);
    RenderSlice();
  }
  if (response_.task_ != nullptr) {
    stage_ = response_.is_waiting_ ? Stage::kWaiting : Stage::kTask;
    return response_.is_waiting_ ? Next::kWait : Next::kAgain;
  }
  if (!streaming_) RenderWhole(worker);
  EndRequest(worker);
  return std::nullopt;
}

std::size_t Exchange::message_bytes() const {
  const RequestHead& head = parser_.head();
  // The chunks of a chunked body are taken out as they are parsed.
  return std::min(head.bytes + head.content_length, input_.size());
}

void Exchange::EndRequest(Worker& worker) {
  const RequestHead& head = parser_.head();
  worker.metrics.Finished({.route = request_.route_,
                           .method = head.method.has_value() ? MethodName(*head.method) : "other",
                           .status = response_.status_,
                           .duration = worker.now - request_.received_at_,
                           .request_bytes = message_bytes() + body_.size(),
                           .response_bytes = response_bytes_});
  counted_by_ = nullptr;
  if (closing_) {
    input_.Clear();
  } else {
    input_.RemoveFront(message_bytes());
  }
  parser_.Start();
  arena_.Reset();
  response_.Reset();
  body_.Clear();
  inflated_.clear();
  deflater_.reset();
  request_.route_ = nullptr;
  request_.query_parsed_ = false;
  refusal_.reset();
  started_ = told_to_continue_ = handler_ran_ = streaming_ = false;
  stage_ = Stage::kHead;
}

void Exchange::Shrink() {
  Shrink(kKeptBytes);
}

void Exchange::Shrink(std::size_t bytes) {
  input_.ClearAndShrink(bytes);
  output_.ClearAndShrink(bytes);
  body_.ClearAndShrink(bytes);
  for (std::string* const text : {&inflated_, &deflated_, &response_.body_}) {
    if (text->capacity() > bytes) std::string().swap(*text);
  }
}

std::size_t Exchange::capacity() const {
  return input_.capacity() + output_.capacity() + body_.capacity() + inflated_.capacity() +
         deflated_.capacity() + response_.body_.capacity();
}

void Exchange::Clear() {
  if (counted_by_ != nullptr) counted_by_->Abandoned();
  counted_by_ = nullptr;
  inflated_.clear();
  deflater_.reset();
  response_.Reset();
  Shrink();
  parser_.Start();
  arena_.Reset();
  request_.route_ = nullptr;
  request_.query_parsed_ = false;
  refusal_.reset();
  started_ = told_to_continue_ = handler_ran_ = streaming_ = closing_ = false;
  stage_ = Stage::kHead;
}

Exchange::Waiting Exchange::waiting() const {
  if (stage_ == Stage::kBody) return Waiting::kBody;
  return stage_ == Stage::kHead && started_ ? Waiting::kHead : Waiting::kNothing;
}

std::size_t Exchange::body_bytes_received() const {
  if (parser_.head().chunked) return body_.size();
  return input_.size() - std::min(input_.size(), parser_.head().bytes);
}

void Exchange::RefuseSlow(Worker& worker) {
  RefuseMessage(worker, 408, "the request did not arrive in time");
}

}  // namespace geoclimate::server::http
