#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/result.h"
#include "geoclimate/blob/blob_store.h"
#include "geoclimate/fetch/fetch_cursor.h"
#include "geoclimate/fetch/value_keeper.h"

namespace geoclimate::fetch {

struct SpanWalkOptions {
  // How far back a source is fetched that has no cursor yet.
  std::chrono::hours first = std::chrono::days(3);
  // How much of what is complete is looked at again: values come late, and are corrected.
  std::chrono::hours revisit = std::chrono::hours(6);
  // A span goes to the last whole one before now.
  std::chrono::hours step = std::chrono::hours(1);
};

// Where a run begins and ends, and how far it has come. A run without a span given goes from the
// source's cursor to now; one with a span has a cursor of its own, which goes when it is done. Each
// goes on where it was when the one before it was ended.
//
// Not thread-safe. `blobs` must outlive it.
class SpanWalk {
 public:
  // Of the source ("airnow") for a scope (FetchCursor::scope).
  static base::Result<SpanWalk> Begin(const std::string& source, const std::string& scope,
                                      const std::optional<Span>& given,
                                      const SpanWalkOptions& options, base::Timestamp now,
                                      blob::BlobStore& blobs);

  // What is left; empty (from == to) when there is nothing to do.
  const Span& left() const { return left_; }
  // Everything before it is stored, by this run or an earlier one.
  base::Timestamp complete_to() const { return cursor_.complete_to; }

  // How far a piece that goes up to `to` has come in an earlier run; 0 when it was not begun.
  std::int64_t AfterWithin(base::Timestamp to) const;
  // The end of the piece that an earlier run has begun.
  std::optional<base::Timestamp> BegunPiece() const { return cursor_.span_to; }
  // Each durable when it returns success.
  base::Result<void> CameWithin(base::Timestamp to, std::int64_t after);
  base::Result<void> Completed(base::Timestamp to);

 private:
  SpanWalk(std::string name, blob::BlobStore& blobs) : name_(std::move(name)), blobs_(&blobs) {}

  std::string name_;
  blob::BlobStore* blobs_;
  FetchCursor cursor_;
  Span left_{};
  bool keeps_cursor_ = true;  // once it is done
};

}  // namespace geoclimate::fetch
