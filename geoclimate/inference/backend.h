#pragma once

#include <cstddef>
#include <span>

#include "geoclimate/base/result.h"

namespace geoclimate::inference {

// Something that scores rows of numbers: a tree ensemble or a network.
//
// Thread-safe: const calls may run at the same time on any number of threads. A call neither
// allocates in the steady state nor waits for another. The same row gives the same bits alone and
// in any batch.
class Backend {
 public:
  virtual ~Backend() = default;

  // Columns of a row and of its answer.
  virtual std::size_t features() const = 0;
  virtual std::size_t outputs() const = 0;

  // Scores `count` rows. `rows` is count x features(), row-major, NaN where a value is missing;
  // `out` is count x outputs() and fully written on success. Spans of another size are a bug.
  // kInternal when the library underneath fails; the tree engine never does.
  virtual base::Result<void> Predict(std::span<const float> rows, std::size_t count,
                                     std::span<float> out) const = 0;
};

}  // namespace geoclimate::inference
