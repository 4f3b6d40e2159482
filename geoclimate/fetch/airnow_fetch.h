#pragma once

#include <string>

#include "geoclimate/airquality/site.h"
#include "geoclimate/fetch/source_fetch.h"
#include "geoclimate/ingest/fetch/airnow_answer.h"

namespace geoclimate::fetch {

struct AirNowOptions {
  std::string base_url = "https://www.airnowapi.org";
  std::string key;  // from docs.airnowapi.org; never part of a message
  FetchBox box;
  // Of hours that one request asks for, 1 to 24. A whole country's hour is about 3 MB.
  int hours_per_request = 6;
  SpanWalkOptions span = {};

  base::Result<void> Validate() const;
};

// Hourly concentrations of AirNow's monitors (/aq/data/), and the days that they make. AirNow
// allows 500 requests an hour.
class AirNowFetch final : public SourceFetch {
 public:
  AirNowFetch(AirNowOptions options, const FetchTools& tools,
              const ingest::PlausibleRanges& plausible)
      : SourceFetch(tools), options_(std::move(options)), plausible_(plausible) {}

  // AirNow's own index at a place now: from the service of 2026, else from the one before it.
  base::Result<ingest::ReportedIndexes> Reports(const airquality::Coordinates& place);

 private:
  base::Result<void> RunAll(const std::optional<Span>& span, FetchReport& report) override;
  base::Result<ingest::FetchedValues> FetchHours(const Span& piece);

  const AirNowOptions options_;
  const ingest::PlausibleRanges plausible_;
};

}  // namespace geoclimate::fetch
