#include "geoclimate/load/load_run.h"

#include <fmt/format.h>
#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <deque>
#include <memory>
#include <utility>

#include "geoclimate/base/check.h"
#include "geoclimate/base/clock.h"
#include "geoclimate/load/http_client.h"

namespace geoclimate::load {
namespace {

using base::Instant;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

// How long a connection that was refused or broken waits before it is made again.
constexpr milliseconds kRetry{10};
// How often it is looked whether the load is to stop.
constexpr milliseconds kStopLook{100};

// A place from which one request after the other is sent, on one connection after the other.
struct Caller {
  std::unique_ptr<HttpClient> client;  // null while it waits to be made again
  Instant due;                         // of the request under way
  std::size_t request = 0;             // its index
  Instant retry_at;
};

class Run {
 public:
  Run(const LoadOptions& options, base::Descriptor epoll)
      : options_(options),
        epoll_(std::move(epoll)),
        callers_(static_cast<std::size_t>(options.connections)),
        begin_(Now()),
        measured_from_(begin_ + options.warm_up),
        end_(measured_from_ + options.duration) {
    if (options.rate) {
      arrivals_.emplace(options.pattern, *options.rate, options.seed);
      next_due_ = begin_ + arrivals_->Next();
    }
  }

  base::Result<LoadReport> Go() {
    for (std::size_t i = 0; i < callers_.size(); ++i) Connect(i);
    std::optional<ProcessUsage> before;
    bool measuring = false;
    while (true) {
      const Instant now = Now();
      if (!measuring && now >= measured_from_) {
        GC_ASSIGN_OR_RETURN(before, Usage());
        measuring = true;
      }
      if (options_.stop.stop_requested()) end_ = std::min(end_, now);
      if (now >= end_) break;
      Step(now, options_.stop.stop_possible() ? std::min(end_, now + kStopLook) : end_);
    }
    GC_ASSIGN_OR_RETURN(const std::optional<ProcessUsage> after, Usage());
    if (after && before) {
      report_.used = {.cpu_seconds = after->cpu_seconds - before->cpu_seconds,
                      .resident_bytes = after->resident_bytes};
    }
    report_.seconds = std::max(0.0, std::chrono::duration<double>(end_ - measured_from_).count());
    WaitForAnswers();
    return std::move(report_);
  }

 private:
  static Instant Now() { return std::chrono::steady_clock::now(); }

  base::Result<std::optional<ProcessUsage>> Usage() const {
    std::optional<ProcessUsage> usage;
    if (options_.server_process) {
      GC_ASSIGN_OR_RETURN(usage, ReadProcessUsage(*options_.server_process));
    }
    return usage;
  }

  void Connect(std::size_t at) {
    Caller& caller = callers_[at];
    caller.client = std::make_unique<HttpClient>(options_.server);
    epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLET, .data = {.u64 = at}};
    const int added = ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, caller.client->socket(), &event);
    if (added != 0 || caller.client->state() == HttpClient::State::kEnded) {
      GiveUp(at);
    } else {
      idle_.push_back(at);
    }
  }

  void GiveUp(std::size_t at) {
    callers_[at].client = nullptr;
    callers_[at].retry_at = Now() + kRetry;
    retrying_.push_back(at);
  }

  // One round: what is due is sent, what came is taken, and otherwise it waits; not past `until`.
  void Step(Instant now, Instant until) {
    while (!retrying_.empty() && callers_[retrying_.front()].retry_at <= now) {
      const std::size_t at = retrying_.front();
      retrying_.pop_front();
      Connect(at);
    }
    while (next_due_ && *next_due_ <= now && *next_due_ < end_) {
      waiting_.push_back(*next_due_);
      next_due_ = begin_ + arrivals_->Next();
    }
    SendWhatIsDue(now);
    Instant wake = until;
    if (next_due_) wake = std::min(wake, *next_due_);
    if (!retrying_.empty()) wake = std::min(wake, callers_[retrying_.front()].retry_at);
    if (!asked_.empty()) wake = std::min(wake, callers_[asked_.front().at].due + options_.patience);
    Wait(std::max(nanoseconds(0), std::chrono::duration_cast<nanoseconds>(wake - Now())));
    DropTheImpatient();
  }

  void SendWhatIsDue(Instant now) {
    const bool closed_loop = !options_.rate && now < end_;
    // A connection that is answered at once waits for the next round, so that all have their turn.
    for (std::size_t turns = idle_.size(); turns > 0 && (closed_loop || !waiting_.empty());
         --turns) {
      const std::size_t at = idle_.front();
      idle_.pop_front();
      Caller& caller = callers_[at];
      // It may have ended while it was idle.
      if (caller.client == nullptr || caller.client->state() != HttpClient::State::kIdle) continue;
      if (closed_loop) {
        caller.due = Now();
      } else {
        caller.due = waiting_.front();
        waiting_.pop_front();
      }
      caller.request = sent_++ % options_.requests.size();
      caller.client->Send(options_.requests[caller.request]);
      asked_.push_back({at, caller.client.get(), caller.due});
      Advance(at);
    }
  }

