#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/result.h"
#include "geoclimate/ingest/fetch/fetched_values.h"
#include "geoclimate/store/observation_store.h"

namespace geoclimate::fetch {

// A span of time, [from, to).
struct Span {
  base::Timestamp from;
  base::Timestamp to;
  friend bool operator==(const Span&, const Span&) = default;
};

// What a run has done.
struct FetchReport {
  std::uint64_t requests = 0;
  std::uint64_t rows = 0;
  std::uint64_t without_value = 0;
  std::map<std::string, std::uint64_t, std::less<>> rejected;  // by reason
  store::WriteCounts values;                                   // as they were fetched
  store::WriteCounts days;                                     // derived from hours
  std::string note;                            // the last thing the service said instead of rows
  std::optional<base::Timestamp> complete_to;  // everything before it is stored

  void Count(const ingest::FetchedValues& fetched);
};

// Keeps what was fetched from one source, and derives the days of hours.
//
// The origin of a value is the source's name; that of a derived day is the name and the moment when
// the last of its hours came, so that a correction that came later outranks what it corrects
// (airquality::DailyValue), and deriving the same hours again changes nothing.
//
// Not thread-safe. `store` must outlive it.
class ValueKeeper {
 public:
  // `floor`: when the values became known, for what is fetched live; none for an archive. See
  // ObservationWriter::Append.
  ValueKeeper(std::string source, store::ObservationStore& store,
              std::optional<base::Timestamp> floor)
      : source_(std::move(source)), store_(store), floor_(floor) {}

  // Durable when it returns success. The store's errors.
  base::Result<void> Keep(const ingest::FetchedValues& fetched, FetchReport& report);

  // Derives every statistic of a day that has an hour in `span`, is over by `over_by` and is
  // three quarters complete, from all hours that came from the source. Up to where hours have been
  // fetched: a day that is still being fetched would have a version for each piece of it.
  base::Result<void> DeriveDays(const Span& span, base::Timestamp over_by, FetchReport& report);

 private:
  const std::string source_;
  store::ObservationStore& store_;
  const std::optional<base::Timestamp> floor_;
};

}  // namespace geoclimate::fetch
