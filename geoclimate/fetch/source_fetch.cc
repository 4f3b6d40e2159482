#include "geoclimate/fetch/source_fetch.h"

namespace geoclimate::fetch {

FetchOutcome SourceFetch::Run(const std::optional<Span>& span) {
  FetchOutcome outcome;
  const auto done = RunAll(span, outcome.report);
  if (!done.ok()) outcome.failure = done.error();
  outcome.report.requests = tools_.client.requests();
  return outcome;
}

}  // namespace geoclimate::fetch
