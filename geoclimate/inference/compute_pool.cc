#include "geoclimate/inference/compute_pool.h"

#include <pthread.h>

#include <algorithm>
#include <string>

namespace geoclimate::inference {

ComputePool::ComputePool(int threads, const base::Clock& clock) : clock_(clock) {
  for (int i = 0; i < std::max(threads, 1); ++i) {
    threads_.emplace_back([this] { Run(); });
    ::pthread_setname_np(threads_.back().native_handle(), ("compute-" + std::to_string(i)).c_str());
  }
}

ComputePool::~ComputePool() {
  {
    const base::MutexLock lock(mutex_);
    stopped_ = true;
    posted_.NotifyAll();
  }
  for (std::thread& thread : threads_) thread.join();
}

void ComputePool::Post(Work& work, base::Instant due) {
  const base::MutexLock lock(mutex_);
  switch (work.state_) {
    case Work::State::kIdle:
      work.state_ = Work::State::kWaiting;
      break;
    case Work::State::kRunning:
      work.state_ = Work::State::kRunningAndWaiting;
      work.due_ = due;
      return;  // enters the queue when its run has ended
    case Work::State::kRunningAndWaiting:
      work.due_ = std::min(work.due_, due);
      return;
    case Work::State::kWaiting:
      if (due >= work.due_) return;
      waiting_.erase({work.due_, work.turn_, &work});
      break;
  }
  work.due_ = due;
  work.turn_ = ++turn_;
  waiting_.emplace(due, work.turn_, &work);
  posted_.NotifyOne();
}

void ComputePool::Withdraw(Work& work) {
  const base::MutexLock lock(mutex_);
  if (work.state_ == Work::State::kWaiting) {
    waiting_.erase({work.due_, work.turn_, &work});
    work.state_ = Work::State::kIdle;
  }
  while (work.state_ != Work::State::kIdle) {
    if (work.state_ == Work::State::kRunningAndWaiting) work.state_ = Work::State::kRunning;
    if (work.state_ == Work::State::kWaiting) {
      waiting_.erase({work.due_, work.turn_, &work});
      work.state_ = Work::State::kIdle;
      return;
    }
    ended_.WaitUntil(mutex_, base::Deadline::Never());
  }
}

ComputePool::Work* ComputePool::Next() {
  while (!stopped_) {
    if (waiting_.empty()) {
      posted_.WaitUntil(mutex_, base::Deadline::Never());
      continue;
    }
    const auto [due, turn, work] = *waiting_.begin();
    if (due > clock_.MonotonicNow()) {
      posted_.WaitUntil(mutex_, base::Deadline::At(due));
      continue;
    }
    waiting_.erase(waiting_.begin());
    work->state_ = Work::State::kRunning;
    return work;
  }
  return nullptr;
}

void ComputePool::Run() {
  mutex_.Lock();
  while (Work* const work = Next()) {
    mutex_.Unlock();
    work->Run();
    mutex_.Lock();
    if (work->state_ == Work::State::kRunningAndWaiting) {
      work->state_ = Work::State::kWaiting;
      work->turn_ = ++turn_;
      waiting_.emplace(work->due_, work->turn_, work);
      posted_.NotifyOne();
    } else {
      work->state_ = Work::State::kIdle;
    }
    ended_.NotifyAll();
  }
  mutex_.Unlock();
}

}  // namespace geoclimate::inference
