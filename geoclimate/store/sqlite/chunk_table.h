#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "geoclimate/base/result.h"
#include "geoclimate/store/sqlite/session.h"
#include "geoclimate/store/version.h"

namespace geoclimate::store::sqlite {

// The table observation_chunks. Every function's kDataLoss names the database, series and period
// whose text is damaged.

// The versions of one period (period.h), in order; empty when there are none.
base::Result<std::vector<Version>> ReadChunk(Session& session, std::int64_t series,
                                             std::int64_t period);

// The same of all periods from `first` to `last`, which follow each other in time.
base::Result<std::vector<Version>> ReadChunks(Session& session, std::int64_t series,
                                              std::int64_t first, std::int64_t last);

// Replaces what was there. `versions` is not empty.
base::Result<void> WriteChunk(Session& session, std::int64_t series, std::int64_t period,
                              std::span<const Version> versions);

}  // namespace geoclimate::store::sqlite
