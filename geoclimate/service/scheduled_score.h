#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "geoclimate/base/deadline.h"
#include "geoclimate/base/mutex.h"
#include "geoclimate/base/result.h"
#include "geoclimate/inference/score_job.h"
#include "geoclimate/service/cached_prediction.h"
#include "geoclimate/service/prediction.h"
#include "geoclimate/service/served_models.h"

namespace geoclimate::service {

// Rows of one request that the model's scheduler scores on other threads, for callers of a model
// that does not ScoresInline() them:
//
//   score.emplace(served, rows, count, options);
//   GC_RETURN_IF_ERROR(score->Submit([&] { Wake(); }));
//   ... once woken ...
//   GC_RETURN_IF_ERROR(score->Take(out, intervals));
//
// Of a model with a cache, up to ModelCache::kMostRows rows that were all asked before are answered
// from it, and one row that another caller waits for is scored once for both: who follows has the
// leader's answer, or goes on alone when the leader gives up or is too late. Rows that memory does
// not have are asked of the tier that processes share first, where that is worth it; what is not
// there within its time-out is scored.
//
// `served` with its scheduler and `rows` outlive it. Destroying it withdraws what is not scored.
class ScheduledScore {
 public:
  struct Options {
    std::size_t first_row = 0;  // its number in the caller's body, for messages
    base::Deadline deadline = base::Deadline::Never();
    inference::Priority priority = inference::Priority::kNormal;
    base::Instant now = {};  // of the monotonic clock, for the cache
  };

  ScheduledScore(const ServedModel& served, std::span<const float> rows, std::size_t count,
                 const Options& options);
  ~ScheduledScore();
  ScheduledScore(const ScheduledScore&) = delete;
  ScheduledScore& operator=(const ScheduledScore&) = delete;

  // `scored` is called once, on another thread or before this returns, unless an error is returned
  // or this is destroyed before. Errors: ModelScheduler::Submit's.
  base::Result<void> Submit(std::function<void()> scored);

  // After `scored`: the answers as Score() gives them (`intervals` empty) or ScoreWithIntervals().
  // Errors: theirs, and kDeadlineExceeded.
  base::Result<void> Take(std::span<float> out, std::span<Interval> intervals);

  // After `scored`: rows that were not computed.
  std::size_t cached_rows() const { return source_ == AnswerSource::kCached ? count_ : 0; }

 private:
  // Through which the callbacks of a shared row reach it, while it lives.
  struct Link {
    base::Mutex mutex;
    ScheduledScore* score GUARDED_BY(mutex) = nullptr;
  };

  bool FindInCache();
  base::Result<void> Follow();
  // Scores, or asks the shared tier before.
  base::Result<void> Begin();
  base::Result<void> AskShared();
  static void AnswerShared(Link& link, std::span<const std::string> values);
  void TakeShared(std::span<const std::string> values);
  void MakeLink();
  inference::ModelCache::SharedRows SharedRows() const;
  base::Result<void> SubmitJob();
  void Land(base::Result<void> result);
  void Landed(const base::Result<std::vector<float>>& answer);
  void End(base::Result<void> result);

  const ServedModel& served_;
  const std::span<const float> rows_;
  const std::size_t count_;
  const Options options_;
  std::vector<float> answers_;
  base::Result<void> result_;
  AnswerSource source_ = AnswerSource::kComputed;
  std::function<void()> scored_;
  std::shared_ptr<Link> link_;
  std::unique_ptr<inference::ModelCache::Batch> looked_up_;
  std::optional<std::uint64_t> shared_generation_;  // the shared tier is asked, and told
  std::optional<inference::ModelScheduler::Flights::Flight> flight_;  // of a leader
  std::optional<inference::ScoreJob> job_;                            // first to go
};

}  // namespace geoclimate::service
