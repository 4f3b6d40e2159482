#pragma once

#include <netinet/in.h>
#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/result.h"
#include "geoclimate/load/arrivals.h"
#include "geoclimate/load/latency_histogram.h"
#include "geoclimate/load/process_usage.h"

namespace geoclimate::load {

// What became of one request that was sent.
struct Exchange {
  std::size_t request = 0;  // its index in LoadOptions::requests
  base::Instant due;
  base::Instant ended;
  int status = 0;         // 0: no whole answer, the connection ended or was given up
  std::string_view body;  // of the answer, for as long as the call
};

struct LoadOptions {
  sockaddr_in server{};
  std::vector<std::string> requests;  // whole HTTP/1.1 requests, at least one, sent in turn
  int connections = 32;
  // Requests a second, whether or not those before are answered. Without it each connection asks
  // again once it is answered, and a slow server is asked less: its latencies look better than
  // callers would see them.
  std::optional<double> rate;
  Arrivals::Pattern pattern = Arrivals::Pattern::kEven;
  std::chrono::milliseconds warm_up{1000};  // load that is not measured, before
  std::chrono::milliseconds duration{10'000};
  // A connection that waits longer for its answer is given up.
  std::chrono::milliseconds patience{10'000};
  std::optional<pid_t> server_process;  // whose use of CPU and memory is measured
  std::uint64_t seed = 1;
  // Shown each exchange as it ends, those of the warm-up too, between two others: it is to be
  // quick.
  std::function<void(const Exchange&)> on_exchange;
  // Ends the load before `duration` is over, within a tenth of a second.
  std::stop_token stop;

  base::Result<void> Validate() const;
};

// Of the requests that were due while it was measured.
struct LoadReport {
  // Of the answers with status 2xx: from the moment when the request was due, which is when it was
  // sent only if a connection was free; so a stall shows in every request that it made wait.
  LatencyHistogram latencies;
  std::map<int, std::uint64_t> by_status;
  std::uint64_t broken = 0;      // the connection ended before the answer
  std::uint64_t unanswered = 0;  // given up, or never sent
  double seconds = 0;
  std::uint64_t body_bytes = 0;
  std::optional<ProcessUsage> used;  // CPU meanwhile, and memory at the end

  std::uint64_t succeeded() const { return latencies.count(); }
  double succeeded_per_second() const;
};

// Puts load on a server from one thread. kUnavailable when it cannot be reached at all.
base::Result<LoadReport> RunLoad(const LoadOptions& options);

}  // namespace geoclimate::load
