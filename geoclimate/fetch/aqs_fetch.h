#pragma once

#include <string>

#include "geoclimate/fetch/source_fetch.h"
#include "geoclimate/ingest/source_description.h"

namespace geoclimate::fetch {

struct AqsOptions {
  std::string base_url = "https://aqs.epa.gov/data/api";
  std::string email;  // of the account that the key belongs to
  std::string key;    // never part of a message
  FetchBox box;
  // AQS is certified months later, so much is looked at again.
  SpanWalkOptions span = {.first = std::chrono::days(400),
                          .revisit = std::chrono::days(120),
                          .step = std::chrono::days(1)};

  base::Result<void> Validate() const;
};

// Final daily values of AQS (dailyData/byBox), a month a request: what AirNow's provisional ones
// are replaced by. AQS allows ten requests a minute.
class AqsFetch final : public SourceFetch {
 public:
  // `airdata` (ingest::FindAirData) must outlive it.
  AqsFetch(AqsOptions options, const FetchTools& tools, const ingest::SourceDescription& airdata)
      : SourceFetch(tools), options_(std::move(options)), airdata_(airdata) {}

 private:
  base::Result<void> RunAll(const std::optional<Span>& span, FetchReport& report) override;
  base::Result<ingest::FetchedValues> FetchDays(const Span& piece, std::string_view parameters);

  const AqsOptions options_;
  const ingest::SourceDescription& airdata_;
};

}  // namespace geoclimate::fetch
