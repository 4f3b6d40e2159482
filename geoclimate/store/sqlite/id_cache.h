#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "geoclimate/base/result.h"
#include "geoclimate/store/series.h"
#include "geoclimate/store/sqlite/session.h"

namespace geoclimate::store::sqlite {

// The ids of series and origins, found in or added to their tables once and then remembered. Must
// be cleared when a transaction rolls back and when another connection has written.
class IdCache {
 public:
  // The site must be known: kFailedPrecondition naming it.
  base::Result<std::int64_t> SeriesId(Session& session, const Series& series);

  base::Result<std::int32_t> OriginId(Session& session, std::string_view name);
  // The view lives until Clear().
  base::Result<std::string_view> OriginName(Session& session, std::int32_t id);

  void Clear();

 private:
  std::unordered_map<Series, std::int64_t, SeriesHash> series_;
  std::unordered_map<std::string, std::int32_t> origin_ids_;
  std::unordered_map<std::int32_t, std::string> origin_names_;
};

}  // namespace geoclimate::store::sqlite
