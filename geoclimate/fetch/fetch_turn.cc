#include "geoclimate/fetch/fetch_turn.h"

#include <utility>

#include <fmt/format.h>

#include "geoclimate/base/day.h"
#include "geoclimate/formats/json.h"

namespace geoclimate::fetch {
namespace {

constexpr std::chrono::milliseconds kPoll{500};

std::string LeaseKey(std::string_view source) {
  return fmt::format("fetch/{}.lease.json", source);
}

// Empty when nobody ever held it.
base::Result<std::string> LeaseVersion(const blob::BlobStore& blobs, std::string_view source) {
  auto blob = blobs.Get(LeaseKey(source));
  if (blob.ok()) return std::move(blob->version);
  if (blob.error().code() == base::ErrorCode::kNotFound) return std::string();
  return blob.error();
}

std::string LastKey(std::string_view source) {
  return fmt::format("fetch/{}.last.json", source);
}

}  // namespace

base::Result<FetchTurn> FetchTurn::Take(blob::BlobStore& blobs, const base::Clock& clock,
                                        std::string_view source, std::string_view holder) {
  auto lease =
      blob::KeptLease::Acquire(blobs, clock, {.key = LeaseKey(source), .time = kLease}, holder);
  if (lease.ok()) return FetchTurn(blobs, clock, source, *std::move(lease));
  if (lease.error().code() != base::ErrorCode::kAborted) return lease.error();
  return base::Error(
      base::ErrorCode::kAborted,
      fmt::format("another run of {} is under way: {}. Its values come into the same "
                  "database; run this again when it has ended",
                  source, lease.error().message()));
}

base::Result<void> FetchTurn::NoteFetched() const {
  std::string text;
  formats::JsonWriter(text)
      .BeginObject()
      .Key("fetched_at")
      .String(base::FormatTimestamp(clock_->Now()))
      .EndObject();
  const auto put = blobs_->Put(LastKey(source_), text);
  if (!put.ok()) return put.error();
  return {};
}

base::Result<FetchTurn> FetchTurn::Await(blob::BlobStore& blobs, const base::Clock& clock,
                                         std::string_view source, std::string_view holder,
                                         resilience::Sleeper& sleeper) {
  GC_ASSIGN_OR_RETURN(const std::string seen, LeaseVersion(blobs, source));
  while (true) {
    auto turn = Take(blobs, clock, source, holder);
    if (turn.ok() || turn.error().code() != base::ErrorCode::kAborted) return turn;
    GC_ASSIGN_OR_RETURN(const std::string now, LeaseVersion(blobs, source));
    if (now != seen) return turn;
    if (!sleeper.Sleep(kPoll)) {
      return base::Error(base::ErrorCode::kCancelled, "stopped while waiting for a turn");
    }
  }
}

base::Result<std::optional<base::Timestamp>> LastFetched(const blob::BlobStore& blobs,
                                                         std::string_view source) {
  const auto blob = blobs.Get(LastKey(source));
  if (!blob.ok()) {
    if (blob.error().code() == base::ErrorCode::kNotFound) return std::optional<base::Timestamp>();
    return blob.error();
  }
  const auto document = formats::ParseJson(blob->bytes);
  if (!document.ok()) return document.error().WithContext(LastKey(source));
  GC_ASSIGN_OR_RETURN(const std::string_view text, document->StringAt("fetched_at"));
  GC_ASSIGN_OR_RETURN(const base::Timestamp at, base::ParseTimestamp(text));
  return std::optional(at);
}

}  // namespace geoclimate::fetch
