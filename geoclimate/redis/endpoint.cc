#include "geoclimate/redis/endpoint.h"

#include <fmt/format.h>

#include <cerrno>
#include <charconv>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

namespace geoclimate::redis {
namespace {

constexpr std::size_t kLongestUrl = 4096;
constexpr int kMostDatabases = 10'000;

base::Error Wrong(std::string_view what) {
  return base::InvalidArgument(fmt::format("the URL of Redis: {}", what));
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

base::Result<std::string> Decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? HexDigit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? HexDigit(text[i + 2]) : -1;
    if (high < 0 || low < 0) return Wrong("'%' is not followed by two hexadecimal digits");
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  if (out.find('\0') != std::string::npos) return Wrong("it holds a zero byte");
  return out;
}

std::optional<int> Number(std::string_view text, int most) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return {};
  if (value < 0 || value > most) return {};
  return value;
}

base::Result<void> ReadDatabase(std::string_view text, Endpoint& endpoint) {
  const auto database = Number(text, kMostDatabases - 1);
  if (!database) return Wrong("the database is not a number from 0 to 9999");
  endpoint.database = *database;
  return {};
}

base::Result<void> ReadQuery(std::string_view query, Endpoint& endpoint) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const std::size_t equals = pair.find('=');
    const std::string_view name = pair.substr(0, equals);
    GC_ASSIGN_OR_RETURN(const std::string value,
                        Decode(equals == pair.npos ? "" : pair.substr(equals + 1)));
    if (name == "ca_file" && endpoint.transport == Endpoint::Transport::kTls) {
      endpoint.ca_file = value;
    } else if (name == "db") {
      GC_RETURN_IF_ERROR(ReadDatabase(value, endpoint));
    } else {
      return Wrong("after '?' only db and, with rediss, ca_file are known");
    }
  }
  return {};
}

base::Result<void> ReadAddress(std::string_view address, Endpoint& endpoint) {
  std::string_view port;
  if (address.starts_with('[')) {
    const std::size_t end = address.find(']');
    if (end == address.npos) return Wrong("']' is missing after the address");
    endpoint.host = address.substr(1, end - 1);
    port = address.substr(end + 1);
  } else {
    const std::size_t colon = address.find(':');
    endpoint.host = address.substr(0, colon);
    if (colon != address.npos) port = address.substr(colon);
  }
  if (endpoint.host.empty()) return Wrong("the host is missing");
  if (port.empty()) return {};
  constexpr int kMostPorts = 65'535;
  const auto number = port.starts_with(':') ? Number(port.substr(1), kMostPorts) : std::nullopt;
  if (number.value_or(0) == 0) return Wrong("the port is not a number from 1 to 65535");
  endpoint.port = static_cast<std::uint16_t>(*number);
  return {};
}

base::Result<void> ReadUser(std::string_view text, Endpoint& endpoint) {
  const std::size_t colon = text.find(':');
  if (colon == text.npos) return Wrong("a user needs a password, user:password@");
  GC_ASSIGN_OR_RETURN(endpoint.user, Decode(text.substr(0, colon)));
  GC_ASSIGN_OR_RETURN(endpoint.password, Decode(text.substr(colon + 1)));
  if (endpoint.password.empty()) return Wrong("the password is empty");
  return {};
}

base::Result<void> ReadScheme(std::string_view& rest, Endpoint& endpoint) {
  using Transport = Endpoint::Transport;
  constexpr std::pair<std::string_view, Transport> kSchemes[] = {
      {"redis://", Transport::kTcp}, {"rediss://", Transport::kTls}, {"unix://", Transport::kUnix}};
  for (const auto& [scheme, transport] : kSchemes) {
    if (!rest.starts_with(scheme)) continue;
    endpoint.transport = transport;
    rest.remove_prefix(scheme.size());
    return {};
  }
  return Wrong("it begins with none of redis://, rediss:// and unix://");
}

}  // namespace

base::Result<Endpoint> ParseEndpoint(std::string_view url) {
  if (url.size() > kLongestUrl) return Wrong("it is longer than 4096 bytes");
  Endpoint endpoint;
  std::string_view rest = url;
  GC_RETURN_IF_ERROR(ReadScheme(rest, endpoint));
  const std::size_t question = rest.find('?');
  const std::string_view query = question == rest.npos ? "" : rest.substr(question + 1);
  rest = rest.substr(0, question);
  // A password may hold '@' and '/' only percent-encoded; the last '@' before the path ends it.
  const std::size_t slash = rest.find('/');
  const std::string_view path = slash == rest.npos ? "" : rest.substr(slash);
  std::string_view authority = rest.substr(0, slash);
  if (const std::size_t at = authority.rfind('@'); at != authority.npos) {
    GC_RETURN_IF_ERROR(ReadUser(authority.substr(0, at), endpoint));
    authority.remove_prefix(at + 1);
  }
  if (endpoint.transport == Endpoint::Transport::kUnix) {
    if (!authority.empty() || path.size() < 2) return Wrong("unix:// needs an absolute path");
    GC_ASSIGN_OR_RETURN(endpoint.socket_path, Decode(path));
  } else {
    GC_RETURN_IF_ERROR(ReadAddress(authority, endpoint));
    if (path.size() > 1) GC_RETURN_IF_ERROR(ReadDatabase(path.substr(1), endpoint));
  }
  GC_RETURN_IF_ERROR(ReadQuery(query, endpoint));
  return endpoint;
}

base::Result<Endpoint> LoadEndpoint(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return base::FromErrno(errno, file.string());
  std::string text(kLongestUrl + 2, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  const std::size_t last = text.find_last_not_of(kSpace);
  auto endpoint =
      ParseEndpoint(first == text.npos ? std::string_view()
                                       : std::string_view(text).substr(first, last - first + 1));
  if (!endpoint.ok()) return endpoint.error().WithContext(file.string());
  return endpoint;
}

std::string Endpoint::ToString() const {
  const std::string who = password.empty() ? "" : fmt::format("{}:***@", user);
  if (transport == Transport::kUnix)
    return fmt::format("unix://{}{}?db={}", who, socket_path, database);
  const bool brackets = host.find(':') != std::string::npos;
  return fmt::format("{}://{}{}{}{}:{}/{}", transport == Transport::kTls ? "rediss" : "redis", who,
                     brackets ? "[" : "", host, brackets ? "]" : "", port, database);
}

}  // namespace geoclimate::redis
