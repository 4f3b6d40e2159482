#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "geoclimate/base/result.h"

namespace geoclimate::redis {

// Where a Redis server is and who asks it. Holds a password: show ToString() only.
struct Endpoint {
  enum class Transport : std::uint8_t { kTcp, kTls, kUnix };

  Transport transport = Transport::kTcp;
  std::string host;  // a name or an address; of kTcp and kTls
  std::uint16_t port = 6379;
  std::string socket_path;  // of kUnix
  std::string user;         // empty: the default user
  std::string password;     // empty: no AUTH
  int database = 0;
  // PEM file of the authorities that the server's certificate must come from. Empty: the system's.
  std::string ca_file;

  // The URL with `***` for a password.
  std::string ToString() const;
};

// redis://, rediss:// (TLS) and unix:// URLs:
//
//   redis://[[user]:password@]host[:port][/database]
//   rediss://[[user]:password@]host[:port][/database][?ca_file=/PATH]
//   unix://[[user]:password@]/PATH[?db=N]
//
// User, password and path may be percent-encoded; an IPv6 address stands in brackets. The database
// is from 0 to 9999. kInvalidArgument says what is wrong without a word of the URL, which may hold
// a secret.
base::Result<Endpoint> ParseEndpoint(std::string_view url);

// The URL from a file of one line; spaces around it do not count. Errors name the file.
base::Result<Endpoint> LoadEndpoint(const std::filesystem::path& file);

}  // namespace geoclimate::redis
