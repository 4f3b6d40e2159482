#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/result.h"
#include "geoclimate/blob/blob_store.h"

namespace geoclimate::fetch {

// How far a source has been fetched.
struct FetchCursor {
  // What was asked for, as text: place and pollutants. A cursor of another scope says nothing.
  std::string scope;
  // Everything before it is stored, days derived.
  base::Timestamp complete_to;
  // A span that was begun behind it: up to where it goes, and the number of the last thing of it (a
  // sensor) that is stored. Nothing between spans.
  std::optional<base::Timestamp> span_to;
  std::int64_t span_after = 0;
  friend bool operator==(const FetchCursor&, const FetchCursor&) = default;
};

// Cursors lie in the blob store, one a source, where every process of an installation finds them:
// "fetch/airnow.json". Nothing when there is none, or only one of another scope; kDataLoss naming
// the blob when it is damaged.
base::Result<std::optional<FetchCursor>> LoadCursor(const blob::BlobStore& blobs,
                                                    std::string_view source,
                                                    std::string_view scope);
// Durable when it returns success.
base::Result<void> SaveCursor(blob::BlobStore& blobs, std::string_view source,
                              const FetchCursor& cursor);

base::Result<void> ForgetCursor(blob::BlobStore& blobs, std::string_view source);

}  // namespace geoclimate::fetch
