#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "geoclimate/load/latency_histogram.h"
#include "geoclimate/load/load_run.h"
#include "tests/fault/services/answer_check.h"

namespace geoclimate::fault {

// Counts what became of the requests of a load, by kind and by the slice of time in which they were
// due. Not thread-safe.
class LoadTally {
 public:
  static constexpr std::chrono::milliseconds kSlice{250};

  // `requests` outlives it.
  LoadTally(const CheckedRequests& requests, base::Instant begin);

  void Add(const load::Exchange& exchange);

  // {"slice_ms", "kinds": {KIND: [{"slice", "statuses": {"200": n}, "lost", "wrong",
  // "latencies_ns": [[longest, count]...]}]}, "faults": [text...]}. Latencies are of all answers,
  // from when the request was due.
  std::string RenderJson() const;

 private:
  struct Slice {
    load::LatencyHistogram latencies;
    std::map<int, std::uint64_t> statuses;
    std::uint64_t lost = 0;   // no whole answer came
    std::uint64_t wrong = 0;  // of those with status 200
  };

  void NoteFault(const load::Exchange& exchange);

  const CheckedRequests& requests_;
  const base::Instant begin_;
  std::vector<std::map<std::int64_t, Slice>> kinds_;
  std::vector<std::string> faults_;  // the first ones
};

}  // namespace geoclimate::fault
