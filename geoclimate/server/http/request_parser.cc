#include "geoclimate/server/http/request_parser.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <limits>
#include <optional>

#include "geoclimate/server/http/ascii.h"

namespace geoclimate::server::http {
namespace {

namespace beast = boost::beast;
using Code = beast::http::error;
using boost::system::error_code;

struct Name {
  std::string_view text;
  KnownField field;
};

// Those that Beast's own table of names does not have.
constexpr Name kOtherNames[] = {
    {"x-api-key", KnownField::kApiKey},
    {"x-request-id", KnownField::kRequestId},
    {"x-request-timeout-ms", KnownField::kRequestTimeout},
    {"traceparent", KnownField::kTraceparent},
    {"x-real-ip", KnownField::kForwarded},
};

std::optional<KnownField> Classify(beast::http::field code, std::string_view name) {
  using beast::http::field;
  switch (code) {
    case field::host:
      return KnownField::kHost;
    case field::origin:
      return KnownField::kOrigin;
    case field::expect:
      return KnownField::kExpect;
    case field::content_type:
      return KnownField::kContentType;
    case field::content_encoding:
      return KnownField::kContentEncoding;
    case field::accept_encoding:
      return KnownField::kAcceptEncoding;
    case field::authorization:
      return KnownField::kAuthorization;
    case field::forwarded:
      return KnownField::kForwarded;
    case field::access_control_request_method:
      return KnownField::kPreflightMethod;
    case field::unknown:
      break;
    default:
      return std::nullopt;
  }
  for (const Name& other : kOtherNames) {
    if (EqualsIgnoringCase(name, other.text)) return other.field;
  }
  if (EqualsIgnoringCase(name.substr(0, 12), "x-forwarded-")) return KnownField::kForwarded;
  return std::nullopt;
}

}  // namespace

// What Beast calls back, for the message at hand. Beast checks the grammar; what it lets pass and
// this server does not is refused here.
class RequestParser::Callbacks {
 public:
  class Parser final : public beast::http::basic_parser<true> {
   public:
    explicit Parser(Callbacks& owner) : owner_(owner) {}

   private:
    using string_view = beast::string_view;

    void on_request_impl(beast::http::verb, string_view method, string_view target, int version,
                         error_code& error) override {
      owner_.OnRequestLine({method.data(), method.size()}, {target.data(), target.size()}, version,
                           error);
    }
    void on_response_impl(int, string_view, int, error_code&) override {}
    void on_field_impl(beast::http::field field, string_view name, string_view value,
                       error_code& error) override {
      owner_.OnField(field, {name.data(), name.size()}, {value.data(), value.size()}, error);
    }
    void on_header_impl(error_code& error) override { owner_.OnHeader(error); }
    void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
    std::size_t on_body_impl(string_view bytes, error_code&) override { return bytes.size(); }
    void on_chunk_header_impl(std::uint64_t size, string_view extensions,
                              error_code& error) override {
      owner_.OnChunk(size, extensions.size(), error);
    }
    std::size_t on_chunk_body_impl(std::uint64_t, string_view bytes, error_code&) override {
      owner_.body->Append({bytes.data(), bytes.size()});
      return bytes.size();
    }
    void on_finish_impl(error_code&) override {}

    Callbacks& owner_;
  };

  void Start(std::size_t most_header_bytes) {
    max_header_bytes = most_header_bytes;
    parser.emplace(*this);
    parser->header_limit(static_cast<std::uint32_t>(
        std::min<std::size_t>(max_header_bytes, std::numeric_limits<std::uint32_t>::max())));
    parser->body_limit(boost::none);
    head.method.reset();
    head.target = {};
    head.minor_version = 1;
    head.keep_alive = true;
    head.chunked = false;
    head.has_content_length = false;
    head.content_length = 0;
    head.field_count = 0;
    head.bytes = 0;
    head.known.fill(-1);
    has_transfer_encoding = false;
    has_chunks = false;
    status = 0;
  }

  void Refuse(int with_status, std::string_view why, error_code& error) {
    status = with_status;
    reason = why;
    error = Code::bad_field;
  }

