// Observations that are ingested, several files in a transaction, and posted: each row of what was
// acknowledged once, whatever else is there for its day.

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "geoclimate/base/day.h"
#include "tests/fault/power/ledger.h"

namespace geoclimate::fault {
namespace {

constexpr std::uint32_t kSites = 4;
constexpr int kDays = 200;  // all long before those that forecasts are made from
constexpr std::int64_t kFirstValue = 1'000'000;  // a millionth of ug/m3
constexpr std::uint64_t kMostRows = 1000;  // of a transaction, by its number's place in values
const base::LocalDay kFirstDay = base::MakeDay(2019, 6, 1);
const airquality::Coordinates kPlace = {.latitude = 34, .longitude = -118};

enum class How : std::uint8_t { kPosted, kIngested };

// A transaction; its rows follow from its number.
struct Transaction {
  std::uint64_t number = 0;
  std::uint64_t rows = 0;
  std::uint64_t files = 1;  // that it is committed together with
  How how = How::kPosted;
};

struct Row {
  airquality::SiteId site;
  base::LocalDay day;
  airquality::Concentration value;
};

airquality::SiteId SiteAt(std::uint32_t number) {
  return airquality::SiteId::FromParts(6, 37, number);
}

Row RowOf(std::uint64_t transaction, std::uint64_t row) {
  const std::uint64_t mixed = transaction * 31 + row * 7;
  return {.site = SiteAt(static_cast<std::uint32_t>(mixed % kSites)),
          .day = kFirstDay + std::chrono::days(mixed % kDays),
          .value = airquality::Concentration::FromMicro(
              kFirstValue + static_cast<std::int64_t>(transaction * kMostRows + row))};
}

airquality::Site DescribedSite(airquality::SiteId id) {
  airquality::Site site;
  site.id = id;
  site.name = "Site " + id.ToString();
  site.coordinates = kPlace;
  site.utc_offset = airquality::StandardUtcOffset(id, kPlace);
  return site;
}

base::Result<void> Post(Platform& platform, const Transaction& transaction) {
  using service::ObservationField;
  // The texts that the rows point to; reserved, so that none moves.
  std::vector<std::string> texts;
  texts.reserve(transaction.rows * 3);
  std::vector<service::SubmittedRow> rows(transaction.rows);
  for (std::uint64_t i = 0; i < transaction.rows; ++i) {
    const Row row = RowOf(transaction.number, i);
    const auto keep = [&](std::string text) -> std::string_view {
      return texts.emplace_back(std::move(text));
    };
    rows[i][ObservationField::kSiteId] = keep(row.site.ToString());
    rows[i][ObservationField::kDate] = keep(base::FormatDay(row.day));
    rows[i][ObservationField::kPollutant] = "PM2.5";
    rows[i][ObservationField::kValue] =
        keep(fmt::format("{}.{:06}", row.value.micro() / 1'000'000, row.value.micro() % 1'000'000));
    rows[i][ObservationField::kLatitude] = "34";
    rows[i][ObservationField::kLongitude] = "-118";
  }
  GC_ASSIGN_OR_RETURN(const service::SubmissionReceipt receipt,
                      platform.observations->Submit(rows));
  if (receipt.accepted == transaction.rows) return {};
  return base::Internal("a row was refused: " + receipt.refused.front().detail);
}

base::Result<void> Ingest(Platform& platform, const Transaction& transaction) {
  std::vector<std::unique_ptr<store::ObservationWriter>> writers;
  for (std::uint64_t file = 0; file < transaction.files; ++file) {
    GC_ASSIGN_OR_RETURN(auto writer, platform.stores.observations->BeginWrite(fmt::format(
                                         "{:04}_{}.csv", transaction.number % 89, file)));
    std::vector<airquality::Site> sites;
    std::vector<airquality::Observation> observations;
    for (std::uint64_t i = file; i < transaction.rows; i += transaction.files) {
      const Row row = RowOf(transaction.number, i);
      sites.push_back(DescribedSite(row.site));
      observations.emplace_back();
      observations.back().key = {.site = row.site,
                                 .parameter = 88101,
                                 .poc = static_cast<std::uint16_t>(1 + file),
                                 .start = base::DayStart(row.day, sites.back().utc_offset)};
      observations.back().value = row.value;
      observations.back().completeness = 100;
    }
    GC_RETURN_IF_ERROR(writer->PutSites(sites));
    GC_RETURN_IF_ERROR(writer->Append(observations, std::nullopt));
    writers.push_back(std::move(writer));
  }
  const auto committed = platform.stores.observations->CommitTogether(writers);
  return committed.ok() ? base::Result<void>() : committed.error();
}

class ObservationLedger final : public Ledger {
 public:
  std::unique_ptr<Ledger> Clone() const override {
    return std::make_unique<ObservationLedger>(*this);
  }

  base::Result<void> Act(Platform& platform, Random& random) override {
    Transaction transaction = DrawTransaction(random);
    Possible<bool>& there =
        transactions_.try_emplace(transaction.number, transaction, false).first->second.there;
    const base::Result<void> done = transaction.how == How::kPosted ? Post(platform, transaction)
                                                                    : Ingest(platform, transaction);
    if (!done.ok()) {
      // One that was there already stays, though another try of it failed.
      if (!there.Allows(true)) there.Doubt(true);
      return done;
    }
    there.Acknowledge(true);
    GC_ASSIGN_OR_RETURN(generation_, platform.stores.observations->Generation());
    return {};
  }

