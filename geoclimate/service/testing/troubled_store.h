#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "geoclimate/store/observation_store.h"

namespace geoclimate::service {

// Another store, whose every call first asks `trouble`, which may fail it or keep it waiting. The
// other store outlives it.
class TroubledStore final : public store::ObservationStore {
 public:
  using Trouble = std::function<base::Result<void>()>;

  TroubledStore(store::ObservationStore& store, Trouble trouble)
      : store_(store), trouble_(std::move(trouble)) {}

  base::Result<std::unique_ptr<store::ObservationWriter>> BeginWrite(
      std::string_view origin) override {
    GC_RETURN_IF_ERROR(trouble_());
    return store_.BeginWrite(origin);
  }
  base::Result<std::vector<store::WriteCounts>> CommitTogether(
      std::span<const std::unique_ptr<store::ObservationWriter>> writers) override {
    GC_RETURN_IF_ERROR(trouble_());
    return store_.CommitTogether(writers);
  }
  base::Result<std::vector<airquality::Site>> Sites() override {
    GC_RETURN_IF_ERROR(trouble_());
    return store_.Sites();
  }
  base::Result<void> Visit(
      const store::ObservationQuery& query,
      const std::function<void(const store::StoredObservation&)>& visit) override {
    GC_RETURN_IF_ERROR(trouble_());
    return store_.Visit(query, visit);
  }
  base::Result<std::vector<store::SiteCoverage>> Coverage() override {
    GC_RETURN_IF_ERROR(trouble_());
    return store_.Coverage();
  }
  base::Result<std::optional<base::LocalDay>> NewestDay() override {
    GC_RETURN_IF_ERROR(trouble_());
    return store_.NewestDay();
  }
  base::Result<std::uint64_t> Generation() override {
    GC_RETURN_IF_ERROR(trouble_());
    return store_.Generation();
  }

 private:
  store::ObservationStore& store_;
  const Trouble trouble_;
};

}  // namespace geoclimate::service
