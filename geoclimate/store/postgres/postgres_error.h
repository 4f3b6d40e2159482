#pragma once

#include <string_view>

#include "geoclimate/base/error.h"

namespace geoclimate::store::postgres {

// What kind of failure a SQLSTATE of five characters is
// (postgresql.org/docs/15/errcodes-appendix.html); an empty one, of a connection that broke, is
// kUnavailable.
base::ErrorCode CodeOfState(std::string_view sqlstate);

// "postgres at HOST:PORT/NAME: STATEMENT: what happened; what to do". `message` is the server's
// first line or libpq's, which never holds a password.
base::Error MakeError(std::string_view database, std::string_view statement,
                      std::string_view sqlstate, std::string_view message);

}  // namespace geoclimate::store::postgres