  // The place of `text` in the message. Beast hands out views into what it was given, but for
  // folded lines.
  bool Locate(std::string_view text, TextRange& range) const {
    if (text.empty()) {
      range = {};
      return true;
    }
    if (text.data() < message || text.data() >= message + message_size) return false;
    range = {static_cast<std::uint32_t>(text.data() - message),
             static_cast<std::uint32_t>(text.size())};
    return true;
  }

  void OnRequestLine(std::string_view method, std::string_view target, int version,
                     error_code& error) {
    head.method = ParseMethod(method);
    head.minor_version = version % 10;
    Locate(target, head.target);
    if (target.find('#') != std::string_view::npos) Refuse(400, "a target has no fragment", error);
  }

  void OnField(beast::http::field field, std::string_view name, std::string_view value,
               error_code& error) {
    if (parser->is_header_done()) return;  // a trailer: nothing here is waiting for one
    if (head.field_count == RequestHead::kMaxFields) return Refuse(431, "too many fields", error);
    RequestHead::Field& place = head.fields[head.field_count];
    const char* const after_name = name.data() + name.size();
    const char* const value_start = value.data();
    if (!Locate(name, place.name) || !Locate(value, place.value) ||
        std::find(after_name, value_start, '\r') != value_start) {
      return Refuse(400, "a field is folded over lines", error);
    }
    if (field == beast::http::field::content_length) return OnContentLength(value, error);
    if (field == beast::http::field::transfer_encoding) return OnTransferEncoding(value, error);
    if (const auto known = Classify(field, name)) {
      Remember(*known, error);
    }
    ++head.field_count;
  }

  void Remember(KnownField field, error_code& error) {
    std::int16_t& index = head.known[static_cast<std::size_t>(field)];
    if (index >= 0) {
      if (field == KnownField::kHost) Refuse(400, "Host is given twice", error);
      return;
    }
    index = static_cast<std::int16_t>(head.field_count);
  }

  void OnContentLength(std::string_view value, error_code& error) {
    const auto length = ParseDigits(value);
    if (!length.has_value()) return Refuse(400, "Content-Length is not a number", error);
    if (head.has_content_length) return Refuse(400, "Content-Length is given twice", error);
    if (has_transfer_encoding) return Refuse(400, "both body lengths are given", error);
    head.has_content_length = true;
    head.content_length = *length;
  }

  void OnTransferEncoding(std::string_view value, error_code& error) {
    if (has_transfer_encoding) return Refuse(400, "Transfer-Encoding is given twice", error);
    if (head.has_content_length) return Refuse(400, "both body lengths are given", error);
    if (head.minor_version == 0) return Refuse(400, "HTTP/1.0 has no Transfer-Encoding", error);
    if (!EqualsIgnoringCase(value, "chunked")) {
      return Refuse(501, "no transfer coding but chunked is known", error);
    }
    has_transfer_encoding = true;
  }

  void OnHeader(error_code& error) {
    head.chunked = has_transfer_encoding;
    head.keep_alive = parser->keep_alive();
    if (!head.Has(KnownField::kHost) && head.minor_version == 1) {
      Refuse(400, "Host is missing", error);
    }
  }

  void OnChunk(std::uint64_t size, std::size_t extension_bytes, error_code& error) {
    has_chunks = true;
    // As where a line comes in pieces: what is let in must not depend on how it arrives.
    if (extension_bytes > max_header_bytes) {
      return Refuse(431, "a chunk's extensions or the trailers are too large", error);
    }
    if (size > max_body_bytes || body->size() > max_body_bytes - size) {
      Refuse(413, "the body is too long", error);
    }
  }

  void Translate(const error_code& error) {
    if (status != 0) return;  // refused by a rule of our own
    status = 400;
    reason = "the request is malformed";
    if (error == Code::header_limit || error == Code::buffer_overflow) {
      status = 431;
      reason = "the header is too large";
    } else if (error == Code::bad_version) {
      status = 505;
      reason = "HTTP/1.0 and HTTP/1.1 are spoken";
    } else if (error == Code::bad_chunk || error == Code::bad_chunk_extension) {
      reason = "a chunk is malformed";
    } else if (error == Code::bad_content_length || error == Code::multiple_content_length ||
               error == Code::bad_transfer_encoding) {
      reason = "the body's length is ambiguous";
    } else if (error == Code::bad_line_ending || error == Code::bad_value) {
      reason = "a line has a control character or ends without CRLF";
    } else if (error == Code::bad_method || error == Code::bad_target) {
      reason = "the request line is malformed";
    } else if (error == Code::bad_field) {
      reason = "a field's name is malformed";
    }
  }

