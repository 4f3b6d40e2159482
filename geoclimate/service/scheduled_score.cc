#include "geoclimate/service/scheduled_score.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "geoclimate/inference/row_answers.h"

namespace geoclimate::service {
namespace {

using inference::AnswerParts;
using inference::ModelCache;
using Flights = inference::ModelScheduler::Flights;

std::string_view BytesOf(std::span<const float> row) {
  return {reinterpret_cast<const char*>(row.data()), row.size_bytes()};
}

// What says nothing of the row: another caller's deadline, or that it gave up.
bool ConcernsTheLeaderAlone(const base::Error& error) {
  return error.code() == base::ErrorCode::kDeadlineExceeded ||
         error.code() == base::ErrorCode::kInternal;
}

}  // namespace

ScheduledScore::ScheduledScore(const ServedModel& served, std::span<const float> rows,
                               std::size_t count, const Options& options)
    : served_(served),
      rows_(rows),
      count_(count),
      options_(options),
      answers_(count * inference::AnswerColumns(*served.model)) {}

ScheduledScore::~ScheduledScore() {
  if (link_ == nullptr) return;
  const base::MutexLock lock(link_->mutex);
  link_->score = nullptr;
}

base::Result<void> ScheduledScore::Submit(std::function<void()> scored) {
  scored_ = std::move(scored);
  if (FindInCache()) {
    End({});
    return {};
  }
  return served_.cache != nullptr && count_ == 1 ? Follow() : SubmitJob();
}

// All that a model says of a row is kept, whatever of it is asked for. Nothing of wider answers.
bool ScheduledScore::FindInCache() {
  if (served_.cache == nullptr || count_ > ModelCache::kMostRows) return false;
  looked_up_ = std::make_unique<ModelCache::Batch>();
  if (!served_.cache->Find(*looked_up_, AnswerParts::kAllColumns, rows_, count_, options_.now,
                           answers_)) {
    looked_up_.reset();
    return false;
  }
  if (looked_up_->hits < count_) return false;
  source_ = AnswerSource::kCached;
  return true;
}

base::Result<void> ScheduledScore::Follow() {
  link_ = std::make_shared<Link>();
  {
    const base::MutexLock lock(link_->mutex);
    link_->score = this;
  }
  Flights::Joined joined = served_.scheduler->flights().Join(
      BytesOf(rows_), [link = link_](const base::Result<std::vector<float>>& answer) {
        const base::MutexLock lock(link->mutex);
        if (link->score != nullptr) link->score->Landed(answer);
      });
  if (!joined.flight) return {};
  flight_.emplace(*std::move(joined.flight));
  base::Result<void> submitted = SubmitJob();
  if (submitted.ok()) return {};
  {
    // The error is this caller's answer; whoever has joined by now goes on alone.
    const base::MutexLock lock(link_->mutex);
    link_->score = nullptr;
  }
  flight_.reset();
  return submitted;
}

base::Result<void> ScheduledScore::SubmitJob() {
  job_.emplace(inference::ScoreRequest{.rows = rows_,
                                       .count = count_,
                                       .answers = answers_,
                                       .deadline = options_.deadline,
                                       .priority = options_.priority},
               [this](base::Result<void> result) { Land(std::move(result)); });
  return served_.scheduler->Submit(*job_);
}

// The job has ended.
void ScheduledScore::Land(base::Result<void> result) {
  if (!flight_) return End(std::move(result));
  Flights::Flight flight = *std::move(flight_);
  flight.Land(result.ok() ? base::Result<std::vector<float>>(answers_)
                          : base::Result<std::vector<float>>(result.error()));
}

// The flight has; of a leader and of those who follow. Under the link's lock.
void ScheduledScore::Landed(const base::Result<std::vector<float>>& answer) {
  if (answer.ok()) {
    std::ranges::copy(*answer, answers_.begin());
    return End({});
  }
  const bool leads = job_.has_value();
  if (leads || !ConcernsTheLeaderAlone(answer.error())) return End(answer.error());
  if (auto submitted = SubmitJob(); !submitted.ok()) End(std::move(submitted));
}

// The caller may destroy this as soon as it is told.
void ScheduledScore::End(base::Result<void> result) {
  result_ = std::move(result);
  const std::function<void()> scored = std::move(scored_);
  scored();
}

base::Result<void> ScheduledScore::Take(std::span<float> out, std::span<Interval> intervals) {
  if (result_.ok() && !HasIntervals(served_)) {
    std::ranges::copy(answers_, out.begin());
  } else if (result_.ok()) {
    constexpr std::size_t kColumns = inference::kP90Column + 1;
    for (std::size_t i = 0; i < out.size(); ++i) {
      const std::span<const float> row = std::span(answers_).subspan(i * kColumns, kColumns);
      out[i] = row[inference::kMeanColumn];
      if (intervals.empty()) continue;
      intervals[i] = {.p10 = row[inference::kP10Column], .p90 = row[inference::kP90Column]};
    }
  }
  base::Result<void> checked =
      CheckScored(served_, rows_, count_, options_.first_row, std::move(result_), out);
  if (checked.ok() && looked_up_ != nullptr && source_ == AnswerSource::kComputed) {
    served_.cache->Keep(*looked_up_, AnswerParts::kAllColumns, rows_, count_, options_.now,
                        answers_);
  }
  return checked;
}

}  // namespace geoclimate::service
