#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/mutex.h"
#include "geoclimate/base/result.h"
#include "geoclimate/store/postgres/connection.h"

namespace geoclimate::store::postgres {

// What the ids of origins and receipts stand for, for one who reads versions. Neither ever changes
// once it has been committed, so what one reader has asked for another need not ask again.
//
// Thread-safe.
class Dictionary {
 public:
  // Of one reader: valid as long as it has it, whatever others do.
  struct Names {
    std::unordered_map<std::int32_t, std::string> origins;
    std::unordered_map<std::int32_t, base::Timestamp> receipts;
  };

  // Adds what `wanted` names and `names` lacks, asking the server for what nobody has asked for
  // yet. kDataLoss when one is not there.
  struct Wanted {
    std::set<std::int32_t> origins;
    std::set<std::int32_t> receipts;
  };
  base::Result<void> Complete(Connection& connection, const Wanted& wanted, Names& names)
      EXCLUDES(mutex_);

  // Forgets everything when the number of connections that were opened is another than the last
  // time: a server that was replaced by its stand-by may have lost commits and given their ids
  // anew.
  void FollowServer(std::uint64_t connections_opened) EXCLUDES(mutex_);

 private:
  base::Mutex mutex_;
  Names known_ GUARDED_BY(mutex_);
  std::uint64_t connections_opened_ GUARDED_BY(mutex_) = 0;
};

}  // namespace geoclimate::store::postgres
