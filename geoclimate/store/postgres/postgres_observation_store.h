#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "geoclimate/store/copy_source.h"
#include "geoclimate/store/observation_store.h"
#include "geoclimate/store/postgres/database.h"

namespace geoclimate::store::postgres {

class PostgresObservationStore final : public ObservationStore, public SiteVersionSource {
 public:
  explicit PostgresObservationStore(std::shared_ptr<Database> database)
      : database_(std::move(database)) {}

  base::Result<std::unique_ptr<ObservationWriter>> BeginWrite(std::string_view origin) override;
  base::Result<std::vector<WriteCounts>> CommitTogether(
      std::span<const std::unique_ptr<ObservationWriter>> writers) override;
  base::Result<std::vector<airquality::Site>> Sites() override;
  base::Result<void> Visit(const ObservationQuery& query,
                           const std::function<void(const StoredObservation&)>& visit) override;
  base::Result<std::vector<SiteCoverage>> Coverage() override;
  base::Result<std::optional<base::LocalDay>> NewestDay() override;
  base::Result<std::uint64_t> Generation() override;
  base::Result<void> VisitSiteVersions(
      const std::function<void(const SiteVersion&)>& visit) override;

 private:
  const std::shared_ptr<Database> database_;
};

}  // namespace geoclimate::store::postgres
