#include "geoclimate/service/scheduled_score.h"

#include <algorithm>
#include <cstring>
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
  if (served_.cache == nullptr) return SubmitJob();
  shared_generation_ = served_.cache->AsksShared(
      AnswerParts::kAllColumns, rows_, count_, served_.scheduler->cost().Of(count_), options_.now);
  return count_ == 1 ? Follow() : Begin();
}

base::Result<void> ScheduledScore::Begin() {
  return shared_generation_ ? AskShared() : SubmitJob();
}

void ScheduledScore::MakeLink() {
  if (link_ != nullptr) return;
  link_ = std::make_shared<Link>();
  const base::MutexLock lock(link_->mutex);
  link_->score = this;
}

ModelCache::SharedRows ScheduledScore::SharedRows() const {
  return {.generation = shared_generation_.value_or(0),
          .parts = AnswerParts::kAllColumns,
          .rows = rows_,
          .count = count_,
          .width = answers_.size() / count_,
          .looked_up = looked_up_.get()};
}

base::Result<void> ScheduledScore::AskShared() {
  MakeLink();
  // Whoever is told may destroy this: it is not touched afterwards.
  served_.cache->FindShared(
      SharedRows(), served_.scheduler->cost().Of(count_), options_.deadline,
      [link = link_](std::span<const std::string> values) { AnswerShared(*link, values); });
  return {};
}

// By the tier's thread, or while this is submitted.
void ScheduledScore::AnswerShared(Link& link, std::span<const std::string> values) {
  std::shared_ptr<inference::ModelScheduler> lands;  // the flight is its, should the caller give up
  std::optional<Flights::Flight> flight;
  base::Result<std::vector<float>> landing{std::vector<float>()};
  {
    const base::MutexLock lock(link.mutex);
    ScheduledScore* const score = link.score;
    if (score == nullptr) return;
    base::Result<void> result;
    if (values.empty()) {
      if (score->looked_up_ != nullptr) score->served_.cache->Restart(*score->looked_up_);
      result = score->SubmitJob();
      if (result.ok()) return;
      landing = result.error();
    } else {
      score->TakeShared(values);
      landing = score->answers_;
    }
    if (!score->flight_) return score->End(std::move(result));
    lands = score->served_.scheduler;
    flight.emplace(*std::move(score->flight_));
    score->flight_.reset();
  }
  // Without the lock, as this caller is among those who are told.
  flight->Land(landing);
}

void ScheduledScore::TakeShared(std::span<const std::string> values) {
  const std::size_t width = answers_.size() / count_;
  std::size_t next = 0;
  for (std::size_t i = 0; i < count_; ++i) {
    if (looked_up_ != nullptr && looked_up_->found[i]) continue;
    std::memcpy(answers_.data() + i * width, values[next++].data(), width * sizeof(float));
  }
  source_ = AnswerSource::kCached;
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
  MakeLink();
  Flights::Joined joined = served_.scheduler->flights().Join(
      BytesOf(rows_), [link = link_](const base::Result<std::vector<float>>& answer) {
        const base::MutexLock lock(link->mutex);
        if (link->score != nullptr) link->score->Landed(answer);
      });
  if (!joined.flight) return {};
  flight_.emplace(*std::move(joined.flight));
  base::Result<void> submitted = Begin();
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
  const bool leads = job_.has_value() || source_ == AnswerSource::kCached;
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
  if (!checked.ok() || source_ == AnswerSource::kCached) return checked;
  if (looked_up_ != nullptr) {
    served_.cache->Keep(*looked_up_, AnswerParts::kAllColumns, rows_, count_, options_.now,
                        answers_);
  }
  // Of one row that several callers waited for, by who computed it.
  if (shared_generation_ && job_) served_.cache->KeepShared(SharedRows(), answers_);
  return checked;
}

}  // namespace geoclimate::service
