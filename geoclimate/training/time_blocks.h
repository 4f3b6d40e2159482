#pragma once

#include <span>

#include "geoclimate/base/day.h"
#include "geoclimate/base/result.h"
#include "geoclimate/training/training_options.h"

namespace geoclimate::training {

// Rows [begin, end).
struct RowRange {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t size() const { return end - begin; }
};

// Three blocks in the order of time. No day is an issue day of two blocks, and every row's valid
// day lies before the first issue day of the blocks after its own: rows between (issued before the
// boundary, measured after it) belong to none.
struct TimeBlocks {
  RowRange fit;
  RowRange calibrate;
  RowRange evaluate;
};

// `issue_days` ascend. kFailedPrecondition, naming the block and the counts, when one would have
// fewer than options.min_rows rows.
base::Result<TimeBlocks> SplitIntoBlocks(std::span<const base::LocalDay> issue_days,
                                         int horizon_days, const BlockOptions& options);

}  // namespace geoclimate::training
