// Puts load on a server at a constant rate, whether or not it answers, and compares each answer
// with the right one. Prints "begun" and the moment of the monotonic clock in nanoseconds, runs
// until its input ends, and prints one JSON object (LoadTally).
//
// Usage: checked_load PORT RATE CONNECTIONS REQUESTS_FILE
#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <fstream>
#include <iostream>
#include <iterator>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "geoclimate/load/http_client.h"
#include "geoclimate/load/load_run.h"
#include "tests/fault/services/answer_check.h"
#include "tests/fault/services/load_tally.h"

namespace geoclimate::fault {
namespace {

base::Result<int> ParseNumber(std::string_view text, int most) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size() && number >= 1 && number <= most) {
    return number;
  }
  return base::InvalidArgument(fmt::format("'{}' is not from 1 to {}", text, most));
}

base::Result<std::string> Run(std::span<const std::string_view> arguments) {
  constexpr int kMostPort = 65535;
  constexpr int kMostRate = 1'000'000;
  constexpr int kMostConnections = 10'000;
  if (arguments.size() != 4) {
    return base::InvalidArgument("usage: checked_load PORT RATE CONNECTIONS REQUESTS_FILE");
  }
  GC_ASSIGN_OR_RETURN(const int port, ParseNumber(arguments[0], kMostPort));
  GC_ASSIGN_OR_RETURN(const int rate, ParseNumber(arguments[1], kMostRate));
  load::LoadOptions options;
  GC_ASSIGN_OR_RETURN(options.connections, ParseNumber(arguments[2], kMostConnections));
  std::ifstream file{std::string(arguments[3])};
  const std::string lines{std::istreambuf_iterator<char>(file), {}};
  GC_ASSIGN_OR_RETURN(const CheckedRequests requests, ParseCheckedRequests(lines));
  GC_ASSIGN_OR_RETURN(options.server,
                      load::ServerAddress("127.0.0.1", static_cast<std::uint16_t>(port)));
  options.rate = rate;
  options.warm_up = std::chrono::milliseconds(0);
  options.duration = std::chrono::hours(24);
  options.patience = std::chrono::seconds(30);
  for (const CheckedRequest& checked : requests.requests) {
    options.requests.push_back(checked.request);
  }
  const base::Instant begin = std::chrono::steady_clock::now();
  std::cout << "begun " << begin.time_since_epoch().count() << std::endl;
  LoadTally tally(requests, begin);
  options.on_exchange = [&tally](const load::Exchange& exchange) { tally.Add(exchange); };
  std::stop_source stop;
  options.stop = stop.get_token();
  // Where the load cannot begin it waits for the end of the input all the same.
  const std::jthread input([&stop] {
    while (std::cin.get() != std::char_traits<char>::eof()) {
    }
    stop.request_stop();
  });
  const auto report = load::RunLoad(options);
  if (!report.ok()) return report.error();
  return tally.RenderJson();
}

}  // namespace
}  // namespace geoclimate::fault

int main(int argc, char** argv) {
  std::vector<std::string_view> arguments(argv + 1, argv + argc);
  const auto result = geoclimate::fault::Run(arguments);
  if (!result.ok()) {
    std::cerr << "checked_load: " << result.error().ToString() << '\n';
    return 1;
  }
  std::cout << *result << '\n';
  return 0;
}