  base::Result<Losses> Look(Platform& platform) override {
    Losses losses;
    std::map<std::uint64_t, std::vector<int>> counts;
    std::map<airquality::SiteId, std::set<base::LocalDay>> days;
    store::ObservationQuery everything;
    everything.duration.reset();
    const auto visited = platform.stores.observations->Visit(
        everything, [&](const store::StoredObservation& stored) {
          if (IsOthers(stored)) return;
          days[stored.observation.key.site].insert(Count(stored.observation, counts, losses));
        });
    GC_RETURN_IF_ERROR(visited);
    for (auto& [number, known] : transactions_) Compare(known, counts[number], losses);
    for (const auto& [number, rows] : counts) {
      if (!transactions_.contains(number)) losses.push_back("rows that nobody wrote");
    }
    GC_RETURN_IF_ERROR(LookForCoverage(platform, days, losses));
    GC_ASSIGN_OR_RETURN(const std::uint64_t generation, platform.stores.observations->Generation());
    if (generation < generation_) {
      losses.push_back(fmt::format("generation {} after {}", generation, generation_));
    }
    return losses;
  }

  void Settle() override {
    for (auto& [number, known] : transactions_) known.there.Settle();
  }

 private:
  struct Known {
    Known(const Transaction& made, bool is_there) : transaction(made), there(is_there) {}
    Transaction transaction;
    Possible<bool> there;
  };

  // A new one, or one that was written before: a client that heard nothing tries again.
  Transaction DrawTransaction(Random& random) {
    if (!transactions_.empty() && random() % 3 == 0) {
      for (const auto& [number, known] : transactions_) {
        if (known.there.in_doubt()) return known.transaction;
      }
      return std::next(transactions_.begin(),
                       static_cast<std::ptrdiff_t>(random() % transactions_.size()))
          ->second.transaction;
    }
    Transaction made;
    made.number = ++last_;
    made.rows = 1 + random() % 40;
    made.how = random() % 2 == 0 ? How::kPosted : How::kIngested;
    made.files = 1 + random() % 3;
    return made;
  }

  // The history that forecasts are made from is another ledger's.
  static bool IsOthers(const store::StoredObservation& stored) {
    return stored.observation.key.site.county() != 37;
  }

  static base::LocalDay Count(const airquality::Observation& observation,
                              std::map<std::uint64_t, std::vector<int>>& counts, Losses& losses) {
    const auto offset = airquality::StandardUtcOffset(observation.key.site, kPlace);
    const auto place = static_cast<std::uint64_t>(observation.value.micro() - kFirstValue);
    std::vector<int>& rows = counts[place / kMostRows];
    rows.resize(std::max<std::size_t>(rows.size(), place % kMostRows + 1));
    ++rows[place % kMostRows];
    const Row row = RowOf(place / kMostRows, place % kMostRows);
    if (row.site != observation.key.site ||
        base::DayStart(row.day, offset) != observation.key.start) {
      losses.push_back(fmt::format("the value {} is at {}", observation.value.micro(),
                                   observation.key.site.ToString()));
    }
    return row.day;
  }

  static void Compare(Known& known, const std::vector<int>& counts, Losses& losses) {
    const Transaction& transaction = known.transaction;
    const bool found = !counts.empty();
    const bool whole = counts.size() == transaction.rows &&
                       std::ranges::all_of(counts, [](int count) { return count == 1; });
    if (found && !whole) {
      losses.push_back(
          fmt::format("of transaction {} there are {} of {} rows, one {} times", transaction.number,
                      counts.size() - static_cast<std::size_t>(std::ranges::count(counts, 0)),
                      transaction.rows, std::ranges::max(counts)));
    } else if (!known.there.Allows(found)) {
      losses.push_back(
          fmt::format("transaction {} is {}", transaction.number, found ? "there again" : "gone"));
    }
    known.there.Found(found);
  }

  static base::Result<void> LookForCoverage(
      Platform& platform, const std::map<airquality::SiteId, std::set<base::LocalDay>>& days,
      Losses& losses) {
    GC_ASSIGN_OR_RETURN(const auto coverage, platform.stores.observations->Coverage());
    std::size_t sites = 0;
    for (const store::SiteCoverage& covered : coverage) {
      if (covered.site.county() != 37) continue;
      ++sites;
      const auto found = days.find(covered.site);
      if (found == days.end() || found->second.size() != covered.days ||
          *found->second.begin() != covered.first_day ||
          *found->second.rbegin() != covered.last_day) {
        losses.push_back("the coverage of " + covered.site.ToString() + " is not its rows'");
      }
    }
    if (sites != days.size()) losses.push_back("a site with rows has no coverage");
    return {};
  }

  std::map<std::uint64_t, Known> transactions_;
  std::uint64_t last_ = 0;
  std::uint64_t generation_ = 0;
};

}  // namespace

std::unique_ptr<Ledger> MakeObservationLedger() {
  return std::make_unique<ObservationLedger>();
}

}  // namespace geoclimate::fault
