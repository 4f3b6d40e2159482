// Forecasts that are issued: the current table is the last that was acknowledged, whole, and every
// forecast of it is kept to be judged.

#include <fmt/format.h>

#include <chrono>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "geoclimate/base/day.h"
#include "geoclimate/forecast/issue_cycle.h"
#include "geoclimate/forecast/publish_issue.h"
#include "geoclimate/forecast/testing/damped_persistence.h"
#include "tests/fault/power/ledger.h"

namespace geoclimate::fault {
namespace {

using airquality::Pollutant;
using std::chrono::days;

constexpr int kHistoryDays = 40;
constexpr std::uint32_t kSites = 3;
const base::LocalDay kFirst = base::MakeDay(2020, 3, 1);

const forecast::IssueModels& Models() {
  static const forecast::IssueModels models = [] {
    forecast::IssueModels made;
    for (int horizon = 1; horizon <= forecast::kMaxHorizonDays; ++horizon) {
      made.At(Pollutant::kPm25, horizon).fallback = forecast::DampedPersistence(horizon, 0.5);
    }
    return made;
  }();
  return models;
}

base::Result<void> PutHistory(Platform& platform) {
  GC_ASSIGN_OR_RETURN(const auto writer, platform.stores.observations->BeginWrite("history.csv"));
  for (std::uint32_t number = 0; number < kSites; ++number) {
    airquality::Site site;
    site.id = airquality::SiteId::FromParts(6, 99, number);
    site.utc_offset = std::chrono::hours(-8);
    GC_RETURN_IF_ERROR(writer->PutSites({&site, 1}));
    for (int day = 0; day < kHistoryDays; ++day) {
      airquality::Observation observation;
      observation.key = {.site = site.id,
                         .parameter = 88101,
                         .poc = 1,
                         .start = base::DayStart(kFirst + days(day), site.utc_offset)};
      observation.value =
          airquality::Concentration::FromDouble(10 + (day + static_cast<int>(number)) % 5);
      GC_RETURN_IF_ERROR(writer->Append({&observation, 1}, {}));
    }
  }
  const auto committed = writer->Commit();
  return committed.ok() ? base::Result<void>() : committed.error();
}

class ForecastLedger final : public Ledger {
 public:
  std::unique_ptr<Ledger> Clone() const override { return std::make_unique<ForecastLedger>(*this); }

  base::Result<void> Act(Platform& platform, Random& random) override {
    if (!has_history_) {
      GC_RETURN_IF_ERROR(PutHistory(platform));
      has_history_ = true;
      return {};
    }
    // Past the lease of one who died while he had it; whole seconds, as tables keep them.
    platform.clock->Advance(std::chrono::minutes(11));
    forecast::IssueOptions options;
    options.as_of = kFirst + days(kHistoryDays - 1 - static_cast<int>(random() % 3));
    options.issued_at = std::chrono::floor<std::chrono::seconds>(platform.clock->Now());
    Kept& kept = kept_.try_emplace(options.as_of, Kept{}).first->second;
    const auto published = forecast::PublishIssue(
        {*platform.stores.observations, *platform.stores.issued_forecasts, *platform.tables},
        Models(), options, "a test");
    if (!published.ok()) {
      current_.Doubt(options.issued_at);
      kept.issued_at.Doubt(options.issued_at);
      return published.error();
    }
    current_.Acknowledge(options.issued_at);
    kept.issued_at.Acknowledge(options.issued_at);
    forecasts_ = published->forecasts;
    return {};
  }

  base::Result<Losses> Look(Platform& platform) override {
    Losses losses;
    GC_RETURN_IF_ERROR(LookForTable(platform, losses));
    GC_RETURN_IF_ERROR(LookForKept(platform, losses));
    return losses;
  }

  void Settle() override {
    current_.Settle();
    for (auto& [day, kept] : kept_) kept.issued_at.Settle();
  }

 private:
  // Of one issue day: when what is kept of it was issued.
  struct Kept {
    Possible<base::Timestamp> issued_at{base::Timestamp()};
  };

  base::Result<void> LookForTable(Platform& platform, Losses& losses) {
    const auto pointer = platform.tables->Current();
    if (!pointer.ok() && pointer.error().code() != base::ErrorCode::kNotFound) {
      return pointer.error();
    }
    const base::Timestamp found = pointer.ok() ? pointer->issued_at : base::Timestamp();
    if (!current_.Allows(found)) {
      losses.push_back("the current table is of " + base::FormatTimestamp(found));
    }
    current_.Found(found);
    if (!pointer.ok()) return {};
    GC_ASSIGN_OR_RETURN(const auto table, platform.tables->LoadCurrent());
    if (table->digest() != pointer->digest || table->content().issued_at != pointer->issued_at) {
      losses.push_back("the current table is another");
    }
    served_ = forecast::IssuedForecasts(table->content());
    return {};
  }

  base::Result<void> LookForKept(Platform& platform, Losses& losses) {
    std::map<base::LocalDay, std::map<base::Timestamp, std::uint64_t>> counts;
    const auto visited = platform.stores.issued_forecasts->Visit(
        {kFirst, kFirst + days(2 * kHistoryDays), {}, {}},
        [&](const airquality::IssuedForecast& one) { ++counts[one.issue_day][one.issued_at]; });
    if (!visited.ok()) return visited.error();
    for (auto& [day, kept] : kept_) {
      const auto& there = counts[day];
      const base::Timestamp found = there.empty() ? base::Timestamp() : there.rbegin()->first;
      if (there.size() > 1 ||
          (forecasts_ != 0 && !there.empty() && there.begin()->second != forecasts_)) {
        losses.push_back(fmt::format("the forecasts of {} are kept in part", base::FormatDay(day)));
      }
      if (!kept.issued_at.Allows(found)) {
        losses.push_back(fmt::format("the forecasts of {} are of {}", base::FormatDay(day),
                                     base::FormatTimestamp(found)));
      }
      kept.issued_at.Found(found);
    }
    for (const airquality::IssuedForecast& one : served_) {
      const auto& there = counts[one.issue_day];
      if (there.empty() || there.rbegin()->first < one.issued_at) {
        losses.push_back("a forecast is served that was not kept");
        break;
      }
    }
    served_.clear();
    return {};
  }

  bool has_history_ = false;
  std::uint64_t forecasts_ = 0;  // of an issue: always as many
  Possible<base::Timestamp> current_{base::Timestamp()};
  std::map<base::LocalDay, Kept> kept_;
  std::vector<airquality::IssuedForecast> served_;
};

}  // namespace

std::unique_ptr<Ledger> MakeForecastLedger() {
  return std::make_unique<ForecastLedger>();
}

}  // namespace geoclimate::fault
