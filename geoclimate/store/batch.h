#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "geoclimate/airquality/observation.h"
#include "geoclimate/base/clock.h"
#include "geoclimate/base/result.h"
#include "geoclimate/store/series.h"
#include "geoclimate/store/version.h"

namespace geoclimate::store {

// Observations that wait to be written, in any order until Sort().
class Batch {
 public:
  // kInvalidArgument as ObservationWriter::Append() says; the batch is as it was.
  base::Result<void> Add(const airquality::Observation& observation,
                         std::optional<base::Timestamp> available_at_floor);

  std::size_t size() const { return versions_.size(); }
  // The series of the batch; Version::series is an index into it. Clear() keeps them.
  std::span<const Series> series() const { return series_; }

  struct Part {
    std::uint32_t series;
    std::span<const Version> versions;  // in the order of Identity()
  };
  // One part a series that has versions. The spans live until the batch changes.
  std::vector<Part> Sort();

  void Clear() { versions_.clear(); }

 private:
  base::Result<std::uint32_t> SeriesIndex(const airquality::ObservationKey& key);

  std::vector<Version> versions_;
  std::vector<Series> series_;
  std::unordered_map<Series, std::uint32_t, SeriesHash> index_;
  std::uint32_t last_ = 0;  // the series of the newest version: files name one many times in a row
};

}  // namespace geoclimate::store
