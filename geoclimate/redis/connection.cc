#include "geoclimate/redis/connection.h"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <string>
#include <utility>

namespace geoclimate::redis {
namespace {

constexpr std::size_t kReadBytes = 16'384;

// A server's own words, cut short and without control characters: they go to the log.
std::string Quoted(std::string_view text) {
  constexpr std::size_t kMostShown = 80;
  std::string shown(text.substr(0, kMostShown));
  for (char& c : shown) {
    if (c < ' ' || c > '~') c = '?';
  }
  return shown;
}

}  // namespace

base::Result<std::unique_ptr<Connection>> Connection::Open(const Endpoint& endpoint,
                                                           const ReplyLimits& limits,
                                                           const base::Clock& clock,
                                                           base::Deadline deadline) {
  GC_ASSIGN_OR_RETURN(std::unique_ptr<Stream> stream, Connect(endpoint, clock, deadline));
  std::unique_ptr<Connection> connection(new Connection(std::move(stream), limits));
  GC_RETURN_IF_ERROR(connection->SignIn(endpoint, deadline));
  return connection;
}

base::Result<void> Connection::SignIn(const Endpoint& endpoint, base::Deadline deadline) {
  CommandBatch batch;
  const std::string database = fmt::format("{}", endpoint.database);
  if (!endpoint.user.empty()) {
    batch.Add({"AUTH", endpoint.user, endpoint.password});
  } else if (!endpoint.password.empty()) {
    batch.Add({"AUTH", endpoint.password});
  }
  if (endpoint.database != 0) batch.Add({"SELECT", database});
  batch.Add({"PING"});
  GC_ASSIGN_OR_RETURN(const std::vector<Reply> replies, Exchange(batch, deadline));
  for (const Reply& reply : replies) {
    if (reply.type == Reply::Type::kStatus) continue;
    const std::string_view kind = reply.ErrorKind();
    if (kind == "NOAUTH" || kind == "WRONGPASS" || kind == "NOPERM") {
      return base::Error(base::ErrorCode::kUnauthenticated, "Redis does not let this user in");
    }
    if (!reply.is_error()) return base::DataLoss("the answer to PING is none");
    return base::Unavailable(fmt::format("Redis is not ready: {}", Quoted(reply.text)));
  }
  return {};
}

base::Result<std::vector<Reply>> Connection::Exchange(const CommandBatch& batch,
                                                      base::Deadline deadline) {
  if (broken_) return base::Unavailable("the connection to Redis is broken");
  auto replies = TryExchange(batch, deadline);
  if (!replies.ok()) broken_ = true;
  return replies;
}

base::Result<std::vector<Reply>> Connection::TryExchange(const CommandBatch& batch,
                                                         base::Deadline deadline) {
  GC_RETURN_IF_ERROR(stream_->Write(batch.bytes(), deadline));
  std::vector<Reply> replies;
  replies.reserve(batch.size());
  std::array<char, kReadBytes> space;
  while (true) {
    while (replies.size() < batch.size()) {
      GC_ASSIGN_OR_RETURN(std::optional<Reply> reply, parser_.Next());
      if (!reply) break;
      replies.push_back(*std::move(reply));
    }
    if (replies.size() == batch.size()) break;
    GC_ASSIGN_OR_RETURN(const std::size_t size, stream_->Read(space, deadline));
    GC_RETURN_IF_ERROR(parser_.Feed(std::span(space).first(size)));
  }
  if (parser_.has_rest()) return base::DataLoss("Redis answers more than it was asked");
  return replies;
}

}  // namespace geoclimate::redis
