#include "geoclimate/http_client/transfer.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <span>
#include <utility>

#include "geoclimate/base/check.h"

namespace geoclimate::http_client {
namespace {

// The fields of an answer, together.
constexpr std::size_t kMostHeaderBytes = std::size_t{64} << 10;

// An option that libcurl refuses is a bug: it is one that this build lacks, or memory is short.
template <typename Value>
void Set(CURL* handle, CURLoption option, Value value) {
  GC_CHECK(::curl_easy_setopt(handle, option, value) == CURLE_OK, "libcurl has the option");
}

bool IsToken(std::string_view name) {
  const auto is_token = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  };
  return !name.empty() && std::ranges::all_of(name, is_token);
}

bool IsFieldValue(std::string_view value) {
  return std::ranges::none_of(value, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

void Append(CurlList& list, const std::string& line) {
  curl_slist* longer = ::curl_slist_append(list.get(), line.c_str());
  GC_CHECK(longer != nullptr, "curl_slist_append fails only without memory");
  static_cast<void>(list.release());
  list.reset(longer);
}

base::ErrorCode CodeOf(CURLcode code) {
  switch (code) {
    case CURLE_URL_MALFORMAT:
      return base::ErrorCode::kInvalidArgument;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SEND_ERROR:
    case CURLE_SEND_FAIL_REWIND:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_SSL_CONNECT_ERROR:
      return base::ErrorCode::kUnavailable;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_ISSUER_ERROR:
      return base::ErrorCode::kFailedPrecondition;
    case CURLE_FILESIZE_EXCEEDED:
      return base::ErrorCode::kOutOfRange;
    case CURLE_WEIRD_SERVER_REPLY:
    // The URL's scheme was checked: what is left is an answer without a status line.
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_BAD_CONTENT_ENCODING:
      return base::ErrorCode::kDataLoss;
    default:
      return base::ErrorCode::kInternal;
  }
}

}  // namespace

Transfer::Transfer(CURL* handle, const Request& request, const UrlParts& url,
                   const HttpClientOptions& options,
                   std::optional<std::vector<IpAddress>> addresses)
    : handle_(handle),
      request_(request),
      url_(url),
      options_(options),
      addresses_(std::move(addresses)) {}

base::Result<Answer> Transfer::Run(std::chrono::nanoseconds wait, const base::Clock& clock) {
  GC_RETURN_IF_ERROR(SetHeaders());
  SetConnection(wait);
  SetBody();
  if (addresses_.has_value()) SetGuard();
  const CURLcode code = ::curl_easy_perform(handle_);
  // A stream that ended too soon may have been answered all the same; the answer does not count.
  if (failed_.has_value()) return *failed_;
  if (code != CURLE_OK) return ErrorOf(code, clock);
  // libcurl takes the end of the connection for the end of the header too.
  if (!header_ended_) {
    return base::Unavailable(fmt::format("{} {}: the connection ended within the header",
                                         request_.method, url_.Shown()));
  }
  answer_.times_sent = times_sent_;
  return std::move(answer_);
}

void Transfer::SetConnection(std::chrono::nanoseconds wait) {
  using std::chrono::duration_cast;
  using std::chrono::milliseconds;
  constexpr auto kLongest = std::chrono::hours(24);
  // Zero would mean for ever.
  const auto longest =
      std::max(duration_cast<milliseconds>(std::min<std::chrono::nanoseconds>(wait, kLongest)),
               milliseconds(1));
  Set(handle_, CURLOPT_ERRORBUFFER, message_.data());
  Set(handle_, CURLOPT_URL, request_.url.c_str());
  Set(handle_, CURLOPT_PATH_AS_IS, 1L);
  Set(handle_, CURLOPT_PROTOCOLS_STR, "http,https");
  Set(handle_, CURLOPT_FOLLOWLOCATION, 0L);
  Set(handle_, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  Set(handle_, CURLOPT_PROXY, "");
  Set(handle_, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  Set(handle_, CURLOPT_NOSIGNAL, 1L);
  Set(handle_, CURLOPT_SSL_VERIFYPEER, 1L);
  Set(handle_, CURLOPT_SSL_VERIFYHOST, 2L);
  Set(handle_, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!options_.ca_file.empty()) Set(handle_, CURLOPT_CAINFO, options_.ca_file.c_str());
  Set(handle_, CURLOPT_USERAGENT, options_.user_agent.c_str());
  Set(handle_, CURLOPT_MAXCONNECTS, 1L);
  Set(handle_, CURLOPT_TIMEOUT_MS, static_cast<long>(longest.count()));
  Set(handle_, CURLOPT_CONNECTTIMEOUT_MS,
      static_cast<long>(std::clamp(options_.connect_timeout, milliseconds(1), longest).count()));
  Set(handle_, CURLOPT_LOW_SPEED_LIMIT, 1L);
  Set(handle_, CURLOPT_LOW_SPEED_TIME, static_cast<long>(options_.stall_timeout.count()));
  Set(handle_, CURLOPT_HEADERFUNCTION, &Transfer::OnHeader);
  Set(handle_, CURLOPT_HEADERDATA, this);
  Set(handle_, CURLOPT_WRITEFUNCTION, &Transfer::OnBody);
  Set(handle_, CURLOPT_WRITEDATA, this);
  Set(handle_, CURLOPT_XFERINFOFUNCTION, &Transfer::OnProgress);
  Set(handle_, CURLOPT_XFERINFODATA, this);
  Set(handle_, CURLOPT_NOPROGRESS, 0L);
  // Its events are the only way to know how often libcurl sends a request.
  Set(handle_, CURLOPT_VERBOSE, 1L);
  Set(handle_, CURLOPT_DEBUGFUNCTION, &Transfer::OnEvent);
  Set(handle_, CURLOPT_DEBUGDATA, this);
  if (request_.encoding == Encoding::kCompressed) Set(handle_, CURLOPT_ACCEPT_ENCODING, "gzip");
}

void Transfer::SetBody() {
  const bool has_body = request_.source != nullptr || !request_.body.empty() ||
                        request_.method == "POST" || request_.method == "PUT";
  if (request_.method == "HEAD") {
    Set(handle_, CURLOPT_NOBODY, 1L);
    return;
  }
  // What says that it is longer is refused before it comes.
  Set(handle_, CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(request_.max_answer_bytes));
  if (has_body) {
    Set(handle_, CURLOPT_POST, 1L);
    if (request_.source != nullptr) {
      Set(handle_, CURLOPT_READFUNCTION, &Transfer::OnRead);
      Set(handle_, CURLOPT_READDATA, this);
      if (request_.source_bytes.has_value()) {
        Set(handle_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(*request_.source_bytes));
      }
    } else {
      Set(handle_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
      // Not copied, and with a length, so that it may hold zeros.
      Set(handle_, CURLOPT_POSTFIELDS, request_.body.empty() ? "" : request_.body.data());
    }
  }
  Set(handle_, CURLOPT_CUSTOMREQUEST, request_.method.c_str());
}

base::Result<void> Transfer::SetHeaders() {
  if (!IsToken(request_.method)) {
    return base::InvalidArgument(fmt::format("'{}' is no method of HTTP", request_.method));
  }
  bool has_type = false;
  for (const HeaderField& field : request_.headers) {
    if (!IsToken(field.name) || !IsFieldValue(field.value)) {
      return base::InvalidArgument(
          fmt::format("{}: the header field '{}' cannot be sent", url_.Shown(), field.name));
    }
    // libcurl's spelling of a field with an empty value.
    Append(headers_, field.value.empty() ? fmt::format("{};", field.name)
                                         : fmt::format("{}: {}", field.name, field.value));
    has_type = has_type || ::curl_strequal(field.name.c_str(), "Content-Type") != 0;
  }
  // Fields that libcurl would add: the type of a form, and the wait for "100 Continue".
  if (!has_type) Append(headers_, "Content-Type:");
  Append(headers_, "Expect:");
  if (request_.source != nullptr && !request_.source_bytes.has_value()) {
    Append(headers_, "Transfer-Encoding: chunked");
  }
  Set(handle_, CURLOPT_HTTPHEADER, headers_.get());
  return {};
}

void Transfer::SetGuard() {
  std::string entry = fmt::format("{}:{}:", url_.host, url_.port);
  for (const IpAddress& address : *addresses_) {
    if (!entry.ends_with(':')) entry += ',';
    entry += address.is_v4() ? address.ToString() : fmt::format("[{}]", address.ToString());
  }
  Append(resolved_, entry);
  Set(handle_, CURLOPT_RESOLVE, resolved_.get());
  Set(handle_, CURLOPT_OPENSOCKETFUNCTION, &Transfer::OnSocket);
  Set(handle_, CURLOPT_OPENSOCKETDATA, this);
  Set(handle_, CURLOPT_FRESH_CONNECT, 1L);
  Set(handle_, CURLOPT_FORBID_REUSE, 1L);
}

std::size_t Transfer::OnHeader(char* bytes, std::size_t one, std::size_t count, void* self) {
  const std::string_view line(bytes, one * count);
  return static_cast<Transfer*>(self)->TakeHeader(line) ? line.size() : 0;
}

std::size_t Transfer::OnBody(char* bytes, std::size_t one, std::size_t count, void* self) {
  const std::string_view piece(bytes, one * count);
  if (piece.empty()) return 0;
  return static_cast<Transfer*>(self)->TakeBody(piece) ? piece.size() : 0;
}

std::size_t Transfer::OnRead(char* into, std::size_t one, std::size_t count, void* self) {
  auto* const transfer = static_cast<Transfer*>(self);
  const auto read = transfer->request_.source->Read(std::span<char>(into, one * count));
  if (read.ok()) return *read;
  transfer->failed_ = read.error();
  return CURL_READFUNC_ABORT;
}

int Transfer::OnProgress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<Transfer*>(self)->request_.stop.stop_requested() ? 1 : 0;
}

int Transfer::OnEvent(CURL*, curl_infotype kind, char* bytes, std::size_t count, void* self) {
  if (kind != CURLINFO_HEADER_OUT) return 0;
  auto* const transfer = static_cast<Transfer*>(self);
  // A header may go out in several pieces, of which one has the request line.
  const bool begins = std::string_view(bytes, count).starts_with(transfer->request_.method + ' ');
  if (begins) ++transfer->times_sent_;
  return 0;
}

// The last word of the guard: what libcurl is about to connect to is one of the addresses that were
// looked at, whatever made it choose it.
curl_socket_t Transfer::OnSocket(void* self, curlsocktype, curl_sockaddr* address) {
  auto* const transfer = static_cast<Transfer*>(self);
  const auto target = IpAddress::From(address->addr);
  const auto& allowed = *transfer->addresses_;
  if (!target.has_value() || std::ranges::find(allowed, *target) == allowed.end()) {
    transfer->failed_ = base::Error(
        base::ErrorCode::kPermissionDenied,
        fmt::format("{}: refused to connect to another address", transfer->url_.Shown()));
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

bool Transfer::TakeHeader(std::string_view line) {
  header_bytes_ += line.size();
  if (header_bytes_ > kMostHeaderBytes) {
    failed_ =
        base::OutOfRange(fmt::format("{}: the header of the answer is too large", url_.Shown()));
    return false;
  }
  if (line.starts_with("HTTP/")) {
    // Of an interim answer (1xx) nothing is kept.
    answer_ = Answer();
    header_ended_ = false;
    const std::size_t space = std::min(line.find(' '), line.size() - 1);
    std::from_chars(line.data() + space + 1, line.data() + line.size(), answer_.status);
    return true;
  }
  // What comes after the header's end are trailers, after the body.
  if (header_ended_) return true;
  if (Trimmed(line).empty()) {
    header_ended_ = true;
    return true;
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return true;
  answer_.headers.push_back(
      {std::string(line.substr(0, colon)), std::string(Trimmed(line.substr(colon + 1)))});
  return true;
}

bool Transfer::TakeBody(std::string_view piece) {
  body_bytes_ += piece.size();
  if (body_bytes_ > request_.max_answer_bytes) {
    failed_ = base::OutOfRange(fmt::format("{}: the answer is longer than {} bytes", url_.Shown(),
                                           request_.max_answer_bytes));
    return false;
  }
  const bool is_success = answer_.status >= 200 && answer_.status <= 299;
  if (!is_success || !request_.sink) {
    answer_.body.append(piece);
    return true;
  }
  if (const auto taken = request_.sink(piece); !taken.ok()) {
    failed_ = taken.error();
    return false;
  }
  return true;
}

base::Error Transfer::ErrorOf(CURLcode code, const base::Clock& clock) const {
  const std::string_view why = message_[0] != '\0' ? message_.data() : ::curl_easy_strerror(code);
  std::string message = fmt::format("{} {}: {}", request_.method, url_.Shown(), why);
  if (code == CURLE_ABORTED_BY_CALLBACK) {
    return {base::ErrorCode::kCancelled,
            fmt::format("{} {}: stopped", request_.method, url_.Shown())};
  }
  if (code != CURLE_OPERATION_TIMEDOUT) return {CodeOf(code), std::move(message)};
  // Either the caller's time is over, or the peer used up its own: no connection, or no bytes.
  const bool is_over = request_.deadline.Remaining(clock) < std::chrono::milliseconds(2);
  return {is_over ? base::ErrorCode::kDeadlineExceeded : base::ErrorCode::kUnavailable,
          std::move(message)};
}

}  // namespace geoclimate::http_client
