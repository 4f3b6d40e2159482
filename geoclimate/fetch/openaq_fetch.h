#pragma once

#include <string>
#include <vector>

#include "geoclimate/fetch/source_fetch.h"
#include "geoclimate/ingest/fetch/openaq_answer.h"

namespace geoclimate::fetch {

struct OpenAqOptions {
  std::string base_url = "https://api.openaq.org";
  std::string key;  // from explore.openaq.org; sent as X-API-Key, never part of a message
  FetchBox box;
  // Locations of these providers are left out: AirNow's own service has them by their AQS number.
  std::vector<std::string> skip_providers = {"AirNow"};
  // Results of a page, 1 to 1000.
  int page_size = 1000;
  // Days that one piece of a long span covers: what is begun anew when a run is ended.
  int days_per_piece = 30;
  SpanWalkOptions span = {.first = std::chrono::days(3), .revisit = std::chrono::hours(24)};

  base::Result<void> Validate() const;
};

// Hourly means of OpenAQ's sensors (/v3/sensors/{id}/hours), and the days that they make. OpenAQ
// allows 60 requests a minute and 2000 an hour. After each sensor the cursor moves on.
class OpenAqFetch final : public SourceFetch {
 public:
  OpenAqFetch(OpenAqOptions options, const FetchTools& tools,
              const ingest::PlausibleRanges& plausible)
      : SourceFetch(tools), options_(std::move(options)), plausible_(plausible) {}

 private:
  // A sensor and where it stands.
  struct Target {
    const airquality::Site* site;
    ingest::OpenAqSensor sensor;
  };

  base::Result<void> RunAll(const std::optional<Span>& span, FetchReport& report) override;
  base::Result<void> RunPiece(const Span& piece, ValueKeeper& keeper, SpanWalk& walk,
                              FetchReport& report);
  base::Result<std::vector<ingest::OpenAqLocation>> FetchLocations();
  std::vector<Target> Targets(const std::vector<ingest::OpenAqLocation>& locations,
                              base::Timestamp from) const;
  base::Result<ingest::FetchedValues> FetchSensor(const Target& target, const Span& piece);

  const OpenAqOptions options_;
  const ingest::PlausibleRanges plausible_;
};

}  // namespace geoclimate::fetch
