#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "geoclimate/access/leased_bucket.h"
#include "geoclimate/access/rate_limit.h"
#include "geoclimate/base/clock.h"

namespace geoclimate::access {

// What a caller may ask of this process in a time.
struct ActivityLimits {
  std::optional<RateLimitOptions> rate = {};  // nothing: as much as it likes
  std::uint64_t requests_per_minute = 0;      // its own; 0: that of `rate`
  std::uint64_t daily_rows = 0;               // of a UTC day; 0: no quota
  std::string_view kind = "key";              // of the id: "key", "subject"
};

// What a key, or the subject of signed tokens, does in this process. There is one for each as long
// as the process runs, so that a request may hold it whatever becomes of the key meanwhile.
//
// Counting is a few atomic operations. All limits of a caller go through TakeRequest() and
// CountRows(): where tokens come from, here or leased from elsewhere, is decided behind these two
// (LeasedBucket).
//
// Thread-safe.
class Activity {
 public:
  // `id` is the prefix of a key or a token's subject; `name` is for people, and may be empty.
  // `clock` outlives it.
  Activity(std::string id, std::string name, const ActivityLimits& limits,
           const base::Clock& clock);
  Activity(const Activity&) = delete;
  Activity& operator=(const Activity&) = delete;

  const std::string& id() const { return id_; }
  const std::string& name() const { return name_; }
  std::uint64_t daily_rows() const { return daily_rows_; }
  // 0: no limit of rate.
  std::uint64_t requests_per_minute() const { return per_minute_; }

  // Counts a request; false when it comes too soon.
  bool TakeRequest();
  // Counts the rows that a request wants scored; false, and nothing is counted, when the day's
  // quota does not reach. Rows beyond the first cost a token each, there or not: see
  // RateLimitOptions.
  bool CountRows(std::size_t rows);
  // Ready for the fields of an answer; `retry_after` as after a refusal by TakeRequest().
  Standing standing() const;

  // To the half minute: a key in use writes this rarely.
  void NoteUse(base::Timestamp now);
  // The epoch while it has not been used.
  base::Timestamp last_used() const;

  struct Totals {
    std::uint64_t requests = 0;
    std::uint64_t rows = 0;
  };
  // Since the process started.
  Totals totals() const;
  // Of the UTC day, by all processes as far as they have told.
  Totals today() const;
  // Says that all processes together had done `known` of the day when this one had done `recorded`.
  void SetDay(const Totals& known, const Totals& recorded);

 private:
  const std::string id_;
  const std::string name_;
  const std::uint64_t daily_rows_;
  const std::uint64_t per_minute_;
  const std::shared_ptr<LeasedBucket> bucket_;  // null: no limit of rate
  std::atomic<std::int64_t> last_used_{0};
  std::atomic<std::uint64_t> requests_{0};
  std::atomic<std::uint64_t> rows_{0};
  // What is to be added to the totals to get those of the day.
  std::atomic<std::int64_t> day_requests_{0};
  std::atomic<std::int64_t> day_rows_{0};
};

}  // namespace geoclimate::access
