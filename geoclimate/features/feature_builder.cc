#include "geoclimate/features/feature_builder.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <limits>
#include <numeric>
#include <optional>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "geoclimate/base/check.h"
#include "geoclimate/features/calendar_features.h"
#include "geoclimate/features/co_pollutant_features.h"
#include "geoclimate/features/neighbour_features.h"
#include "geoclimate/features/own_features.h"

namespace geoclimate::features {
namespace {

using airquality::Pollutant;

constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();

// From so many rows of a day on it pays to look every site's values up once.
constexpr std::size_t kRowsWorthASnapshot = 4;

template <typename Make>
auto ForEachPollutant(Make make) {
  return std::array{make(Pollutant::kPm25), make(Pollutant::kPm10), make(Pollutant::kO3),
                    make(Pollutant::kNo2),  make(Pollutant::kSo2),  make(Pollutant::kCo)};
}

FeatureSchema MakeSchema(Pollutant pollutant) {
  ColumnList columns(pollutant);
  AddOwnColumns(columns);
  AddCalendarColumns(columns);
  columns.AddPlain({"latitude_degrees", "degrees", -90, 90, true});
  columns.AddPlain({"longitude_degrees", "degrees", -180, 180, true});
  AddNeighbourColumns(columns);
  AddCoPollutantColumns(columns);
  return FeatureSchema(std::move(columns).Take());
}

float* WritePlace(const airquality::Site& site, float* out) {
  const auto& coordinates = site.coordinates;
  *out++ = coordinates ? static_cast<float>(coordinates->latitude) : kMissing;
  *out++ = coordinates ? static_cast<float>(coordinates->longitude) : kMissing;
  return out;
}

// Rows of one day: [begin, end) of an order of the keys.
struct DayGroup {
  std::size_t begin;
  std::size_t end;
};

std::vector<DayGroup> GroupByDay(std::span<const RowKey> keys, std::span<const std::size_t> order) {
  std::vector<DayGroup> groups;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (i == 0 || keys[order[i]].issue_day != keys[order[i - 1]].issue_day) {
      groups.push_back({i, i});
    }
    groups.back().end = i + 1;
  }
  return groups;
}

}  // namespace

struct FeatureBuilder::State {
  struct OfPollutant {
    DailyStatistics statistics;
    NeighbourTable neighbours;
    std::vector<std::uint32_t> active;  // sites that ever measured it
  };

  State(const SiteHistory& from, std::shared_ptr<const SiteGeometry> shared)
      : history(from), geometry(std::move(shared)) {
    const std::size_t sites = from.sites().size();
    for (const Pollutant pollutant : airquality::kPollutants) {
      DailyStatistics statistics(from, pollutant);
      NeighbourTable neighbours(*geometry, statistics, sites);
      std::vector<std::uint32_t> active;
      for (std::uint32_t site = 0; site < sites; ++site) {
        if (!statistics.series(site).empty()) active.push_back(site);
      }
      pollutants.push_back({std::move(statistics), std::move(neighbours), std::move(active)});
    }
    CoPollutantTable::Statistics statistics{};
    for (std::size_t p = 0; p < pollutants.size(); ++p) statistics[p] = &pollutants[p].statistics;
    co_pollutants.emplace(*geometry, statistics, sites);
  }

  const OfPollutant& Of(Pollutant pollutant) const {
    return pollutants[static_cast<std::size_t>(pollutant)];
  }

  // `neighbours` as NeighbourTable::WriteFeatures() wants them.
  void WriteRow(Pollutant pollutant, const RowKey& key, std::span<const NeighbourValues> neighbours,
                float* row) const {
    const OfPollutant& of = Of(pollutant);
    row = WriteOwnFeatures(of.statistics, key.site, key.issue_day, row);
    row = WriteCalendarFeatures(pollutant, key.issue_day, row);
    row = WritePlace(history.sites()[key.site], row);
    row = of.neighbours.WriteFeatures(key.site, neighbours, row);
    co_pollutants->WriteFeatures(pollutant, key.site, key.issue_day, row);
  }