  void Advance(std::size_t at) {
    Caller& caller = callers_[at];
    if (caller.client == nullptr) return;
    const bool was_asked = caller.client->state() == HttpClient::State::kWaiting;
    const bool answered = caller.client->Continue();
    if (answered) {
      Count(caller);
    } else if (was_asked && caller.client->state() == HttpClient::State::kEnded) {
      if (IsMeasured(caller.due)) ++report_.broken;
      ShowLost(caller);
    }
    if (caller.client->state() == HttpClient::State::kEnded) {
      answered ? Connect(at) : GiveUp(at);
    } else if (answered) {
      idle_.push_back(at);
    }
  }

  void Count(const Caller& caller) {
    const Instant now = Now();
    const int status = caller.client->status();
    const std::string& body = caller.client->body();
    if (options_.on_exchange) {
      options_.on_exchange({.request = caller.request,
                            .due = caller.due,
                            .ended = now,
                            .status = status,
                            .body = body});
    }
    if (!IsMeasured(caller.due)) return;
    ++report_.by_status[status];
    report_.body_bytes += body.size();
    if (status / 100 == 2) report_.latencies.Add(now - caller.due);
  }

  void ShowLost(const Caller& caller) const {
    if (!options_.on_exchange) return;
    options_.on_exchange(
        {.request = caller.request, .due = caller.due, .ended = Now(), .status = 0, .body = {}});
  }

  bool IsMeasured(Instant due) const { return due >= measured_from_ && due < end_; }

  void Wait(nanoseconds longest) {
    std::array<epoll_event, 256> events;
    const timespec limit{.tv_sec = longest.count() / 1'000'000'000,
                         .tv_nsec = longest.count() % 1'000'000'000};
    const int count = ::epoll_pwait2(epoll_.get(), events.data(), static_cast<int>(events.size()),
                                     &limit, nullptr);
    for (int i = 0; i < count; ++i) {
      Advance(static_cast<std::size_t>(events[static_cast<std::size_t>(i)].data.u64));
    }
  }

  void DropTheImpatient() {
    const Instant now = Now();
    while (!asked_.empty()) {
      const Asked& oldest = asked_.front();
      const Caller& caller = callers_[oldest.at];
      const bool under_way = caller.client.get() == oldest.client && caller.due == oldest.due &&
                             caller.client->state() == HttpClient::State::kWaiting;
      if (under_way && now < oldest.due + options_.patience) return;
      if (under_way) {
        if (IsMeasured(oldest.due)) ++report_.unanswered;
        ShowLost(caller);
        GiveUp(oldest.at);
      }
      asked_.pop_front();
    }
  }

  // Those that were due in time are waited for: else the slowest would be left out.
  void WaitForAnswers() {
    const Instant until = Now() + options_.patience;
    next_due_.reset();
    while (Now() < until && (!waiting_.empty() || IsAnyUnderWay())) Step(Now(), until);
    for (const Instant due : waiting_) report_.unanswered += IsMeasured(due) ? 1 : 0;
    for (const Caller& caller : callers_) {
      if (caller.client == nullptr || caller.client->state() != HttpClient::State::kWaiting) {
        continue;
      }
      if (IsMeasured(caller.due)) ++report_.unanswered;
      ShowLost(caller);
    }
  }

  bool IsAnyUnderWay() const {
    return std::ranges::any_of(callers_, [](const Caller& caller) {
      return caller.client != nullptr && caller.client->state() == HttpClient::State::kWaiting;
    });
  }

  struct Asked {
    std::size_t at;
    const HttpClient* client;
    Instant due;
  };

  const LoadOptions& options_;
  const base::Descriptor epoll_;
  std::vector<Caller> callers_;
  std::deque<std::size_t> idle_;      // may hold callers that are idle no more
  std::deque<std::size_t> retrying_;  // in the order of their retry_at
  std::deque<Asked> asked_;           // in the order of sending; may hold ones that are answered
  std::deque<Instant> waiting_;       // due, and no connection was free
  const Instant begin_;
  const Instant measured_from_;
  Instant end_;
  std::optional<Arrivals> arrivals_;
  std::optional<Instant> next_due_;
  std::size_t sent_ = 0;
  LoadReport report_;
};

}  // namespace

base::Result<void> LoadOptions::Validate() const {
  if (requests.empty()) return base::InvalidArgument("there is no request to send");
  if (connections < 1 || connections > 10'000) {
    return base::InvalidArgument(fmt::format("{} connections, expected 1 to 10000", connections));
  }
  if (rate && !(*rate > 0 && *rate <= 1e6)) {
    return base::InvalidArgument(
        fmt::format("a rate of {} a second, expected above 0 and at most a million", *rate));
  }
  if (duration <= milliseconds(0) || warm_up < milliseconds(0) || patience <= milliseconds(0)) {
    return base::InvalidArgument("duration and patience must be above 0, warm-up not below");
  }
  return {};
}

double LoadReport::succeeded_per_second() const {
  return static_cast<double>(succeeded()) / seconds;
}

base::Result<LoadReport> RunLoad(const LoadOptions& options) {
  GC_RETURN_IF_ERROR(options.Validate());
  // Better told at once than after a whole run.
  GC_RETURN_IF_ERROR(Fetch(options.server, options.requests.front(), options.patience));
  base::Descriptor epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll.is_open()) return base::Unavailable(fmt::format("epoll: error {}", errno));
  return Run(options, std::move(epoll)).Go();
}

}  // namespace geoclimate::load
