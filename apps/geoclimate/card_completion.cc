#include "apps/geoclimate/card_completion.h"

#include <fmt/format.h>

#include <cstdio>
#include <utility>

#include "apps/geoclimate/card_limits.h"
#include "apps/geoclimate/operational_scores.h"
#include "apps/geoclimate/progress.h"
#include "geoclimate/forecast/history_loader.h"

namespace geoclimate::app {
namespace {

ProgressSample Sample(const OperationalProgress& progress) {
  ProgressSample sample;
  const std::uint64_t days = progress.days;
  if (days > 0) {
    sample.fraction = static_cast<double>(progress.days_done.load()) / static_cast<double>(days);
  }
  sample.text = fmt::format("{}/{} days as they were known", progress.days_done.load(), days);
  return sample;
}

}  // namespace

base::Result<Measurements> LoadMeasurements(store::ObservationStore& store, base::LocalDay as_of) {
  Measurements measurements;
  GC_ASSIGN_OR_RETURN(
      measurements.vintages,
      forecast::LoadVintageHistory(store, {.as_of = as_of, .from = {}, .pollutants = {}}));
  GC_ASSIGN_OR_RETURN(measurements.sources, forecast::CountSources(store, as_of));
  return measurements;
}

base::Result<void> CompleteCards(const Measurements& measurements,
                                 const features::WeatherHistory* weather, int threads,
                                 std::span<TrainedJob> jobs) {
  {
    OperationalProgress progress;
    const Progress shown("judge", StyleFor(stderr), [&progress] { return Sample(progress); });
    GC_RETURN_IF_ERROR(AddOperationalScores(measurements.vintages, jobs,
                                            {.weather = weather, .threads = threads}, progress));
  }
  for (TrainedJob& job : jobs) {
    if (!job.trained.ok() || job.job.basis != airquality::Basis::kSite) continue;
    const auto pollutant = static_cast<std::size_t>(airquality::Index(job.job.pollutant));
    for (model::ModelCard* const card : {&job.cards.model, &job.cards.fallback}) {
      card->training.sources = measurements.sources[pollutant];
      card->limits = LimitsOf(*card);
    }
  }
  return {};
}

}  // namespace geoclimate::app