  // The rows of one day, with the neighbours' values looked up once for all where that is cheaper.
  // `snapshot` is by site, `neighbours` scratch.
  void WriteDay(Pollutant pollutant, std::span<const RowKey> keys,
                std::span<const std::size_t> rows, FeatureMatrix& matrix,
                std::vector<NeighbourValues>& snapshot,
                std::vector<NeighbourValues>& neighbours) const {
    const OfPollutant& of = Of(pollutant);
    const base::LocalDay day = keys[rows[0]].issue_day;
    const bool use_snapshot = rows.size() >= kRowsWorthASnapshot;
    if (use_snapshot) {
      snapshot.resize(history.sites().size());
      for (const std::uint32_t site : of.active)
        snapshot[site] = ValuesOf(of.statistics, site, day);
    }
    for (const std::size_t row : rows) {
      neighbours.clear();
      for (const std::uint32_t site : of.neighbours.Sites(keys[row].site)) {
        neighbours.push_back(use_snapshot ? snapshot[site] : ValuesOf(of.statistics, site, day));
      }
      WriteRow(pollutant, keys[row], neighbours, matrix.Row(row).data());
    }
  }

  const SiteHistory& history;
  std::shared_ptr<const SiteGeometry> geometry;
  std::vector<OfPollutant> pollutants;  // by Pollutant; never moved once co_pollutants points in
  std::optional<CoPollutantTable> co_pollutants;
};

FeatureBuilder::FeatureBuilder(const SiteHistory& history)
    : FeatureBuilder(history, std::make_shared<SiteGeometry>(history.sites())) {}
FeatureBuilder::FeatureBuilder(const SiteHistory& history,
                               std::shared_ptr<const SiteGeometry> geometry)
    : state_(std::make_unique<State>(history, std::move(geometry))) {}
FeatureBuilder::~FeatureBuilder() = default;

const FeatureSchema& FeatureBuilder::Schema(Pollutant pollutant) {
  static const auto schemas = ForEachPollutant(MakeSchema);
  return schemas[static_cast<std::size_t>(pollutant)];
}

std::string_view FeatureBuilder::LastValueName(Pollutant pollutant) {
  static const auto names =
      ForEachPollutant([](Pollutant p) { return ConcentrationName(p, kLastStem); });
  return names[static_cast<std::size_t>(pollutant)];
}

std::string_view FeatureBuilder::Mean30Name(Pollutant pollutant) {
  static const auto names =
      ForEachPollutant([](Pollutant p) { return ConcentrationName(p, kMean30Stem); });
  return names[static_cast<std::size_t>(pollutant)];
}

std::string_view FeatureBuilder::ExpandingMeanName(Pollutant pollutant) {
  static const auto names =
      ForEachPollutant([](Pollutant p) { return ConcentrationName(p, kExpandingMeanStem); });
  return names[static_cast<std::size_t>(pollutant)];
}

void FeatureBuilder::BuildRow(Pollutant pollutant, const RowKey& key, std::span<float> row) const {
  GC_CHECK(row.size() == Schema(pollutant).size(), "the row has the schema's size");
  GC_CHECK(key.site < state_->history.sites().size(), "the site is one of the history's");
  const State::OfPollutant& of = state_->Of(pollutant);
  std::vector<NeighbourValues> neighbours;
  for (const std::uint32_t site : of.neighbours.Sites(key.site)) {
    neighbours.push_back(ValuesOf(of.statistics, site, key.issue_day));
  }
  state_->WriteRow(pollutant, key, neighbours, row.data());
}

FeatureMatrix FeatureBuilder::Build(Pollutant pollutant, std::span<const RowKey> keys,
                                    int threads) const {
  GC_CHECK(threads >= 1, "somebody does the work");
  FeatureMatrix matrix;
  matrix.rows = keys.size();
  matrix.columns = Schema(pollutant).size();
  matrix.values.resize(matrix.rows * matrix.columns);
  for (const RowKey& key : keys) {
    GC_CHECK(key.site < state_->history.sites().size(), "the site is one of the history's");
  }

  std::vector<std::size_t> order(keys.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::tie(keys[a].issue_day, a) < std::tie(keys[b].issue_day, b);
  });
  const std::vector<DayGroup> groups = GroupByDay(keys, order);

  // Every row is written by one thread and depends on no other.
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    std::vector<NeighbourValues> snapshot;
    std::vector<NeighbourValues> neighbours;
    for (std::size_t i = next++; i < groups.size(); i = next++) {
      const auto rows = std::span<const std::size_t>(order).subspan(
          groups[i].begin, groups[i].end - groups[i].begin);
      state_->WriteDay(pollutant, keys, rows, matrix, snapshot, neighbours);
    }
  };
  std::vector<std::thread> others;
  const auto useful = std::min(static_cast<std::size_t>(threads), groups.size());
  for (std::size_t i = 1; i < useful; ++i) others.emplace_back(work);
  work();
  for (std::thread& other : others) other.join();
  return matrix;
}

}  // namespace geoclimate::features
