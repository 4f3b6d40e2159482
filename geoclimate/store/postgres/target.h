#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/base/result.h"

namespace geoclimate::store::postgres {

// Where a database is and how to enter it, as libpq's connection URL says
// (postgresql.org/docs/15/libpq-connect.html, section 34.1.1): never shown but by name().
class Target {
 public:
  // "postgresql://USER:PASSWORD@HOST:PORT/NAME?sslmode=verify-full", or "host=... dbname=...". A
  // password in a file of libpq's own (passfile) is read too. kInvalidArgument, without any of the
  // text, when it is neither.
  static base::Result<Target> Parse(std::string_view url);

  // "postgres at HOST:PORT/NAME".
  const std::string& name() const { return name_; }
  // Null-ended, for PQconnectStartParams(); valid while the target is.
  std::vector<const char*> Keywords() const;
  std::vector<const char*> Values() const;

 private:
  std::string name_;
  std::vector<std::string> keywords_;
  std::vector<std::string> values_;
};

}  // namespace geoclimate::store::postgres
