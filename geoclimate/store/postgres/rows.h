#pragma once

#include <libpq-fe.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/day.h"

namespace geoclimate::store::postgres {

struct ResultDeleter {
  void operator()(PGresult* result) const { PQclear(result); }
};
using OwnedResult = std::unique_ptr<PGresult, ResultDeleter>;

// What a statement gave, in binary form. Rows and columns count from 0; a column is read as what
// the statement makes it, and null as zero or nothing.
class Rows {
 public:
  explicit Rows(OwnedResult result) : result_(std::move(result)) {}

  int size() const { return PQntuples(result_.get()); }
  bool IsNull(int row, int column) const { return PQgetisnull(result_.get(), row, column) != 0; }
  // Of 1 (a truth value), 2, 4 or 8 bytes.
  std::int64_t Integer(int row, int column) const;
  // Of 4 or 8 bytes.
  double Real(int row, int column) const;
  // Text or bytes, valid while the rows are.
  std::string_view Text(int row, int column) const;
  // Microseconds since 1970; -infinity is the least number.
  std::int64_t Microseconds(int row, int column) const;
  base::Timestamp Time(int row, int column) const {
    return base::Timestamp(std::chrono::microseconds(Microseconds(row, column)));
  }
  base::LocalDay Day(int row, int column) const;

 private:
  OwnedResult result_;
};

}  // namespace geoclimate::store::postgres
