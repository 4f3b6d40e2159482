#pragma once

#include <string>
#include <string_view>

#include "geoclimate/fetch/value_keeper.h"
#include "geoclimate/ingest/fetch/airnow_answer.h"

namespace geoclimate::app {

// What a fetch ends with, for people.
std::string RenderFetchText(std::string_view source, const fetch::FetchReport& report);

// The same as one JSON object: {source, requests, rows, observations_new, observations_replaced,
// observations_unchanged, days_new, days_replaced, days_unchanged, without_value, rejected,
// rejects_by_reason{}, complete_to, note}. complete_to is null when nothing was completed.
std::string RenderFetchJson(std::string_view source, const fetch::FetchReport& report);

// AirNow's own indexes at a place: a line each, or an array.
std::string RenderReportsText(const ingest::ReportedIndexes& reports);
std::string RenderReportsJson(const ingest::ReportedIndexes& reports);

}  // namespace geoclimate::app
