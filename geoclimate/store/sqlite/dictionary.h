#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/result.h"
#include "geoclimate/store/sqlite/session.h"

namespace geoclimate::store::sqlite {

// The tables origins and receipts in memory, for a connection that reads. Both only grow, so a
// dictionary is brought up to date by reading what came since.
class Dictionary {
 public:
  // Reads what the current transaction of `session` sees.
  base::Result<void> Update(Session& session);

  // Nothing for an id that is not there, which a sound database does not have. The view lives until
  // the next Update().
  std::optional<std::string_view> Origin(std::int64_t id) const;
  std::optional<base::Timestamp> ReceivedAt(std::int64_t receipt) const;

 private:
  base::Result<void> UpdateOrigins(Session& session);
  base::Result<void> UpdateReceipts(Session& session);

  // By id; ids are given in order from 1, so the vectors have no gaps to speak of.
  std::vector<std::optional<std::string>> origins_{std::nullopt};
  std::vector<std::optional<base::Timestamp>> receipts_{std::nullopt};
};

}  // namespace geoclimate::store::sqlite
