#pragma once

#include <span>

#include "geoclimate/store/sql_file.h"

namespace geoclimate::store::postgres {

// In the order of their numbers: "0001_observations", ... The last one's number is the version of
// the schema that this program knows.
std::span<const SqlFile> Migrations();

std::span<const SqlFile> Queries();

}  // namespace geoclimate::store::postgres
