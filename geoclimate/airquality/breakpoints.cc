#include "geoclimate/airquality/breakpoints.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

namespace geoclimate::airquality {
namespace {

constexpr std::int64_t kTenth = 100'000;
constexpr std::int64_t kThousandth = 1'000;
constexpr std::int64_t kOne = 1'000'000;

constexpr std::string_view k1999 = "64 FR 42530, 4 August 1999";
constexpr std::string_view k2024 = "89 FR 16202, 6 March 2024; EPA-454/B-24-002, table 6";
constexpr base::LocalDay kInForce1999 = base::MakeDay(1999, 10, 4);
constexpr base::LocalDay kInForce2024 = base::MakeDay(2024, 5, 6);

constexpr BreakpointSegment kPm25In1999[] = {
    {0, 154, 0, 50},        {155, 404, 51, 100},    {405, 654, 101, 150},   {655, 1504, 151, 200},
    {1505, 2504, 201, 300}, {2505, 3504, 301, 400}, {3505, 5004, 401, 500},
};
constexpr BreakpointSegment kPm25In2012[] = {
    {0, 120, 0, 50},        {121, 354, 51, 100},    {355, 554, 101, 150},   {555, 1504, 151, 200},
    {1505, 2504, 201, 300}, {2505, 3504, 301, 400}, {3505, 5004, 401, 500},
};
constexpr BreakpointSegment kPm25In2024[] = {
    {0, 90, 0, 50},        {91, 354, 51, 100},     {355, 554, 101, 150},
    {555, 1254, 151, 200}, {1255, 2254, 201, 300}, {2255, 3254, 301, 500},
};
constexpr BreakpointSegment kPm10In1999[] = {
    {0, 54, 0, 50},       {55, 154, 51, 100},   {155, 254, 101, 150}, {255, 354, 151, 200},
    {355, 424, 201, 300}, {425, 504, 301, 400}, {505, 604, 401, 500},
};
constexpr BreakpointSegment kPm10In2024[] = {
    {0, 54, 0, 50},       {55, 154, 51, 100},   {155, 254, 101, 150},
    {255, 354, 151, 200}, {355, 424, 201, 300}, {425, 604, 301, 500},
};
constexpr BreakpointSegment kO3In2008[] = {
    {0, 59, 0, 50},      {60, 75, 51, 100},    {76, 95, 101, 150},
    {96, 115, 151, 200}, {116, 374, 201, 300},
};
constexpr BreakpointSegment kO3In2015[] = {
    {0, 54, 0, 50},      {55, 70, 51, 100},    {71, 85, 101, 150},
    {86, 105, 151, 200}, {106, 200, 201, 300},
};
constexpr BreakpointSegment kO3OneHour[] = {
    {125, 164, 101, 150},
    {165, 204, 151, 200},
    {205, 404, 201, 300},
    {405, 604, 301, 500},
};
constexpr BreakpointSegment kNo2[] = {
    {0, 53, 0, 50},       {54, 100, 51, 100},    {101, 360, 101, 150},
    {361, 649, 151, 200}, {650, 1249, 201, 300}, {1250, 2049, 301, 500},
};
constexpr BreakpointSegment kSo2OneHour[] = {
    {0, 35, 0, 50},
    {36, 75, 51, 100},
    {76, 185, 101, 150},
    {186, 304, 151, 200},
};
constexpr BreakpointSegment kSo2Day[] = {{305, 604, 201, 300}, {605, 1004, 301, 500}};
constexpr BreakpointSegment kCo[] = {
    {0, 44, 0, 50},       {45, 94, 51, 100},    {95, 124, 101, 150},
    {125, 154, 151, 200}, {155, 304, 201, 300}, {305, 504, 301, 500},
};

constexpr BreakpointScale Extended(Statistic statistic,
                                   std::span<const BreakpointSegment> segments) {
  return {statistic, segments, AboveScale::kExtend, 0};
}
constexpr BreakpointScale Held(Statistic statistic, std::span<const BreakpointSegment> segments) {
  return {statistic, segments, AboveScale::kHold, segments.back().aqi_high};
}

constexpr BreakpointScale kNoSecond = {};
constexpr BreakpointScale kO3Second = Extended(Statistic::kMax1Hour, kO3OneHour);

constexpr BreakpointTable kPm25Tables[] = {
    {Pollutant::kPm25, "epa-1999", kInForce1999, k1999, kTenth,
     Extended(Statistic::kMean, kPm25In1999), kNoSecond},
    {Pollutant::kPm25, "epa-2012", base::MakeDay(2013, 3, 18), "78 FR 3086, 15 January 2013",
     kTenth, Extended(Statistic::kMean, kPm25In2012), kNoSecond},
    {Pollutant::kPm25, "epa-2024", kInForce2024, k2024, kTenth,
     Extended(Statistic::kMean, kPm25In2024), kNoSecond},
};
constexpr BreakpointTable kPm10Tables[] = {
    {Pollutant::kPm10, "epa-1999", kInForce1999, k1999, kOne,
     Extended(Statistic::kMean, kPm10In1999), kNoSecond},
    {Pollutant::kPm10, "epa-2024", kInForce2024, k2024, kOne,
     Extended(Statistic::kMean, kPm10In2024), kNoSecond},
};
constexpr BreakpointTable kO3Tables[] = {
    {Pollutant::kO3, "epa-2008", base::MakeDay(2008, 5, 27), "73 FR 16436, 27 March 2008",
     kThousandth, Held(Statistic::kMax8Hour, kO3In2008), kO3Second},
    {Pollutant::kO3, "epa-2015", base::MakeDay(2015, 12, 28), "80 FR 65292, 26 October 2015",
     kThousandth, Held(Statistic::kMax8Hour, kO3In2015), kO3Second},
};
constexpr BreakpointTable kNo2Tables[] = {
    {Pollutant::kNo2, "epa", base::MakeDay(2010, 4, 12), "75 FR 6474, 9 February 2010", kOne,
     Extended(Statistic::kMax1Hour, kNo2), kNoSecond},
};
constexpr BreakpointTable kSo2Tables[] = {
    {Pollutant::kSo2, "epa", base::MakeDay(2010, 8, 23), "75 FR 35520, 22 June 2010", kOne,
     Held(Statistic::kMax1Hour, kSo2OneHour), Extended(Statistic::kMean, kSo2Day)},
};
constexpr BreakpointTable kCoTables[] = {
    {Pollutant::kCo, "epa", kInForce1999, k1999, kTenth, Extended(Statistic::kMax8Hour, kCo),
     kNoSecond},
};

bool LooksLikeDate(std::string_view text) {
  return text.size() >= 5 && text[4] == '-' && text[0] >= '0' && text[0] <= '9';
}

}  // namespace

std::span<const BreakpointTable> BreakpointTables(Pollutant pollutant) {
  switch (pollutant) {
    case Pollutant::kPm25:
      return kPm25Tables;
    case Pollutant::kPm10:
      return kPm10Tables;
    case Pollutant::kO3:
      return kO3Tables;
    case Pollutant::kNo2:
      return kNo2Tables;
    case Pollutant::kSo2:
      return kSo2Tables;
    case Pollutant::kCo:
      return kCoTables;
  }
  return {};
}

const BreakpointTable& NewestTable(Pollutant pollutant) {
  return BreakpointTables(pollutant).back();
}

const BreakpointTable& TableInForce(Pollutant pollutant, base::LocalDay day) {
  const std::span<const BreakpointTable> tables = BreakpointTables(pollutant);
  const auto later = std::upper_bound(tables.begin(), tables.end(), day,
                                      [](base::LocalDay value, const BreakpointTable& table) {
                                        return value < table.in_force_from;
                                      });
  return later == tables.begin() ? *later : *(later - 1);
}

base::Result<const BreakpointTable*> FindTable(Pollutant pollutant, std::string_view name) {
  std::string known;
  for (const BreakpointTable& table : BreakpointTables(pollutant)) {
    if (table.name == name) return &table;
    if (!known.empty()) known += ", ";
    known += table.name;
  }
  return base::InvalidArgument(
      fmt::format("'{}' is not an AQI table of {}; known are {}", name, Name(pollutant), known));
}

base::Result<const BreakpointTable*> ParseTable(Pollutant pollutant,
                                                std::string_view name_or_date) {
  if (!LooksLikeDate(name_or_date)) return FindTable(pollutant, name_or_date);
  GC_ASSIGN_OR_RETURN(const base::LocalDay day, base::ParseDay(name_or_date));
  return &TableInForce(pollutant, day);
}

}  // namespace geoclimate::airquality
