#pragma once

#include <cstddef>
#include <functional>

#include "geoclimate/base/result.h"

namespace geoclimate::blob {

// Calls `work` once for each number below `count`, on up to `threads` threads of its own, and
// returns when all have ended. After the first error, which is returned, no further one begins.
base::Result<void> ForEachPart(std::size_t count, std::size_t threads,
                               const std::function<base::Result<void>(std::size_t part)>& work);

}  // namespace geoclimate::blob
