// The part of an exchange that renders answers.
#include <algorithm>
#include <array>
#include <charconv>

#include "geoclimate/formats/compression.h"
#include "geoclimate/server/http/exchange.h"
#include "geoclimate/telemetry/trace_context.h"

namespace geoclimate::server::http {
namespace {

// Long bodies are compressed fast, so that the other connections of the thread do not wait for it:
// level 1 takes about 5 µs a kilobyte, level 6 four times that.
constexpr std::size_t kLongBody = 16384;
constexpr int kFastLevel = 1;

bool HasNoBody(int status) {
  return status == 204 || status == 304;
}

// Text that compresses; images and archives do not.
bool IsCompressible(std::string_view content_type) {
  return content_type.starts_with("text/") || content_type.find("json") != std::string_view::npos ||
         content_type.find("xml") != std::string_view::npos;
}

}  // namespace

ResponseHead Exchange::MakeHead(Worker& worker) {
  const RequestHead& request = parser_.head();
  worker.now = frontend_.clock().MonotonicNow();
  const bool more_requests = input_.size() > request.bytes + request.content_length;
  const bool draining = frontend_.lifecycle().phase() >= Phase::kDraining;
  closing_ = closing_ || !request.keep_alive || (draining && !more_requests);

  ResponseHead head;
  head.status = response_.status_;
  head.connection = closing_                     ? ResponseHead::Connection::kClose
                    : request.minor_version == 0 ? ResponseHead::Connection::kKeepAlive
                                                 : ResponseHead::Connection::kDefault;
  head.request_id = request_.request_id_;
  head.process_time = worker.now - request_.received_at_;
  head.date = worker.date.At(worker.wall);
  head.etag = response_.etag_;
  head.cors_origin = caller_.cors_origin;
  head.standing = request_.standing_;
  // A batch has cost more since.
  if (head.standing.limited && request_.caller_.activity != nullptr) {
    head.standing = request_.caller_.activity->standing();
    head.standing.retry_after = std::max(head.standing.retry_after, request_.standing_.retry_after);
  }
  head.more = response_.head_;
  // Of a header that was refused nothing is repeated.
  if (!request_.headers_.empty() && request.Has(KnownField::kTraceparent)) {
    const std::string_view traceparent = request.Value(KnownField::kTraceparent, message_);
    if (telemetry::ParseTraceparent(traceparent).has_value()) head.traceparent = traceparent;
  }
  return head;
}

bool Exchange::CompressBody() {
  if (response_.body_is_gzip_) return true;
  if (!request_.accepts_gzip_) return false;
  const bool is_long = response_.body_.size() > kLongBody;
  response_.body_ =
      formats::DeflateGzip(response_.body_, is_long ? kFastLevel : frontend_.options().gzip_level);
  return true;
}

void Exchange::RenderWhole(Worker& worker) {
  const bool no_body = HasNoBody(response_.status_);
  const bool compressible = response_.body_is_gzip_ ||
                            (response_.body_.size() >= frontend_.options().gzip_minimum_bytes &&
                             IsCompressible(response_.content_type_));
  const bool gzip = !no_body && compressible && CompressBody();
  ResponseHead head = MakeHead(worker);
  head.gzip = gzip;
  head.varies_by_encoding = compressible;
  head.content_length = response_.body_.size();
  if (no_body) {
    head.framing = ResponseHead::Framing::kNone;
  } else {
    head.content_type = response_.content_type_;
  }
  const std::size_t before = output_.size();
  AppendHead(output_, head);
  if (!no_body && request_.method_ != Method::kHead) output_.Append(response_.body_);
  response_bytes_ += output_.size() - before;
}

void Exchange::RenderStreamHead(Worker& worker) {
  streaming_ = true;
  const bool old = parser_.head().minor_version == 0;
  closing_ = closing_ || old;  // its body ends with the connection
  ResponseHead head = MakeHead(worker);
  head.framing = old ? ResponseHead::Framing::kNone : ResponseHead::Framing::kChunked;
  head.content_type = response_.content_type_;
  head.varies_by_encoding = response_.body_is_gzip_ || IsCompressible(response_.content_type_);
  head.gzip = response_.body_is_gzip_ || (head.varies_by_encoding && request_.accepts_gzip_);
  const std::size_t before = output_.size();
  AppendHead(output_, head);
  response_bytes_ += output_.size() - before;
  if (request_.method_ == Method::kHead) {
    response_.task_.reset();
    response_.body_.clear();
  } else if (head.gzip && !response_.body_is_gzip_) {
    deflater_ = std::make_unique<formats::GzipDeflater>(kFastLevel);
  }
}

void Exchange::CompressSlice() {
  deflated_.clear();
  deflater_->Append(response_.body_, deflated_);
  if (response_.task_ == nullptr) deflater_->Finish(deflated_);
  response_.body_.swap(deflated_);
}

void Exchange::RenderSlice() {
  const std::size_t before = output_.size();
  if (deflater_ != nullptr) CompressSlice();
  const bool chunked = parser_.head().minor_version == 1 && request_.method_ != Method::kHead;
  if (!chunked) {
    output_.Append(response_.body_);
  } else if (!response_.body_.empty()) {
    std::array<char, 16> size{};
    const auto end =
        std::to_chars(size.data(), size.data() + size.size(), response_.body_.size(), 16);
    output_.Append({size.data(), static_cast<std::size_t>(end.ptr - size.data())});
    output_.Append("\r\n");
    output_.Append(response_.body_);
    output_.Append("\r\n");
  }
  response_.body_.clear();
  if (chunked && response_.task_ == nullptr) output_.Append("0\r\n\r\n");
  response_bytes_ += output_.size() - before;
}

}  // namespace geoclimate::server::http
