// The part of an exchange that turns a header into a Request: identity, caller, target, route.
#include <algorithm>

#include "geoclimate/server/http/ascii.h"
#include "geoclimate/server/http/exchange.h"
#include "geoclimate/telemetry/trace_context.h"

namespace geoclimate::server::http {
namespace {

using base::ErrorCode;

// The rest of a refused request that is read and dropped, so that the connection can stay.
constexpr std::size_t kDroppedBodyBytes = 65536;
constexpr std::size_t kLongestRequestId = 128;

bool IsSaneRequestId(std::string_view id) {
  if (id.empty() || id.size() > kLongestRequestId) return false;
  return std::all_of(id.begin(), id.end(), [](char c) {
    const char lower = ToLower(c);
    return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  });
}

std::string_view MakeRequestId(std::array<char, 16>& text) {
  std::uint64_t id = telemetry::RandomId();
  for (char& c : text) {
    c = "0123456789abcdef"[id & 15U];
    id >>= 4U;
  }
  return {text.data(), text.size()};
}

// "gzip;q=0" does not accept it (RFC 9110, 12.5.3).
bool AcceptsGzip(std::string_view list) {
  while (!list.empty()) {
    const std::string_view element = TakeListElement(list);
    const std::size_t semicolon = element.find(';');
    const std::string_view coding = Trim(element.substr(0, semicolon));
    if (!EqualsIgnoringCase(coding, "gzip") && coding != "*") continue;
    if (semicolon == std::string_view::npos) return true;
    const std::string_view weight = Trim(element.substr(semicolon + 1));
    return weight.find_first_of("123456789") != std::string_view::npos;
  }
  return false;
}

access::Scope AccessScope(Scope scope) {
  switch (scope) {
    case Scope::kRead:
      return access::Scope::kRead;
    case Scope::kPredict:
      return access::Scope::kPredict;
    case Scope::kNone:
    case Scope::kAdmin:
      break;
  }
  return access::Scope::kAdmin;
}

Refusal RefuseScope(const access::Caller& caller, access::Scope needed) {
  if (caller.kind == access::Caller::Kind::kLoopback) {
    return {401, ErrorCode::kUnauthenticated,
            "management needs the token of the data directory's admin.token or a key of scope "
            "admin, as Bearer or X-API-Key"};
  }
  switch (needed) {
    case access::Scope::kRead:
      return {403, ErrorCode::kPermissionDenied, "the key or token has not the scope read"};
    case access::Scope::kPredict:
      return {403, ErrorCode::kPermissionDenied, "the key or token has not the scope predict"};
    case access::Scope::kAdmin:
      break;
  }
  return {403, ErrorCode::kPermissionDenied, "the key or token has not the scope admin"};
}

}  // namespace

// RFC 9112, 2.2: an empty line before a request line is ignored. False when nothing else has come
// yet.
bool Exchange::SkipEmptyLines() {
  while (input_.size() >= 2 && input_.data()[0] == '\r' && input_.data()[1] == '\n') {
    input_.RemoveFront(2);
  }
  started_ = !input_.empty();
  return started_ && input_.bytes() != "\r";
}

void Exchange::Begin(Worker& worker) {
  started_ = true;
  waiting_since_ = worker.now;
  response_bytes_ = 0;
  request_.received_at_ = worker.now;
  request_.timestamp_ = worker.wall;
  request_.deadline_ = base::Deadline::At(worker.now + frontend_.options().request_timeout);
  request_.request_id_ = {};
  request_.headers_ = {};
  request_.path_parameters_ = {};
  request_.body_ = {};
  request_.path_ = request_.raw_query_ = {};
  request_.method_ = Method::kGet;
  request_.accepts_gzip_ = false;
  request_.caller_ = {};
  request_.standing_ = {};
  caller_ = {};
  allow_ = {};
}

std::optional<Exchange::Next> Exchange::ReadHead(Worker& worker) {
  if (!started_) Begin(worker);
  if (!SkipEmptyLines()) return Next::kRead;
  switch (parser_.ParseHead(input_.bytes())) {
    case RequestParser::Progress::kNeedMore:
      return Next::kRead;
    case RequestParser::Progress::kRefused:
      RefuseMessage(worker, parser_.status(), parser_.reason());
      break;
    case RequestParser::Progress::kDone:
      AcceptHead(worker);
      break;
  }
  return std::nullopt;
}

void Exchange::AcceptHead(Worker& worker) {
  counted_by_ = &worker.metrics;
  counted_by_->Started();
  waiting_since_ = worker.now;
  PointToMessage();
  ReadIdentity();
  const RequestHead& head = parser_.head();
  std::optional<Refusal> refusal = CheckHead();
  if (!refusal.has_value() && head.method == Method::kOptions) {
    closing_ = closing_ || has_body();
    AnswerOptions();
    return;
  }
  if (!refusal.has_value()) refusal = CheckCaller(worker);
  if (!refusal.has_value()) {
    body_limit_ = std::min(request_.route_->max_body_bytes, frontend_.options().max_body_bytes);
    refusal = CheckBodyAnnounced();
  }
  if (refusal.has_value()) {
    const bool drop =
        has_body() && !head.Has(KnownField::kExpect) && head.content_length <= kDroppedBodyBytes;
    if (!drop) {
      closing_ = closing_ || has_body();
      Refuse(*refusal);
      return;
    }
    refusal_ = refusal;
    body_limit_ = kDroppedBodyBytes;
  }
  stage_ = has_body() ? Stage::kBody : Stage::kReady;
}

void Exchange::PointToMessage() {
  const RequestHead& head = parser_.head();
  message_ = input_.data();
  for (std::size_t i = 0; i < head.field_count; ++i) {
    header_fields_[i] = {head.fields[i].name.In(message_), head.fields[i].value.In(message_)};
  }
  request_.headers_ = {header_fields_.data(), head.field_count};
}

// The buffer may have moved while the body arrived: everything that points into it is made again,
// with the same outcome.
void Exchange::FollowMessage() {
  if (input_.data() == message_) return;
  PointToMessage();
  ReadIdentity();
  static_cast<void>(CheckHead());
}

void Exchange::ReadIdentity() {
  const RequestHead& head = parser_.head();
  request_.method_ = head.method.value_or(Method::kGet);
  const std::string_view id = head.Value(KnownField::kRequestId, message_);
  if (IsSaneRequestId(id)) {
    request_.request_id_ = id;
  } else if (request_.request_id_.empty()) {
    request_.request_id_ = MakeRequestId(made_request_id_);
  }
  request_.accepts_gzip_ = head.Has(KnownField::kAcceptEncoding) &&
                           AcceptsGzip(head.Value(KnownField::kAcceptEncoding, message_));
  if (!head.Has(KnownField::kRequestTimeout)) return;
  const auto timeout = ParseDigits(head.Value(KnownField::kRequestTimeout, message_));
  const auto longest = frontend_.options().request_timeout;
  if (timeout.has_value() && *timeout < static_cast<std::uint64_t>(longest.count())) {
    request_.deadline_ =
        base::Deadline::At(request_.received_at_ + std::chrono::milliseconds(*timeout));
  }
}

std::optional<Refusal> Exchange::CheckHead() {
  if (auto refusal = frontend_.rules().Check(parser_.head(), message_, peer_address_, caller_)) {
    return refusal;
  }
  request_.client_address_ = caller_.address;
  if (auto refusal = ReadTarget()) return refusal;
  return MatchRoute();
}

std::optional<Refusal> Exchange::ReadTarget() {
  std::string_view target = parser_.head().target.In(message_);
  if (!target.starts_with('/') && target != "*") {
    // The absolute form of RFC 9112, 3.2.2; its authority is not trusted more than Host.
    const std::size_t scheme_end = target.find("://");
    if (scheme_end == std::string_view::npos) {
      return Refusal{400, ErrorCode::kInvalidArgument, "the target is no path"};
    }
    const std::size_t path = target.find('/', scheme_end + 3);
    target = path == std::string_view::npos ? std::string_view("/") : target.substr(path);
  }
  const std::size_t question = target.find('?');
  request_.path_ = target.substr(0, question);
  request_.raw_query_ =
      question == std::string_view::npos ? std::string_view() : target.substr(question + 1);
  return std::nullopt;
}

std::optional<Refusal> Exchange::MatchRoute() {
  const RequestHead& head = parser_.head();
  const Router& router = frontend_.router(listener_);
  if (head.method == Method::kOptions) {
    if (request_.path_ == "*") return std::nullopt;
    allow_ = router.FindPath(request_.path_).allow;
    if (!allow_.empty()) return std::nullopt;
    return Refusal{404, ErrorCode::kNotFound, "no such path"};
  }
  const Router::Match match = head.method.has_value()
                                  ? router.Find(*head.method, request_.path_, arena_)
                                  : router.FindPath(request_.path_);
  switch (match.outcome) {
    case Router::Outcome::kFound:
      break;
    case Router::Outcome::kNoSuchPath:
      return Refusal{404, ErrorCode::kNotFound, "no such path"};
    case Router::Outcome::kNoSuchMethod:
      allow_ = match.allow;
      return Refusal{405, ErrorCode::kUnimplemented, "the path does not have this method"};
    case Router::Outcome::kBadEncoding:
      return Refusal{400, ErrorCode::kInvalidArgument, "the path is not percent-encoded UTF-8"};
  }
  request_.route_ = match.route;
  path_parameters_ = match.parameters;
  request_.path_parameters_ = {path_parameters_.data(), match.parameter_count};
  return std::nullopt;
}

// Once for each request: what it finds does not point into the message.
std::optional<Refusal> Exchange::CheckCaller(Worker& worker) {
  const Scope scope = request_.route_->scope;
  if (scope == Scope::kNone) return std::nullopt;
  const RequestHead& head = parser_.head();
  const access::Verdict verdict = worker.authenticator.Check(
      {.api_key = head.Value(KnownField::kApiKey, message_),
       .authorization = head.Value(KnownField::kAuthorization, message_)},
      request_.client_address_, worker.wall);
  request_.standing_ = verdict.standing;
  if (verdict.rejection == access::Rejection::kTooOften) {
    return Refusal{429, ErrorCode::kResourceExhausted, access::Describe(verdict.rejection)};
  }
  if (verdict.rejection == access::Rejection::kUnchecked) {
    return Refusal{503, ErrorCode::kUnavailable, access::Describe(verdict.rejection)};
  }
  if (verdict.rejection != access::Rejection::kNone) {
    return Refusal{401, ErrorCode::kUnauthenticated, access::Describe(verdict.rejection)};
  }
  const access::Scope needed =
      listener_ == Listener::kManagement ? access::Scope::kAdmin : AccessScope(scope);
  if (!verdict.caller.scopes.Allows(needed)) return RefuseScope(verdict.caller, needed);
  request_.caller_ = verdict.caller;
  return std::nullopt;
}

bool Exchange::has_body() const {
  return parser_.head().chunked || parser_.head().content_length > 0;
}

std::optional<Refusal> Exchange::CheckBodyAnnounced() const {
  const RequestHead& head = parser_.head();
  if (head.Has(KnownField::kExpect) &&
      !EqualsIgnoringCase(head.Value(KnownField::kExpect, message_), "100-continue")) {
    return Refusal{417, ErrorCode::kInvalidArgument, "no expectation but 100-continue is known"};
  }
  if (!has_body()) return std::nullopt;
  if (head.content_length > body_limit_ || body_limit_ == 0) {
    return Refusal{413, ErrorCode::kResourceExhausted, "the body is too long"};
  }
  const std::string_view coding = head.Value(KnownField::kContentEncoding, message_);
  if (!coding.empty() && !EqualsIgnoringCase(coding, "gzip") &&
      !EqualsIgnoringCase(coding, "identity")) {
    return Refusal{415, ErrorCode::kInvalidArgument, "no content coding but gzip is known"};
  }
  const auto& consumes = request_.route_->consumes;
  const std::string_view type = request_.media_type();
  const bool known = type.empty() || consumes.empty() ||
                     std::any_of(consumes.begin(), consumes.end(), [&](std::string_view taken) {
                       return EqualsIgnoringCase(taken, type);
                     });
  if (known) return std::nullopt;
  return Refusal{415, ErrorCode::kInvalidArgument, "the media type is not one that is taken here"};
}

void Exchange::AnswerOptions() {
  const RequestHead& head = parser_.head();
  response_.Reset();
  response_.set_status(204);
  if (!allow_.empty()) response_.AddHeader("Allow", allow_);
  if (!caller_.cors_origin.empty() && head.Has(KnownField::kPreflightMethod)) {
    response_.AddHeader("Access-Control-Allow-Methods", allow_);
    response_.AddHeader("Access-Control-Allow-Headers",
                        "Authorization, Content-Type, Content-Encoding, If-None-Match, "
                        "Traceparent, X-API-Key, X-Request-Id, X-Request-Timeout-Ms");
    response_.AddHeader("Access-Control-Max-Age", "600");
  }
  stage_ = Stage::kHandled;
}

}  // namespace geoclimate::server::http
