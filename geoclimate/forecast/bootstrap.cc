#include "geoclimate/forecast/bootstrap.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

namespace geoclimate::forecast {
namespace {

// A number below `bound`, by multiplication (D. Lemire, ACM Trans. Model. Comput. Simul. 29(1),
// 2019); the standard's distributions differ between libraries. The bias, bound / 2^32, is far
// below what a thousand replicates show.
std::size_t DrawBelow(std::size_t bound, std::mt19937_64& random) {
  return static_cast<std::size_t>((random() >> 32) * std::uint64_t{bound} >> 32);
}

// Of ascending values.
double Percentile(std::span<const double> sorted, double level) {
  const double position = level * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  const double share = position - static_cast<double>(below);
  return share > 0 ? sorted[below] + share * (sorted[above] - sorted[below]) : sorted[below];
}

}  // namespace

void ForEachResample(std::span<const double> blocks, std::size_t width,
                     const BootstrapOptions& options,
                     const std::function<void(std::span<const double>)>& visit) {
  const std::size_t count = blocks.size() / width;
  if (count == 0) return;
  std::mt19937_64 random(options.seed);
  std::vector<double> times(count);
  std::vector<double> sum(width);
  for (int replicate = 0; replicate < options.replicates; ++replicate) {
    std::fill(times.begin(), times.end(), 0.0);
    for (std::size_t i = 0; i < count; ++i) times[DrawBelow(count, random)] += 1;
    std::fill(sum.begin(), sum.end(), 0.0);
    for (std::size_t block = 0; block < count; ++block) {
      if (times[block] == 0) continue;
      const double* numbers = &blocks[block * width];
      for (std::size_t i = 0; i < width; ++i) sum[i] += times[block] * numbers[i];
    }
    visit(sum);
  }
}

Limits PercentileLimits(std::span<const double> replicates, std::size_t width) {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  Limits limits{std::vector<double>(width, kNone), std::vector<double>(width, kNone)};
  const std::size_t rows = replicates.size() / width;
  std::vector<double> column;
  for (std::size_t i = 0; i < width; ++i) {
    column.clear();
    for (std::size_t row = 0; row < rows; ++row) {
      const double value = replicates[row * width + i];
      if (!std::isnan(value)) column.push_back(value);
    }
    if (column.empty() || 2 * column.size() < rows) continue;
    std::sort(column.begin(), column.end());
    limits.low[i] = Percentile(column, 0.025);
    limits.high[i] = Percentile(column, 0.975);
  }
  return limits;
}

}  // namespace geoclimate::forecast
