#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <vector>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/result.h"
#include "geoclimate/inference/score_job.h"

namespace geoclimate::inference {

struct BatchOptions {
  // Rows of a batch. Larger is cheaper a row, until the engine's best size; smaller lets others in
  // sooner.
  std::size_t max_rows = 256;
  // Sizes that the engine likes, ascending: with fewer rows than max_rows waiting, a batch takes
  // the largest of them that it can fill, else all that is there.
  std::vector<std::size_t> preferred_rows = {};
  // How long the first row of a batch waits for company, when the batcher is idle. Zero, the
  // default, takes what is there: while one batch is computed the next one gathers.
  std::chrono::microseconds max_delay{0};

  base::Result<void> Validate() const;
};

// Rows of a job that are computed together with others.
struct BatchSlice {
  ScoreJob* job = nullptr;
  std::size_t first = 0;
  std::size_t count = 0;
};

// The rows that wait for one batcher, by priority and then in the order in which they came. A job
// that is longer than a batch goes behind the others of its priority after each batch, so that it
// delays a short one by a batch only.
//
// Not thread-safe; its jobs are changed only under the lock of their batcher.
class BatchQueue {
 public:
  explicit BatchQueue(BatchOptions options) : options_(std::move(options)) {}

  bool empty() const { return rows_ == 0; }
  std::size_t rows() const { return rows_; }
  // Rows that are computed before a new job of that priority has its first turn.
  std::size_t RowsAhead(Priority priority) const;

  void Push(ScoreJob& job);
  // Of a job with rows that wait; of any other nothing happens.
  void Remove(ScoreJob& job);

  // When the next batch may leave: at once when the largest or a preferred size is reached, else
  // max_delay after the oldest job came. Instant::max() when empty.
  base::Instant ReadyAt() const;
  // Moves the rows of the next batch to `batch`, and jobs whose deadline has passed to `expired`. A
  // job that is to be done alone has a batch for itself.
  void Take(base::Instant now, std::vector<BatchSlice>& batch, std::vector<ScoreJob*>& expired);

 private:
  struct Level {
    ScoreJob* first = nullptr;
    ScoreJob* last = nullptr;
    std::size_t first_turn_rows = 0;  // of all jobs, each for one batch
  };

  std::size_t FirstTurnRows(const ScoreJob& job) const;
  Level& LevelOf(const ScoreJob& job);
  void Append(ScoreJob& job);
  void Unlink(ScoreJob& job);
  std::size_t BatchRows() const;

  BatchOptions options_;
  std::array<Level, kPriorities> levels_;
  std::size_t rows_ = 0;
};

}  // namespace geoclimate::inference
