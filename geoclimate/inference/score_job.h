#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "geoclimate/base/deadline.h"
#include "geoclimate/base/result.h"
#include "geoclimate/resilience/concurrency_limit.h"

namespace geoclimate::inference {

class DynamicBatcher;

enum class Priority : std::uint8_t { kHigh, kNormal, kLow };
inline constexpr std::size_t kPriorities = 3;

// What a caller wants computed: rows of a model, or one piece of work that is done alone.
struct ScoreRequest {
  // `count` rows, row-major, and where their answers go, as the batcher's scoring function says.
  // Both stay the caller's.
  std::span<const float> rows = {};
  std::size_t count = 0;
  std::span<float> answers = {};
  // Instead of rows, for what cannot be joined with others: an explanation, a graph of tensors.
  std::function<base::Result<void>()> alone = {};

  // Work that it would pass before is refused; work that it passes while waiting is answered
  // kDeadlineExceeded and never computed.
  base::Deadline deadline = base::Deadline::Never();
  // Work of a higher priority is taken first, always: much of it keeps lower work waiting.
  Priority priority = Priority::kNormal;
};

// A ScoreRequest on its way through a DynamicBatcher. Its owner keeps it until it is answered;
// destroying it earlier withdraws it, and waits for the slice of it that is being computed.
//
// Not thread-safe but for what its batcher does. The batcher outlives it.
class ScoreJob {
 public:
  // Called once on a thread of the pool after Submit() has accepted the job, unless it is withdrawn
  // before. It neither throws nor destroys the job; another thread that was told by it may.
  using Answered = std::function<void(base::Result<void>)>;

  ScoreJob(ScoreRequest request, Answered answered);
  ~ScoreJob();
  ScoreJob(const ScoreJob&) = delete;
  ScoreJob& operator=(const ScoreJob&) = delete;

  const ScoreRequest& request() const { return request_; }
  // How long it waited for its first batch. Once it has been answered.
  std::chrono::nanoseconds waited() const { return waited_; }
  bool is_alone() const { return request_.alone != nullptr; }
  std::size_t count() const { return is_alone() ? 1 : request_.count; }

 private:
  friend class BatchQueue;
  friend class DynamicBatcher;
  friend class ModelScheduler;

  // kNew        not submitted, or refused
  // kAccepted   rows wait, or are computed, or both
  // kAnswering  answered_ is being called
  // kOver       answered or withdrawn
  enum class State : std::uint8_t { kNew, kAccepted, kAnswering, kOver };

  ScoreRequest request_;
  Answered answered_;
  DynamicBatcher* batcher_ = nullptr;
  resilience::ConcurrencyLimit* limit_ = nullptr;  // that it counts against, until it is answered

  // All of this under the batcher's lock.
  State state_ = State::kNew;
  bool withdrawn_ = false;
  bool in_batch_ = false;
  std::size_t taken_ = 0;   // rows that a batch has taken
  std::size_t scored_ = 0;  // rows that are done
  base::Instant submitted_;
  std::chrono::nanoseconds waited_{0};  // until its first batch
  base::Result<void> result_;
  // In the queue of its priority, while rows wait.
  ScoreJob* next_ = nullptr;
  ScoreJob* previous_ = nullptr;
};

}  // namespace geoclimate::inference