  std::optional<Parser> parser;
  RequestHead head;
  const char* message = nullptr;
  std::size_t message_size = 0;
  ByteBuffer* body = nullptr;
  std::size_t max_body_bytes = 0;
  std::size_t max_header_bytes = 0;
  bool has_transfer_encoding = false;
  bool has_chunks = false;  // the line of one was read
  int status = 0;
  std::string_view reason;
};

RequestParser::RequestParser(std::size_t max_header_bytes)
    : callbacks_(std::make_unique<Callbacks>()), max_header_bytes_(max_header_bytes) {
  Start();
}

RequestParser::~RequestParser() = default;

void RequestParser::Start() {
  callbacks_->Start(max_header_bytes_);
  parsed_ = 0;
  searched_ = 0;
}

RequestParser::Progress RequestParser::Put(std::string_view message) {
  callbacks_->message = message.data();
  callbacks_->message_size = message.size();
  error_code error;
  const std::string_view rest = message.substr(parsed_);
  parsed_ += callbacks_->parser->put(boost::asio::const_buffer(rest.data(), rest.size()), error);
  if (!error) return Progress::kDone;
  if (error == Code::need_more) return Progress::kNeedMore;
  callbacks_->Translate(error);
  return Progress::kRefused;
}

RequestParser::Progress RequestParser::Refuse(int status, std::string_view reason) {
  callbacks_->status = status;
  callbacks_->reason = reason;
  return Progress::kRefused;
}

// Beast waits for the CRLF, or takes the LF for part of what it is reading.
bool RequestParser::HasBareLineFeed(std::string_view message) {
  message = message.substr(0, message.find("\r\n\r\n"));
  for (std::size_t at = message.find('\n', searched_); at != std::string_view::npos;
       at = message.find('\n', at + 1)) {
    if (at == 0 || message[at - 1] != '\r') return true;
  }
  searched_ = message.size();
  return false;
}

RequestParser::Progress RequestParser::ParseHead(std::string_view message) {
  const Progress progress = Put(message);
  if (progress == Progress::kDone) callbacks_->head.bytes = parsed_;
  if (progress != Progress::kDone && HasBareLineFeed(message)) {
    return Refuse(400, "a line ends without CR");
  }
  if (parsed_ > max_header_bytes_ && progress != Progress::kRefused) {
    return Refuse(431, "the header is too large");
  }
  return progress;
}

RequestParser::Progress RequestParser::ParseChunks(std::string_view message, ByteBuffer& body,
                                                   std::size_t max_body_bytes) {
  callbacks_->body = &body;
  callbacks_->max_body_bytes = max_body_bytes;
  callbacks_->parser->eager(true);
  if (message.size() == parsed_) return Progress::kNeedMore;
  // Shown the last chunk's line alone and then one byte more, Beast asserts that there are two.
  // Only where that line is the first one does no CRLF of data stand before it.
  if (!callbacks_->has_chunks && message.substr(parsed_) == "0\r\n") return Progress::kNeedMore;
  const Progress progress = Put(message);
  if (progress == Progress::kRefused) return progress;
  if (callbacks_->parser->is_done()) return Progress::kDone;
  // Data are taken as they come: what is left is the line of a size, or trailers.
  if (message.size() - parsed_ > max_header_bytes_) {
    return Refuse(431, "a chunk's extensions or the trailers are too large");
  }
  return Progress::kNeedMore;
}

std::size_t RequestParser::ForgetChunks() {
  const std::size_t chunks = parsed_ - callbacks_->head.bytes;
  parsed_ = callbacks_->head.bytes;
  return chunks;
}

const RequestHead& RequestParser::head() const {
  return callbacks_->head;
}
int RequestParser::status() const {
  return callbacks_->status;
}
std::string_view RequestParser::reason() const {
  return callbacks_->reason;
}

}  // namespace geoclimate::server::http
