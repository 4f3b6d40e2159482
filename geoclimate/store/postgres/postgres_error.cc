#include "geoclimate/store/postgres/postgres_error.h"

#include <fmt/format.h>

#include <string>

namespace geoclimate::store::postgres {
namespace {

using base::ErrorCode;

struct State {
  std::string_view prefix;  // of the SQLSTATE: a whole one before its class
  ErrorCode code;
  std::string_view advice;
};

constexpr State kStates[] = {
    {"", ErrorCode::kUnavailable, "try again"},
    {"55P03", ErrorCode::kUnavailable, "another program is writing: try again"},
    {"57014", ErrorCode::kUnavailable, "it took longer than statement_timeout_ms: try again"},
    {"57P", ErrorCode::kUnavailable, "the server is starting or stopping: try again"},
    {"08", ErrorCode::kUnavailable, "try again"},
    {"40", ErrorCode::kUnavailable, "try again"},
    {"25P03", ErrorCode::kUnavailable, "try again"},
    {"53300", ErrorCode::kUnavailable, "too many connections: lower database.pool.max_size"},
    {"53100", ErrorCode::kResourceExhausted, "the server's disk is full"},
    {"53", ErrorCode::kResourceExhausted, "give the server more of it"},
    {"54", ErrorCode::kResourceExhausted, "write in smaller parts"},
    {"25006", ErrorCode::kPermissionDenied, "the server only reads: name the primary"},
    {"42501", ErrorCode::kPermissionDenied, "grant it to the role"},
    {"28", ErrorCode::kPermissionDenied, "check the role and its password"},
    {"3D000", ErrorCode::kFailedPrecondition, "create the database first"},
    {"22021", ErrorCode::kInvalidArgument, "the text is not UTF-8, or has a NUL in it"},
    {"22P05", ErrorCode::kInvalidArgument, "the database's encoding must be UTF8"},
    {"XX001", ErrorCode::kDataLoss, "restore a backup"},
    {"XX002", ErrorCode::kDataLoss, "rebuild the index"},
};

const State* Find(std::string_view sqlstate) {
  for (const State& state : kStates) {
    if (state.prefix.empty() ? sqlstate.empty() : sqlstate.starts_with(state.prefix)) return &state;
  }
  return nullptr;
}

std::string_view FirstLine(std::string_view message) {
  message = message.substr(0, message.find('\n'));
  return message.empty() ? std::string_view("the connection broke") : message;
}

}  // namespace

ErrorCode CodeOfState(std::string_view sqlstate) {
  const State* state = Find(sqlstate);
  return state == nullptr ? ErrorCode::kInternal : state->code;
}

base::Error MakeError(std::string_view database, std::string_view statement,
                      std::string_view sqlstate, std::string_view message) {
  const State* state = Find(sqlstate);
  std::string text = fmt::format("{}: {}: {}", database, statement, FirstLine(message));
  if (!sqlstate.empty()) text += fmt::format(" ({})", sqlstate);
  if (state != nullptr) text += fmt::format("; {}", state->advice);
  return {CodeOfState(sqlstate), std::move(text)};
}

}  // namespace geoclimate::store::postgres
