#include "apps/geoclimate/live_fetch.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "apps/geoclimate/source_fetches.h"
#include "geoclimate/base/day.h"
#include "geoclimate/base/log.h"
#include "geoclimate/fetch/fetch_turn.h"
#include "geoclimate/telemetry/trace_context.h"

namespace geoclimate::app {
namespace {

using std::chrono::seconds;

// How often it is looked whether a source's time has come.
constexpr std::chrono::milliseconds kLook{1000};
// After a run that failed, or while another process fetches.
constexpr seconds kSoon{60};

telemetry::Counter Outcomes(telemetry::MetricRegistry& metrics, std::string_view source,
                            std::string_view outcome) {
  return metrics.AddCounter("source_fetches_total", "Runs that asked a public service",
                            {{"source", source}, {"outcome", outcome}});
}

double SecondsOf(base::Timestamp time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

bool HasChanged(const fetch::FetchReport& report) {
  return report.values.observations_new + report.values.observations_replaced +
             report.days.observations_new + report.days.observations_replaced >
         0;
}

}  // namespace

base::Result<std::unique_ptr<LiveFetch>> LiveFetch::Start(const LiveFetchParts& parts) {
  std::unique_ptr<LiveFetch> live(new LiveFetch(parts));
  GC_ASSIGN_OR_RETURN(live->descriptions_, ingest::BuiltInSources());
  const SourcesSettings& sources = parts.settings.sources;
  if (sources.airnow.enabled) GC_RETURN_IF_ERROR(live->Add("airnow", sources.airnow.every));
  if (sources.openaq.enabled) GC_RETURN_IF_ERROR(live->Add("openaq", sources.openaq.every));
  if (sources.aqs.enabled) GC_RETURN_IF_ERROR(live->Add("aqs", sources.aqs.every));
  if (live->sources_.empty()) return std::unique_ptr<LiveFetch>();
  for (const auto& source : live->sources_) {
    source->watcher = std::make_unique<service::Watcher>(
        kLook, [raw = live.get(), one = source.get()] { raw->Look(*one); });
  }
  return live;
}

LiveFetch::~LiveFetch() {
  stop_.request_stop();
  for (const auto& source : sources_) source->watcher.reset();
}

base::Result<void> LiveFetch::Add(std::string_view name, std::chrono::minutes every) {
  auto source = std::make_unique<Source>();
  source->name = name;
  source->every = every;
  resilience::CircuitBreaker& breaker =
      parts_.breakers.Add(fmt::format("sources.{}", name), parts_.settings.resilience.sources);
  source->watch =
      std::make_unique<SourceWatch>(SourceWatch{parts_.metrics, breaker, stop_.get_token()});
  source->fetched = Outcomes(parts_.metrics, name, "fetched");
  source->failed = Outcomes(parts_.metrics, name, "failed");
  source->elsewhere = Outcomes(parts_.metrics, name, "elsewhere");
  source->last = parts_.metrics.AddGauge("source_last_fetched_timestamp_seconds",
                                         "When a process fetched all that was new from the source",
                                         {{"source", name}});
  // What is missing is told at the start, not an hour later.
  const auto open = OpenSourceFetch(name, std::nullopt,
                                    {parts_.settings, parts_.store, parts_.blobs, parts_.clock,
                                     descriptions_, source->watch.get()});
  if (!open.ok()) return open.error().WithContext(fmt::format("sources.{}", name));
  source->next_due = parts_.clock.Now() + Spread(*source);
  sources_.push_back(std::move(source));
  return {};
}

seconds LiveFetch::Spread(const Source& source) {
  constexpr seconds kMost{30};
  const base::MutexLock lock(mutex_);
  std::uniform_int_distribution<std::int64_t> spread(0, std::min(kMost, source.every / 10).count());
  return seconds(spread(random_));
}

void LiveFetch::Look(Source& source) {
  if (stop_.stop_requested() || parts_.clock.Now() < source.next_due) return;
  source.next_due = parts_.clock.Now() + Fetch(source) + Spread(source);
}

seconds LiveFetch::Fetch(Source& source) {
  const auto last = fetch::LastFetched(parts_.blobs, source.name);
  if (last.ok() && *last) {
    source.last.Set(SecondsOf(**last));
    const auto passed = std::chrono::floor<seconds>(parts_.clock.Now() - **last);
    // A clock that was ahead does not keep a source waiting for long.
    if (passed < source.every) return std::min(source.every, source.every - passed);
  }
  return Run(source);
}

seconds LiveFetch::Run(Source& source) {
  const auto log = [&source](base::LogLevel level, std::string_view what, std::string detail) {
    base::Log(level, "fetch", what,
              {{"source", std::string(source.name)}, {"detail", std::move(detail)}});
  };
  const seconds soon = std::min(kSoon, source.every);
  const auto turn = fetch::FetchTurn::Take(parts_.blobs, parts_.clock, source.name,
                                           blob::LeaseHolder("geoclimate serve"));
  if (!turn.ok()) {
    if (turn.error().code() == base::ErrorCode::kAborted) {
      source.elsewhere.Add();
      return soon;
    }
    source.failed.Add();
    log(base::LogLevel::kWarning, "cannot take the turn of a source", turn.error().ToString());
    return soon;
  }
  auto open = OpenSourceFetch(source.name, std::nullopt,
                              {parts_.settings, parts_.store, parts_.blobs, parts_.clock,
                               descriptions_, source.watch.get()});
  if (!open.ok()) {
    source.failed.Add();
    log(base::LogLevel::kWarning, "cannot fetch", open.error().ToString());
    return soon;
  }
  const fetch::FetchOutcome outcome = open->fetch->Run(std::nullopt);
  if (HasChanged(outcome.report)) NoteStored(source, outcome.report);
  if (stop_.stop_requested()) return soon;
  if (outcome.failure) {
    source.failed.Add();
    log(base::LogLevel::kWarning, "a fetch was not complete; the next goes on from there",
        outcome.failure->ToString());
    return soon;
  }
  if (const auto noted = turn->NoteFetched(); !noted.ok()) {
    log(base::LogLevel::kWarning, "cannot note a fetch", noted.error().ToString());
  }
  source.fetched.Add();
  source.last.Set(SecondsOf(parts_.clock.Now()));
  log(base::LogLevel::kInfo, "fetched",
      fmt::format("{} requests, {} rows, {} new", outcome.report.requests, outcome.report.rows,
                  outcome.report.values.observations_new));
  return source.every;
}

void LiveFetch::NoteStored(const Source& source, const fetch::FetchReport& report) const {
  access::AuditEntry entry;
  entry.actor = "geoclimate serve";
  entry.address = "local";
  entry.action = "observations.fetch";
  entry.subject = source.name;
  entry.to = StoredBy(report);
  entry.request_id = fmt::format("{:016x}", telemetry::RandomId());
  parts_.audit.Note(std::move(entry));
  parts_.on_stored();
}

}  // namespace geoclimate::app
