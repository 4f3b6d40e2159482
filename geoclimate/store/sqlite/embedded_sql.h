#pragma once

#include <span>
#include <string_view>

namespace geoclimate::store::sqlite {

// A file of migrations/ or queries/, as it was when the program was built.
struct SqlFile {
  std::string_view name;  // without folder and extension
  std::string_view text;
};

// In the order of their numbers: "0001_observations", ... The last one's number is the version of
// the schema that this program knows.
std::span<const SqlFile> Migrations();

std::span<const SqlFile> Queries();

}  // namespace geoclimate::store::sqlite
