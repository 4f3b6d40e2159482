#pragma once

#include <cstdint>
#include <memory>

#include "geoclimate/airquality/site.h"
#include "geoclimate/server/http/response.h"
#include "geoclimate/service/site_values.h"

namespace geoclimate::server::http::routes {

enum class HistoryFormat : std::uint8_t { kJson, kCsv };

struct HistoryWish {
  service::HistoryQuery query;
  HistoryFormat format = HistoryFormat::kJson;
};

// Writes the observations of `site`, a year a step. Reads the store: not for an I/O thread.
// `values` must outlive the task.
std::unique_ptr<ResponseTask> MakeHistoryTask(const service::SiteValues& values,
                                              airquality::Site site, const HistoryWish& wish);

}  // namespace geoclimate::server::http::routes
