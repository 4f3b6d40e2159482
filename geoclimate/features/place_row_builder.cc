#include "geoclimate/features/place_row_builder.h"

#include <algorithm>
#include <atomic>
#include <numeric>
#include <thread>
#include <tuple>
#include <utility>

#include "geoclimate/base/check.h"

namespace geoclimate::features {
namespace {

// Rows of one day: [begin, end) of an order of the keys.
struct DayGroup {
  std::size_t begin;
  std::size_t end;
};

}  // namespace

PlaceRowBuilder::PlaceRowBuilder(const SiteHistory& history)
    : PlaceRowBuilder(history, std::make_shared<SiteGeometry>(history.sites())) {}

PlaceRowBuilder::PlaceRowBuilder(const SiteHistory& history,
                                 std::shared_ptr<const SiteGeometry> geometry)
    : history_(history), geometry_(std::move(geometry)) {
  for (const airquality::Pollutant pollutant : airquality::kPollutants) {
    statistics_.emplace_back(history, pollutant);
  }
}

NetworkReport PlaceRowBuilder::ReportOf(base::LocalDay day) const {
  NetworkReport report{.day = day, .values = {}};
  for (std::size_t p = 0; p < statistics_.size(); ++p) {
    std::vector<ReportedValues>& values = report.values[p];
    values.reserve(history_.sites().size());
    for (std::size_t site = 0; site < history_.sites().size(); ++site) {
      values.push_back(statistics_[p].series(site).empty() ? Silent()
                                                           : ReportedBy(statistics_[p], site, day));
    }
  }
  return report;
}

FeatureMatrix PlaceRowBuilder::Build(airquality::Pollutant pollutant, std::span<const RowKey> keys,
                                     int threads) const {
  GC_CHECK(threads >= 1, "somebody does the work");
  FeatureMatrix matrix;
  matrix.rows = keys.size();
  matrix.columns = PlaceSchema(pollutant).size();
  matrix.values.resize(matrix.rows * matrix.columns);

  std::vector<std::size_t> order(keys.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::tie(keys[a].issue_day, a) < std::tie(keys[b].issue_day, b);
  });
  std::vector<DayGroup> groups;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (i == 0 || keys[order[i]].issue_day != keys[order[i - 1]].issue_day) {
      groups.push_back({i, i});
    }
    groups.back().end = i + 1;
  }

  const auto write = [&](std::size_t row, const NetworkReport& report) {
    WritePlaceRow(pollutant, geometry_->Neighbours(keys[row].site), report, matrix.Row(row));
  };
  // Every row is written by one thread and depends on no other.
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < groups.size(); i = next++) {
      const NetworkReport report = ReportOf(keys[order[groups[i].begin]].issue_day);
      for (std::size_t at = groups[i].begin; at < groups[i].end; ++at) write(order[at], report);
    }
  };
  std::vector<std::jthread> others;
  const auto useful = std::min(static_cast<std::size_t>(threads), groups.size());
  for (std::size_t i = 1; i < useful; ++i) others.emplace_back(work);
  work();
  others.clear();
  return matrix;
}

}  // namespace geoclimate::features
