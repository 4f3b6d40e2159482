#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "geoclimate/formats/compression.h"
#include "geoclimate/server/http/arena.h"
#include "geoclimate/server/http/byte_buffer.h"
#include "geoclimate/server/http/frontend.h"
#include "geoclimate/server/http/refusal.h"
#include "geoclimate/server/http/request.h"
#include "geoclimate/server/http/request_parser.h"
#include "geoclimate/server/http/response.h"

namespace geoclimate::server::http {

// HTTP/1.1 between the bytes that a connection receives and the bytes that it sends, without the
// connection: parses, checks, routes, runs handlers, renders. Pipelined requests are answered in
// their order.
//
//   exchange.Open(listener, peer_address);
//   span = exchange.ReadSpace(); ... receive ...; exchange.Received(n);
//   switch (exchange.Advance(worker)) ...
//   send exchange.unsent(); exchange.Sent(n);
//
// Its buffers are kept from one use to the next: a connection has one only while a request is in
// progress, so that idle connections hold no memory and warm requests ask the heap for none.
//
// Not thread-safe. Between Next::kBackground and FinishBackground() only the background thread may
// touch it.
class Exchange {
 public:
  explicit Exchange(const Frontend& frontend);

  // For a connection's first request, or its next one after idle(). `peer_address` and `waker`,
  // which is called when an answer that waits can go on, outlive the use.
  void Open(Listener listener, std::string_view peer_address, Waker& waker);

  // Where received bytes go, at least a few kilobytes; Received() says how many came.
  std::span<char> ReadSpace();
  void Received(std::size_t bytes) { input_.Commit(bytes); }

  enum class Next : std::uint8_t {
    kRead,        // send what is unsent, then wait for bytes
    kAgain,       // send what is unsent, let other connections go, then call Advance() again
    kBackground,  // run RunInBackground() on another thread, then FinishBackground() here
    kWait,        // send what is unsent; once the waker has been called, FinishWait() here
    kClose,       // send what is unsent, then close
  };
  Next Advance(Worker& worker);

  // The handler, or a step of its task. An expired deadline is answered 504 without running it.
  void RunInBackground(const base::Clock& clock);
  // Of the route whose handler is to run; after Next::kBackground.
  Execution execution() const { return request_.route_->execution; }
  // The background pool is full: 503. To be followed by Advance().
  void RejectBackground(Worker& worker);
  void FinishBackground() { stage_ = Stage::kHandled; }
  void FinishWait() { stage_ = Stage::kTask; }

  std::string_view unsent() const { return output_.bytes(); }
  void Sent(std::size_t bytes) { output_.RemoveFront(bytes); }

  // Nothing received that is not answered, nothing unsent: the connection can do without it.
  bool idle() const { return stage_ == Stage::kHead && input_.empty() && output_.empty(); }
  // Forgets everything but memory, wherever it stands.
  void Clear();
  // Gives unusually large buffers back, or all above `bytes`; when idle() or cleared.
  void Shrink();
  void Shrink(std::size_t bytes);
  // What its buffers hold of the heap.
  std::size_t capacity() const;

  // For limits in time: what the connection is waiting for, and since when.
  enum class Waiting : std::uint8_t { kNothing, kHead, kBody };
  Waiting waiting() const;
  base::Instant waiting_since() const { return waiting_since_; }
  std::size_t body_bytes_received() const;
  // Answers 408; Next::kClose follows.
  void RefuseSlow(Worker& worker);

 private:
  enum class Stage : std::uint8_t {
    kHead,
    kBody,
    kReady,
    kInBackground,
    kWaiting,
    kHandled,
    kTask
  };

  // One stage each; nothing when the next stage can go on at once.
  std::optional<Next> ReadHead(Worker& worker);
  std::optional<Next> ReadBody(Worker& worker);
  std::optional<Next> Dispatch();
  std::optional<Next> Answer(Worker& worker);

  // Of a request's header.
  bool SkipEmptyLines();
  void Begin(Worker& worker);
  void AcceptHead(Worker& worker);
  void ReadIdentity();
  void PointToMessage();
  void FollowMessage();
  std::size_t message_bytes() const;
  std::optional<Refusal> CheckHead();
  std::optional<Refusal> ReadTarget();
  std::optional<Refusal> MatchRoute();
  std::optional<Refusal> CheckCaller(Worker& worker);
  std::optional<Refusal> CheckBodyAnnounced() const;
  void AnswerOptions();

  // Of its body.
  bool has_body() const;
  RequestParser::Progress BodyProgress();
  std::optional<Refusal> FinishBody();
  void AskToContinue();

  // Of its answer.
  void RunHandler();
  void RunTask(const base::Clock& clock);
  template <typename Call>
  void Guarded(Call call);
  void Refuse(const Refusal& refusal);
  void RefuseMessage(Worker& worker, int status, std::string_view reason);
  void RenderWhole(Worker& worker);
  void RenderStreamHead(Worker& worker);
  void RenderSlice();
  void CompressSlice();
  bool CompressBody();
  ResponseHead MakeHead(Worker& worker);
  void EndRequest(Worker& worker);

  const Frontend& frontend_;
  Listener listener_ = Listener::kPublic;
  std::string_view peer_address_;

  ByteBuffer input_;   // from the current request's first byte on
  ByteBuffer output_;  // rendered, not sent
  ByteBuffer body_;    // of a chunked request
  std::string inflated_;
  RequestParser parser_;
  Arena arena_;
  Request request_;
  Response response_;
  std::unique_ptr<formats::GzipDeflater> deflater_;  // of a streamed answer
  std::string deflated_;
  std::array<HeaderField, RequestHead::kMaxFields> header_fields_;
  std::array<PathParameter, Router::kMaxPathParameters> path_parameters_;
  std::array<char, 16> made_request_id_{};
  CallerRules::Caller caller_;
  std::string_view allow_;          // for 405 and OPTIONS
  std::optional<Refusal> refusal_;  // to be given once the body has been read
  const char* message_ = nullptr;   // where the views of request_ point to

  Stage stage_ = Stage::kHead;
  HttpMetrics* counted_by_ = nullptr;  // while the current request counts as in progress
  bool started_ = false;               // the current request's first byte has come
  bool told_to_continue_ = false;
  bool handler_ran_ = false;
  bool streaming_ = false;  // the head of a streamed answer is rendered
  bool closing_ = false;    // nothing more will be read
  std::size_t body_limit_ = 0;
  std::size_t response_bytes_ = 0;
  base::Instant waiting_since_;
};

}  // namespace geoclimate::server::http
