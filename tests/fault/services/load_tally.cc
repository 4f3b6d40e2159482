#include "tests/fault/services/load_tally.h"

#include <fmt/format.h>

#include <cstddef>

#include "geoclimate/formats/json.h"

namespace geoclimate::fault {
namespace {

constexpr int kRight = 200;
constexpr std::size_t kMostFaults = 20;
constexpr std::size_t kShownBytes = 400;

}  // namespace

LoadTally::LoadTally(const CheckedRequests& requests, base::Instant begin)
    : requests_(requests), begin_(begin), kinds_(requests.kinds.size()) {}

void LoadTally::Add(const load::Exchange& exchange) {
  const CheckedRequest& request = requests_.requests[exchange.request];
  Slice& slice = kinds_[request.kind][(exchange.due - begin_) / kSlice];
  if (exchange.status == 0) {
    ++slice.lost;
    NoteFault(exchange);
    return;
  }
  ++slice.statuses[exchange.status];
  slice.latencies.Add(exchange.ended - exchange.due);
  if (exchange.status == kRight && request.IsRight(exchange.body)) return;
  if (exchange.status == kRight) ++slice.wrong;
  NoteFault(exchange);
}

void LoadTally::NoteFault(const load::Exchange& exchange) {
  if (faults_.size() >= kMostFaults) return;
  const CheckedRequest& request = requests_.requests[exchange.request];
  faults_.push_back(fmt::format("{:.3f} s: {} answered {} {}; to {}",
                                std::chrono::duration<double>(exchange.due - begin_).count(),
                                requests_.kinds[request.kind], exchange.status,
                                exchange.body.substr(0, kShownBytes),
                                request.request.substr(0, kShownBytes)));
}

std::string LoadTally::RenderJson() const {
  std::string text;
  formats::JsonWriter json(text);
  json.BeginObject().Key("slice_ms").Integer(kSlice.count()).Key("kinds").BeginObject();
  for (std::size_t kind = 0; kind < kinds_.size(); ++kind) {
    json.Key(requests_.kinds[kind]).BeginArray();
    for (const auto& [at, slice] : kinds_[kind]) {
      json.BeginObject().Key("slice").Integer(at).Key("statuses").BeginObject();
      for (const auto& [status, count] : slice.statuses) {
        json.Key(fmt::format("{}", status)).Integer(static_cast<std::int64_t>(count));
      }
      json.EndObject().Key("lost").Integer(static_cast<std::int64_t>(slice.lost));
      json.Key("wrong").Integer(static_cast<std::int64_t>(slice.wrong));
      json.Key("latencies_ns").BeginArray();
      slice.latencies.Visit([&json](std::chrono::nanoseconds longest, std::uint64_t count) {
        json.BeginArray().Integer(longest.count());
        json.Integer(static_cast<std::int64_t>(count)).EndArray();
      });
      json.EndArray().EndObject();
    }
    json.EndArray();
  }
  json.EndObject().Key("faults").BeginArray();
  for (const std::string& fault : faults_) json.String(fault);
  json.EndArray().EndObject();
  return text;
}

}  // namespace geoclimate::fault
