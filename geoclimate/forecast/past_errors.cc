#include "geoclimate/forecast/past_errors.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>

namespace geoclimate::forecast {
namespace {

// A set of ranks 0 .. size-1 with the n-th smallest member: counts by blocks of ranks, so that a
// change touches two counters and a question reads some hundreds.
class RankSet {
 public:
  explicit RankSet(std::size_t size) : present_(size), blocks_(size / kBlock + 1) {}

  void Insert(std::size_t rank) { Change(rank, 1); }
  void Remove(std::size_t rank) { Change(rank, 0); }
  std::size_t size() const { return size_; }

  // n < size().
  std::size_t Nth(std::size_t n) const {
    std::size_t block = 0;
    while (blocks_[block] <= n) n -= blocks_[block++];
    std::size_t rank = block * kBlock;
    while (present_[rank] == 0 || n > 0) n -= present_[rank++];
    return rank;
  }

 private:
  static constexpr std::size_t kBlock = 512;

  void Change(std::size_t rank, std::uint8_t present) {
    present_[rank] = present;
    if (present != 0) {
      ++blocks_[rank / kBlock];
      ++size_;
    } else {
      --blocks_[rank / kBlock];
      --size_;
    }
  }

  std::vector<std::uint8_t> present_;
  std::vector<std::uint32_t> blocks_;
  std::size_t size_ = 0;
};

std::vector<std::uint32_t> Order(std::size_t size) {
  std::vector<std::uint32_t> order(size);
  std::iota(order.begin(), order.end(), 0U);
  return order;
}

}  // namespace

std::vector<GivenQuantiles> TrailingErrorQuantiles(std::span<const DatedError> errors,
                                                   std::span<const base::LocalDay> issue_days,
                                                   const PastErrorOptions& options) {
  std::vector<std::uint32_t> by_error = Order(errors.size());
  std::sort(by_error.begin(), by_error.end(), [&](std::uint32_t a, std::uint32_t b) {
    return errors[a].error != errors[b].error ? errors[a].error < errors[b].error : a < b;
  });
  std::vector<std::uint32_t> rank(errors.size());
  for (std::uint32_t i = 0; i < by_error.size(); ++i) rank[by_error[i]] = i;
  std::vector<std::uint32_t> by_day = Order(errors.size());
  std::sort(by_day.begin(), by_day.end(), [&](std::uint32_t a, std::uint32_t b) {
    return errors[a].valid_day != errors[b].valid_day ? errors[a].valid_day < errors[b].valid_day
                                                      : a < b;
  });

  std::vector<GivenQuantiles> quantiles(issue_days.size());
  RankSet window(errors.size());
  std::size_t entering = 0;
  std::size_t leaving = 0;
  for (std::size_t i = 0; i < issue_days.size(); ++i) {
    const base::LocalDay from = issue_days[i] - options.window;
    for (; entering < by_day.size() && errors[by_day[entering]].valid_day < issue_days[i];
         ++entering) {
      window.Insert(rank[by_day[entering]]);
    }
    for (; leaving < entering && errors[by_day[leaving]].valid_day < from; ++leaving) {
      window.Remove(rank[by_day[leaving]]);
    }
    if (window.size() < std::max<std::size_t>(options.fewest, 1)) {
      quantiles[i].fill(std::numeric_limits<float>::quiet_NaN());
      continue;
    }
    for (std::size_t level = 0; level < kGivenLevels.size(); ++level) {
      // Less a hair, since 0.1 * 30 is a little over 3.
      const double position = kGivenLevels[level] * static_cast<double>(window.size()) - 1e-9;
      const auto nth = static_cast<std::size_t>(std::ceil(position)) - 1;
      quantiles[i][level] = errors[by_error[window.Nth(nth)]].error;
    }
  }
  return quantiles;
}

}  // namespace geoclimate::forecast
