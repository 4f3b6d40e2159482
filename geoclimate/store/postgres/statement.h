#pragma once

#include <string>
#include <string_view>

#include "geoclimate/store/postgres/parameters.h"

namespace geoclimate::store::postgres {

// A file of queries/, with what it is given. The name must be one of them.
struct Call {
  std::string_view statement;
  Parameters parameters = {};
};

// The file's text, valid as long as the program runs and ended by a zero. An unknown name is a bug.
const std::string& TextOf(std::string_view statement);

}  // namespace geoclimate::store::postgres
