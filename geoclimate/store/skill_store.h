#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/airquality/site.h"
#include "geoclimate/base/clock.h"
#include "geoclimate/base/day.h"
#include "geoclimate/base/result.h"

namespace geoclimate::store {

// What the issued forecasts of one version were worth, at one site or over all. A figure that is
// not known is NaN.
struct SkillScore {
  std::optional<airquality::SiteId> site;  // nothing: all sites
  airquality::Pollutant pollutant = airquality::Pollutant::kPm25;
  int horizon_days = 1;
  std::string model_id;
  std::uint64_t rows = 0;
  double rmse = 0;  // in the pollutant's EPA unit, as are mae and bias
  double mae = 0;
  double bias = 0;
  double coverage = 0;  // share of observations within p10 .. p90
  std::string best_baseline;
  double skill = 0;  // against it
  double skill_over_persistence = 0;
};

// Of which state of the observations the scores are.
struct SkillJudgement {
  std::uint64_t generation = 0;  // ObservationStore::Generation()
  base::LocalDay from;           // valid days
  base::LocalDay to;
  base::Timestamp computed_at;

  friend bool operator==(const SkillJudgement&, const SkillJudgement&) = default;
};

struct SkillQuery {
  std::optional<airquality::Pollutant> pollutant;
  std::optional<int> horizon_days;
};

// The last judgement of the issued forecasts, for whoever reads the database. Errors as
// ObservationStore's.
//
// Thread-safe.
class SkillStore {
 public:
  virtual ~SkillStore() = default;

  // In one transaction: takes the place of what was there, durably, unless that is of a later
  // generation, or of the same one and the same days. False when it stays. No two scores have the
  // same site, pollutant, horizon and version.
  virtual base::Result<bool> Replace(const SkillJudgement& judgement,
                                     std::span<const SkillScore> scores) = 0;

  // Nothing before the first; otherwise calls `visit` in the order of pollutant, horizon, version,
  // all sites before the single ones, site. A consistent snapshot.
  virtual base::Result<std::optional<SkillJudgement>> Visit(
      const SkillQuery& query, const std::function<void(const SkillScore&)>& visit) = 0;
};

}  // namespace geoclimate::store
