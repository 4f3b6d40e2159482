#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "geoclimate/access/caller.h"
#include "geoclimate/access/rate_limit.h"
#include "geoclimate/base/clock.h"
#include "geoclimate/base/deadline.h"
#include "geoclimate/base/result.h"
#include "geoclimate/server/http/arena.h"
#include "geoclimate/server/http/method.h"
#include "geoclimate/server/http/query_string.h"
#include "geoclimate/server/http/waker.h"

namespace geoclimate::server::http {

struct Route;

struct HeaderField {
  std::string_view name;  // as sent; compare without regard to case
  std::string_view value;
};

struct PathParameter {
  std::string_view name;   // as in the route's template, without braces
  std::string_view value;  // percent-decoded, never empty
};

// What a caller sent, seen by one handler. Every view points into the connection's buffer or the
// arena and stays valid until the handler has returned and any ResponseTask that it left has ended:
// no later.
//
// Not thread-safe; the server touches it from one thread at a time.
class Request {
 public:
  Method method() const { return method_; }
  // As sent, still encoded, without the query.
  std::string_view path() const { return path_; }
  // The row of the table that matched.
  const Route& route() const { return *route_; }
  // The value of "{name}" in the route's template. A name that the template lacks is a bug.
  std::string_view path_parameter(std::string_view name) const;

  // Decoded at the first call. kInvalidArgument when it is malformed, which a handler returns as it
  // is: 422.
  base::Result<QueryString> query() const;
  // What follows '?', still encoded; empty without one.
  std::string_view raw_query() const { return raw_query_; }

  // The first field of that name, without regard to case. Nothing when there is none.
  std::optional<std::string_view> header(std::string_view name) const;
  std::span<const HeaderField> headers() const { return headers_; }
  // "application/json" of "application/json; charset=utf-8", as sent; empty without one.
  std::string_view media_type() const;

  // Whole: chunks joined, gzip inflated. Followed in memory by at least kBodyPadding readable
  // bytes, so that a parser that reads in blocks needs no copy.
  std::string_view body() const { return body_; }
  static constexpr std::size_t kBodyPadding = 64;

  // The caller's X-Request-Id when it is sane (1 to 128 of [A-Za-z0-9._-]), else one made here.
  std::string_view request_id() const { return request_id_; }
  // From X-Request-Timeout-Ms, bounded by the server's own; Never() without either.
  base::Deadline deadline() const { return deadline_; }
  // When its first byte had arrived.
  base::Instant received_at() const { return received_at_; }
  // The wall clock at that moment, within a millisecond or so: what `timestamp` fields show.
  base::Timestamp timestamp() const { return timestamp_; }
  // Numeric, "127.0.0.1" or "::1"; of the peer, or of the client that a trusted proxy names.
  std::string_view client_address() const { return client_address_; }
  // Who it comes from; nobody on a route that has no scope.
  const access::Caller& caller() const { return caller_; }
  // To be called before rows are scored: counts them for the caller. kResourceExhausted, which a
  // handler returns as it is, when the caller's quota of the day does not reach.
  base::Result<void> CountRows(std::size_t rows) const;
  // What is left of the caller's limits.
  const access::Standing& standing() const { return standing_; }
  // The caller takes "Content-Encoding: gzip".
  bool accepts_gzip() const { return accepts_gzip_; }

  // For Response::Await(). Of a handler that runs inline.
  Waker& waker() const { return *waker_; }

  // Scratch memory until the request ends. Mutable through a const request on purpose.
  Arena& arena() const { return *arena_; }

 private:
  friend class Exchange;

  Method method_ = Method::kGet;
  bool accepts_gzip_ = false;
  mutable bool query_parsed_ = false;
  std::string_view path_;
  std::string_view raw_query_;
  std::string_view body_;
  std::string_view request_id_;
  std::string_view client_address_;
  std::span<const HeaderField> headers_;
  std::span<const PathParameter> path_parameters_;
  const Route* route_ = nullptr;
  Arena* arena_ = nullptr;
  Waker* waker_ = nullptr;
  access::Caller caller_;
  mutable access::Standing standing_;
  base::Instant received_at_;
  base::Timestamp timestamp_;
  base::Deadline deadline_ = base::Deadline::Never();
  mutable QueryString query_;
};

}  // namespace geoclimate::server::http
