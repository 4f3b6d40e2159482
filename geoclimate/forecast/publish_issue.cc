#include "geoclimate/forecast/publish_issue.h"

#include "geoclimate/forecast/history_loader.h"

namespace geoclimate::forecast {

base::Result<PublishedIssue> PublishIssue(const IssueStores& stores, const IssueModels& models,
                                          const IssueOptions& options, std::string_view holder) {
  GC_ASSIGN_OR_RETURN(TableStore::Lease lease, stores.tables.Acquire(holder));
  GC_ASSIGN_OR_RETURN(
      const features::SiteHistory history,
      LoadSiteHistory(stores.observations, {.as_of = options.as_of, .from = {}, .pollutants = {}}));
  GC_ASSIGN_OR_RETURN(const TableContent content, Issue(history, models, options));
  const std::vector<airquality::IssuedForecast> forecasts = IssuedForecasts(content);
  const auto kept = stores.issued.Put(forecasts);
  if (!kept.ok()) return kept.error();
  GC_ASSIGN_OR_RETURN(const TablePointer table, stores.tables.Publish(lease, content));
  return PublishedIssue{
      .table = table, .sites = content.sites.size(), .forecasts = forecasts.size()};
}

}  // namespace geoclimate::forecast
