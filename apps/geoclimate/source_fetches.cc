#include "apps/geoclimate/source_fetches.h"

#include <utility>

#include <fmt/format.h>

#include "geoclimate/fetch/aqs_fetch.h"
#include "geoclimate/fetch/openaq_fetch.h"
#include "geoclimate/ingest/fetch/aqs_answer.h"

namespace geoclimate::app {
namespace {

// A source as people, files and the environment call it.
struct SourceName {
  std::string_view shown;
  std::string_view slug;
  const char* variable;
};
constexpr SourceName kAirNow = {"AirNow", "airnow", "AIRNOW_API_KEY"};
constexpr SourceName kOpenAq = {"OpenAQ", "openaq", "OPENAQ_API_KEY"};
constexpr SourceName kAqs = {"AQS", "aqs", "AQS_API_KEY"};

base::Result<fetch::FetchBox> BoxOf(const SourceName& name, const std::optional<std::string>& given,
                                    const std::string& setting) {
  const std::string& text = given ? *given : setting;
  if (text.empty()) {
    return base::InvalidArgument(fmt::format("set sources.{}.bbox or give --bbox", name.slug));
  }
  return fetch::FetchBox::Parse(text);
}

// Reads the options and the key of a source and makes its fetch of them and the tools.
template <typename Fetch, typename Options, typename Make>
base::Result<OpenFetch<Fetch>> Open(const SourceName& name, const SourceSettings<Options>& source,
                                    const std::optional<std::string>& box,
                                    const FetchSurroundings& around, const Make& make) {
  Options options = source.fetch;
  GC_ASSIGN_OR_RETURN(options.box, BoxOf(name, box, source.bbox));
  GC_ASSIGN_OR_RETURN(options.key, ReadSourceKey(source.key_file, name.variable,
                                                 fmt::format("sources.{}.key_file", name.slug)));
  GC_RETURN_IF_ERROR(options.Validate());
  OpenFetch<Fetch> open;
  GC_ASSIGN_OR_RETURN(
      open.service, SourceService::Open(name.shown, name.slug, options.key, source, around.settings,
                                        around.clock, around.watch));
  open.fetch = make(std::move(options), fetch::FetchTools{open.service->client(), around.store,
                                                          around.blobs, around.clock});
  return open;
}

}  // namespace

base::Result<OpenFetch<fetch::AirNowFetch>> OpenAirNowFetch(const std::optional<std::string>& box,
                                                            const FetchSurroundings& around) {
  return Open<fetch::AirNowFetch>(
      kAirNow, around.settings.sources.airnow, box, around,
      [&around](fetch::AirNowOptions options, const fetch::FetchTools& tools) {
        return std::make_unique<fetch::AirNowFetch>(std::move(options), tools,
                                                    around.descriptions.front().plausible);
      });
}

base::Result<OpenFetch<fetch::SourceFetch>> OpenSourceFetch(std::string_view source,
                                                            const std::optional<std::string>& box,
                                                            const FetchSurroundings& around) {
  if (source == kAirNow.slug) {
    GC_ASSIGN_OR_RETURN(OpenFetch<fetch::AirNowFetch> airnow, OpenAirNowFetch(box, around));
    return OpenFetch<fetch::SourceFetch>{std::move(airnow.service), std::move(airnow.fetch)};
  }
  if (source == kOpenAq.slug) {
    return Open<fetch::SourceFetch>(
        kOpenAq, around.settings.sources.openaq, box, around,
        [&around](fetch::OpenAqOptions options, const fetch::FetchTools& tools) {
          return std::make_unique<fetch::OpenAqFetch>(std::move(options), tools,
                                                      around.descriptions.front().plausible);
        });
  }
  const ingest::SourceDescription* airdata = ingest::FindAirData(around.descriptions);
  if (airdata == nullptr) return base::Internal("the description epa_airdata is missing");
  return Open<fetch::SourceFetch>(
      kAqs, around.settings.sources.aqs, box, around,
      [airdata](fetch::AqsOptions options, const fetch::FetchTools& tools) {
        return std::make_unique<fetch::AqsFetch>(std::move(options), tools, *airdata);
      });
}

std::string StoredBy(const fetch::FetchReport& report) {
  return fmt::format("{} new, {} replaced; {} days new, {} replaced",
                     report.values.observations_new, report.values.observations_replaced,
                     report.days.observations_new, report.days.observations_replaced);
}

}  // namespace geoclimate::app
