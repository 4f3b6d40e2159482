#include "geoclimate/features/site_history.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <tuple>

#include "geoclimate/base/check.h"

namespace geoclimate::features {
namespace {

constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();

}  // namespace

float SiteHistory::Series::At(base::LocalDay day) const {
  const auto offset = (day - first_day).count();
  if (offset < 0 || static_cast<std::size_t>(offset) >= values.size()) return kMissing;
  return values[static_cast<std::size_t>(offset)];
}

void SiteHistory::Builder::AddSite(airquality::Site site) {
  const bool added = index_.emplace(site.id, static_cast<std::uint32_t>(sites_.size())).second;
  GC_CHECK(added, "a site is added once");
  sites_.push_back(std::move(site));
}

void SiteHistory::Builder::Set(airquality::Pollutant pollutant, airquality::SiteId site,
                               base::LocalDay day, float value) {
  GC_CHECK(std::isfinite(value), "a value is finite; a missing one is not set");
  if (!last_site_ || sites_[*last_site_].id != site) {
    const auto found = index_.find(site);
    GC_CHECK(found != index_.end(), "a site is added before its values");
    last_site_ = found->second;
  }
  cells_[static_cast<std::size_t>(pollutant)].push_back({*last_site_, base::DayNumber(day), value});
}

bool SiteHistory::Builder::Before(const Cell& a, const Cell& b) {
  return std::tie(a.site, a.day) < std::tie(b.site, b.day);
}

// Of two values for one cell the later call stands last, and wins in Finish().
void SiteHistory::Builder::SortStably(std::vector<Cell>& cells) {
  std::vector<std::size_t> order(cells.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::tie(cells[a].site, cells[a].day, a) < std::tie(cells[b].site, cells[b].day, b);
  });
  std::vector<Cell> sorted;
  sorted.reserve(cells.size());
  for (const std::size_t at : order) sorted.push_back(cells[at]);
  cells = std::move(sorted);
}

SiteHistory SiteHistory::Builder::Finish() && {
  SiteHistory history;
  std::vector<std::uint32_t> order(sites_.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(),
            [this](std::uint32_t a, std::uint32_t b) { return sites_[a].id < sites_[b].id; });
  std::vector<std::uint32_t> rank(order.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) {
    rank[order[i]] = i;
    history.sites_.push_back(std::move(sites_[order[i]]));
  }

  for (std::size_t p = 0; p < cells_.size(); ++p) {
    std::vector<Cell>& cells = cells_[p];
    for (Cell& cell : cells) cell.site = rank[cell.site];
    if (!std::is_sorted(cells.begin(), cells.end(), Before)) SortStably(cells);

    Grid& grid = history.grids_[p];
    grid.extents.resize(history.sites_.size());
    for (auto begin = cells.begin(); begin != cells.end();) {
      const auto end = std::find_if(begin, cells.end(),
                                    [&](const Cell& cell) { return cell.site != begin->site; });
      Extent& extent = grid.extents[begin->site];
      extent.first_day = begin->day;
      extent.offset = grid.values.size();
      extent.size = static_cast<std::size_t>((end - 1)->day - begin->day) + 1;
      grid.values.resize(extent.offset + extent.size, kMissing);
      for (auto cell = begin; cell != end; ++cell) {
        grid.values[extent.offset + static_cast<std::size_t>(cell->day - extent.first_day)] =
            cell->value;
      }
      begin = end;
    }
    cells = {};
  }
  return history;
}

std::optional<std::size_t> SiteHistory::FindSite(airquality::SiteId id) const {
  const auto found = std::lower_bound(
      sites_.begin(), sites_.end(), id,
      [](const airquality::Site& site, airquality::SiteId key) { return site.id < key; });
  if (found == sites_.end() || found->id != id) return std::nullopt;
  return static_cast<std::size_t>(found - sites_.begin());
}

SiteHistory::Series SiteHistory::Get(airquality::Pollutant pollutant, std::size_t site) const {
  const Grid& grid = grids_[static_cast<std::size_t>(pollutant)];
  const Extent& extent = grid.extents[site];
  return {base::DayFromNumber(extent.first_day),
          std::span<const float>(grid.values).subspan(extent.offset, extent.size)};
}

std::optional<base::LocalDay> SiteHistory::LastDay(airquality::Pollutant pollutant) const {
  std::optional<base::LocalDay> last;
  for (std::size_t site = 0; site < sites_.size(); ++site) {
    const Series series = Get(pollutant, site);
    if (!series.empty() && (!last || series.last_day() > *last)) last = series.last_day();
  }
  return last;
}

std::optional<base::LocalDay> SiteHistory::LastDay() const {
  std::optional<base::LocalDay> last;
  for (const airquality::Pollutant pollutant : airquality::kPollutants) {
    last = std::max(last, LastDay(pollutant));
  }
  return last;
}

SiteHistory SiteHistory::KnownAt(base::LocalDay day) const {
  SiteHistory known;
  known.sites_ = sites_;
  for (const airquality::Pollutant pollutant : airquality::kPollutants) {
    Grid& grid = known.grids_[static_cast<std::size_t>(pollutant)];
    grid.extents.resize(sites_.size());
    for (std::size_t site = 0; site < sites_.size(); ++site) {
      const Series series = Get(pollutant, site);
      if (series.empty() || series.first_day > day) continue;
      std::size_t size = std::min(series.values.size(),
                                  static_cast<std::size_t>((day - series.first_day).count()) + 1);
      while (std::isnan(series.values[size - 1])) --size;
      grid.extents[site] = {base::DayNumber(series.first_day), grid.values.size(), size};
      grid.values.insert(grid.values.end(), series.values.begin(),
                         series.values.begin() + static_cast<std::ptrdiff_t>(size));
    }
  }
  return known;
}

}  // namespace geoclimate::features
