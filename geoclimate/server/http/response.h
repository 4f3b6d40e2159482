#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace geoclimate::server::http {

class Request;
class Response;

// The rest of an answer that takes longer than one turn of its I/O thread: a large batch, a long
// table. The server calls Step() again and again, letting the thread's other connections go in
// between.
class ResponseTask {
 public:
  //   kWaiting   nothing can be done until the request's waker is called; the task has seen to that
  enum class Progress { kMore, kDone, kWaiting };

  // Destroyed after kDone, or earlier when the deadline passed or the server stops: work of its own
  // on other threads must not outlive it.
  virtual ~ResponseTask() = default;
  // Appends to response.body() what about a quarter of a millisecond of work gives. A streamed
  // answer can no longer change its status: one that cannot go on calls response.Abort(), which
  // ends the connection so that the caller sees that the body is incomplete.
  virtual Progress Step(Response& response) = 0;
};

// The answer to one request, filled by its handler. Defaults: status 200, "application/json", an
// empty body.
//
// The server adds Content-Length or chunked framing, X-Request-Id, X-Process-Time, traceparent,
// Date, Connection, CORS, and gzip where it pays. Memory is the connection's and is reused: a warm
// answer allocates nothing.
class Response {
 public:
  void set_status(int status) { status_ = status; }
  int status() const { return status_; }

  // `content_type` is a literal, or lives as long as the route table.
  void set_content_type(std::string_view content_type) { content_type_ = content_type; }
  std::string_view content_type() const { return content_type_; }

  // A field that the server does not set by itself. Copied. CR and LF in `value` become spaces.
  void AddHeader(std::string_view name, std::string_view value);

  // The body, to append to. Cleared between requests with its capacity kept.
  std::string& body() { return body_; }

  // The body is compressed already; the server leaves it alone. Ask request.accepts_gzip() first.
  void set_body_is_gzip() { body_is_gzip_ = true; }

  // Sets ETag (`etag` with its quotes). True when the request's If-None-Match names it: the status
  // is then 304 and the handler returns without rendering a body.
  //
  //   if (response.AnswerNotModified(request, table.etag())) return {};
  bool AnswerNotModified(const Request& request, std::string_view etag);

  // What is left of the answer after the handler has returned.
  //   kWhole     the body is collected; status and headers may still change. For batches.
  //   kStreamed  the head goes out with the first slice, chunked, and Step() is not called while
  //   more than about 256 kB
  //              wait for the caller to read. For tables of unknown length.
  enum class Delivery { kWhole, kStreamed };
  void Continue(Delivery delivery, std::unique_ptr<ResponseTask> task);

  // The same, kWhole, for an answer that waits already: the first Step() comes when the request's
  // waker is called.
  void Await(std::unique_ptr<ResponseTask> task);

  // Ends the connection without completing the answer.
  void Abort() { aborted_ = true; }

  // Back to the defaults, for an answer that turned out to be an error. Keeps nothing but memory.
  void Reset();

 private:
  friend class Exchange;

  int status_ = 200;
  Delivery delivery_ = Delivery::kWhole;
  bool body_is_gzip_ = false;
  bool aborted_ = false;
  bool is_waiting_ = false;  // the task
  std::string_view content_type_ = "application/json";
  std::string head_;  // complete lines of additional fields
  std::string etag_;
  std::string body_;
  std::unique_ptr<ResponseTask> task_;
};

}  // namespace geoclimate::server::http
