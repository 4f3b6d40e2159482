#include "geoclimate/blob/lease.h"

#include <utility>

#include <fmt/format.h>

#include "geoclimate/base/day.h"
#include "geoclimate/formats/json.h"

namespace geoclimate::blob {
namespace {

// What stands in the blob. `turn` counts the takers, so that no two leases have the same bytes.
struct State {
  std::string holder;
  std::uint64_t turn = 0;
  base::Timestamp until;
};

std::string Encode(const State& state) {
  std::string json;
  formats::JsonWriter(json)
      .BeginObject()
      .Key("holder")
      .String(state.holder)
      .Key("turn")
      .Integer(static_cast<std::int64_t>(state.turn))
      .Key("until")
      .String(base::FormatTimestamp(state.until))
      .EndObject();
  return json;
}

base::Result<State> Parse(std::string_view text) {
  GC_ASSIGN_OR_RETURN(const formats::Json json, formats::ParseJson(text));
  GC_ASSIGN_OR_RETURN(const std::string_view holder, json.StringAt("holder"));
  GC_ASSIGN_OR_RETURN(const std::int64_t turn, json.IntegerAt("turn"));
  GC_ASSIGN_OR_RETURN(const std::string_view until, json.StringAt("until"));
  GC_ASSIGN_OR_RETURN(const base::Timestamp time, base::ParseTimestamp(until));
  return State{
      .holder = std::string(holder), .turn = static_cast<std::uint64_t>(turn), .until = time};
}

// The turn of the holder before; kAborted while it goes on.
base::Result<std::uint64_t> FreeTurn(const Blob& blob, const std::string& key,
                                     base::Timestamp now) {
  const auto before = Parse(blob.bytes);
  if (!before.ok()) {
    return base::DataLoss(fmt::format("'{}': {}", key, before.error().message()));
  }
  if (before->until <= now) return before->turn;
  return base::Error(base::ErrorCode::kAborted,
                     fmt::format("{} holds '{}' until {}", before->holder, key,
                                 base::FormatTimestamp(before->until)));
}

}  // namespace

Lease::Lease(BlobStore& store, const base::Clock& clock, LeaseOptions options,
             std::string_view holder, std::uint64_t turn)
    : store_(&store), clock_(&clock), options_(std::move(options)), holder_(holder), turn_(turn) {}

Lease::Lease(Lease&& other) noexcept
    : store_(std::exchange(other.store_, nullptr)),
      clock_(other.clock_),
      options_(std::move(other.options_)),
      holder_(std::move(other.holder_)),
      turn_(other.turn_),
      version_(std::move(other.version_)) {}

Lease::~Lease() {
  if (store_ == nullptr) return;
  // Best effort: a lease that cannot be given back runs out.
  static_cast<void>(Write(base::Timestamp()).ok());
}

base::Result<Lease> Lease::Acquire(BlobStore& store, const base::Clock& clock, LeaseOptions options,
                                   std::string_view holder) {
  const std::string key = options.key;
  const auto blob = store.Get(key);
  if (!blob.ok() && blob.error().code() != base::ErrorCode::kNotFound) return blob.error();
  std::uint64_t turn = 0;
  if (blob.ok()) {
    GC_ASSIGN_OR_RETURN(turn, FreeTurn(*blob, key, clock.Now()));
  }
  // The blob keeps whole seconds.
  const base::Timestamp until =
      std::chrono::floor<std::chrono::seconds>(clock.Now()) + options.time;
  const std::string bytes =
      Encode({.holder = std::string(holder), .turn = turn + 1, .until = until});
  auto version =
      blob.ok() ? store.PutIfMatch(key, bytes, blob->version) : store.PutIfAbsent(key, bytes);
  if (version.ok()) {
    Lease lease(store, clock, std::move(options), holder, turn + 1);
    lease.version_ = *std::move(version);
    return lease;
  }
  if (version.error().code() == base::ErrorCode::kAlreadyExists ||
      version.error().code() == base::ErrorCode::kAborted) {
    return base::Error(base::ErrorCode::kAborted,
                       fmt::format("another process took '{}' just now", key));
  }
  return version.error();
}

base::Result<void> Lease::Renew() {
  return Write(std::chrono::floor<std::chrono::seconds>(clock_->Now()) + options_.time);
}

base::Result<void> Lease::Write(base::Timestamp until) {
  GC_ASSIGN_OR_RETURN(
      version_,
      store_->PutIfMatch(options_.key, Encode({.holder = holder_, .turn = turn_, .until = until}),
                         version_));
  return {};
}

}  // namespace geoclimate::blob
