#include "geoclimate/forecast/publish_issue.h"

#include <utility>

#include "geoclimate/forecast/history_loader.h"
#include "geoclimate/forecast/issued_calibration.h"

namespace geoclimate::forecast {

base::Result<PublishedIssue> PublishIssue(const IssueStores& stores, const IssueModels& models,
                                          const IssueOptions& options, std::string_view holder) {
  GC_ASSIGN_OR_RETURN(TableStore::Lease lease, stores.tables.Acquire(holder));
  GC_ASSIGN_OR_RETURN(
      const features::SiteHistory history,
      LoadSiteHistory(stores.observations, {.as_of = options.as_of, .from = {}, .pollutants = {}}));
  GC_ASSIGN_OR_RETURN(Calibrations calibrations,
                      LearnFromIssued(stores.issued, history, options.as_of));
  IssueModels calibrated = models;
  for (const airquality::Pollutant pollutant : airquality::kPollutants) {
    for (int horizon = 1; horizon <= kMaxHorizonDays; ++horizon) {
      calibrated.At(pollutant, horizon).calibration =
          std::move(calibrations[static_cast<std::size_t>(airquality::Index(pollutant))]
                                [static_cast<std::size_t>(horizon - 1)]);
    }
  }
  GC_ASSIGN_OR_RETURN(const TableContent content, Issue(history, calibrated, options));
  const std::vector<airquality::IssuedForecast> forecasts = IssuedForecasts(content);
  const auto kept = stores.issued.Put(forecasts);
  if (!kept.ok()) return kept.error();
  GC_ASSIGN_OR_RETURN(const TablePointer table, stores.tables.Publish(lease, content));
  return PublishedIssue{
      .table = table, .sites = content.sites.size(), .forecasts = forecasts.size()};
}

}  // namespace geoclimate::forecast
