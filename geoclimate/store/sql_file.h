#pragma once

#include <string_view>

namespace geoclimate::store {

// A file of a database's migrations/ or queries/, as it was when the program was built.
struct SqlFile {
  std::string_view name;  // without folder and extension
  std::string_view text;
};

}  // namespace geoclimate::store
