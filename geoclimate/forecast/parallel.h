#pragma once

#include <cstddef>
#include <functional>

namespace geoclimate::forecast {

// Calls task(0) .. task(count - 1), each once, on `threads` threads (1 at least), of which the
// caller's is one; returns when all are done. Tasks write only what is theirs and do not throw.
void ForEachTask(std::size_t count, int threads, const std::function<void(std::size_t)>& task);

}  // namespace geoclimate::forecast
