#include "geoclimate/access/address_limits.h"

#include <algorithm>
#include <iterator>
#include <string>

#include <fmt/format.h>

#include "geoclimate/formats/digest.h"

namespace geoclimate::access {
namespace {

Address NetworkOf(Address address) {
  constexpr std::ptrdiff_t kNetworkBytes = 8;
  if (!address.is_ipv4()) {
    std::fill(address.bytes.begin() + kNetworkBytes, address.bytes.end(), std::uint8_t{0});
  }
  return address;
}

// Of the bytes, in hexadecimal digits.
std::string KeyOf(const Address& network) {
  std::string key = "geoclimate:rate:address:";
  for (const std::uint8_t byte : network.bytes)
    fmt::format_to(std::back_inserter(key), "{:02x}", byte);
  return key;
}

}  // namespace

AddressLimits::AddressLimits(const RateLimitOptions& options, const base::Clock& clock)
    : options_(options),
      bucket_(options.BucketOf(0)),
      clock_(clock),
      most_a_shard_(std::max<std::size_t>(1, options.max_addresses / kShards)) {}

std::size_t AddressLimits::Hash::operator()(const Address& address) const {
  return formats::Xxh3({reinterpret_cast<const char*>(address.bytes.data()), address.bytes.size()});
}

// The ones whose bucket is full say nothing that a new one would not; else the one that has been
// quiet for longest goes.
void AddressLimits::MakeRoom(Shard& shard) const {
  std::erase_if(shard.entries, [this](const auto& entry) {
    return entry.second.bucket->available() >= options_.burst;
  });
  if (shard.entries.size() < most_a_shard_) return;
  const auto quiet =
      std::min_element(shard.entries.begin(), shard.entries.end(),
                       [](const auto& a, const auto& b) { return a.second.last < b.second.last; });
  shard.entries.erase(quiet);
}

AddressLimits::Taken AddressLimits::Take(const Address& address) {
  const Address network = NetworkOf(address);
  // The table uses the low bits.
  Shard& shard = shards_[(Hash()(network) >> 32U) % kShards];
  const base::MutexLock lock(shard.mutex);
  auto found = shard.entries.find(network);
  if (found == shard.entries.end()) {
    if (shard.entries.size() >= most_a_shard_) MakeRoom(shard);
    found = shard.entries
                .emplace(network, Entry{.bucket = std::make_shared<LeasedBucket>(
                                            KeyOf(network), bucket_, options_.leases, clock_),
                                        .last = {}})
                .first;
  }
  Entry& entry = found->second;
  entry.last = clock_.MonotonicNow();
  const bool admitted = entry.bucket->TryTake();
  return {admitted, entry.bucket->standing(options_.requests_per_minute)};
}

std::size_t AddressLimits::size() const {
  std::size_t size = 0;
  for (const Shard& shard : shards_) {
    const base::MutexLock lock(shard.mutex);
    size += shard.entries.size();
  }
  return size;
}

}  // namespace geoclimate::access
