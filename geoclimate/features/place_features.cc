#include "geoclimate/features/place_features.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "geoclimate/base/check.h"
#include "geoclimate/features/calendar_features.h"
#include "geoclimate/features/co_pollutant_features.h"
#include "geoclimate/features/neighbour_features.h"

namespace geoclimate::features {
namespace {

using airquality::Pollutant;

constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();
constexpr float kCountRadiusKm = 150;

FeatureSchema MakeSchema(Pollutant pollutant) {
  ColumnList columns(pollutant);
  AddCalendarColumns(columns);
  columns.AddConcentration(kAroundLastStem);
  columns.AddConcentration(kAroundMean7Stem);
  columns.AddConcentration(kAroundMean30Stem);
  columns.AddConcentration(kAroundExpandingMeanStem);
  columns.AddSpread("around_spread");
  columns.AddNumber("around_age", "days", 0, kReportingDays - 1);
  columns.AddConcentration(kReportingLastStem);
  columns.AddConcentration("reporting_mean30");
  columns.AddNumber("reporting", "km", 0, static_cast<float>(SiteGeometry::kRadiusKm));
  columns.AddNumber("reporting150", "sites", 0, 10'000);
  AddNeighbourColumns(columns);
  AddCoPollutantColumns(columns);
  return FeatureSchema(std::move(columns).Take());
}

std::size_t ColumnOf(Pollutant pollutant, std::string_view stem) {
  const int column =
      PlaceSchema(pollutant).Find(std::string(airquality::Slug(pollutant)) + std::string(stem));
  GC_CHECK(column >= 0, "the schema has its own columns");
  return static_cast<std::size_t>(column);
}

// Inverse-distance means over the nearest sites that report.
class Interpolation {
 public:
  void Add(const ReportedValues& values, float distance_km) {
    if (distance_km <= kCountRadiusKm) ++within_radius_;
    if (count_ == kInterpolated) return;
    if (count_++ == 0) nearest_ = {values, distance_km};
    const double distance = std::max(double{distance_km}, 1.0);
    const double weight = 1 / (distance * distance);
    weights_ += weight;
    last_ += weight * double{values.last};
    mean7_ += weight * double{values.mean7};
    mean30_ += weight * double{values.mean30};
    mean_all_ += weight * double{values.mean_all};
    const double level = double{values.mean30} - double{nearest_.values.mean30};
    levels_ += level;
    level_squares_ += level * level;
    newest_age_ = std::min(newest_age_, values.age_days);
  }

  float* Write(float* out) const {
    if (count_ == 0) {
      out = std::fill_n(out, 9, kMissing);
    } else {
      for (const double sum : {last_, mean7_, mean30_, mean_all_}) {
        *out++ = static_cast<float>(sum / weights_);
      }
      const auto n = static_cast<double>(count_);
      const double variance = (level_squares_ - levels_ * levels_ / n) / (n - 1);
      *out++ = count_ < 2 ? kMissing : static_cast<float>(std::sqrt(std::max(0.0, variance)));
      *out++ = newest_age_;
      *out++ = nearest_.values.last;
      *out++ = nearest_.values.mean30;
      *out++ = nearest_.distance_km;
    }
    *out++ = static_cast<float>(within_radius_);
    return out;
  }

 private:
  struct Nearest {
    ReportedValues values;
    float distance_km;
  };
  int count_ = 0;
  int within_radius_ = 0;
  double weights_ = 0;
  double last_ = 0;
  double mean7_ = 0;
  double mean30_ = 0;
  double mean_all_ = 0;
  double levels_ = 0;  // of 30-day means, less the nearest one's
  double level_squares_ = 0;
  float newest_age_ = static_cast<float>(kReportingDays);
  Nearest nearest_{};
};

float* WriteOtherPollutants(Pollutant pollutant, std::span<const Neighbour> neighbours,
                            const NetworkReport& report, float* out) {
  for (const Pollutant other : airquality::kPollutants) {
    if (other == pollutant) continue;
    const std::vector<ReportedValues>& values =
        report.values[static_cast<std::size_t>(airquality::Index(other))];
    const ReportedValues* found = nullptr;
    for (const Neighbour& neighbour : neighbours) {
      if (neighbour.distance_km > kCoPollutantRadiusKm) break;
      if (!values[neighbour.site].reports()) continue;
      found = &values[neighbour.site];
      break;
    }
    *out++ = found != nullptr ? found->last : kMissing;
    *out++ = found != nullptr ? found->mean7 : kMissing;
  }
  return out;
}

}  // namespace

ReportedValues Silent() {
  return {kMissing, kMissing, kMissing, kMissing, kMissing, kMissing, kMissing};
}

ReportedValues ReportedBy(const DailyStatistics& statistics, std::size_t site, base::LocalDay day) {
  const DailyStatistics::Last last = statistics.LastValue(site, day);
  if (last.age_days < 0 || last.age_days >= kReportingDays) return Silent();
  const SiteHistory::Series& series = statistics.series(site);
  return {.today = series.At(day),
          .yesterday = series.At(day - std::chrono::days(1)),
          .last = last.value,
          .age_days = static_cast<float>(last.age_days),
          .mean7 = statistics.Mean(site, day, 7),
          .mean30 = statistics.Mean(site, day, 30),
          .mean_all = statistics.ExpandingMean(site, day)};
}

const FeatureSchema& PlaceSchema(Pollutant pollutant) {
  static const std::array schemas = {MakeSchema(Pollutant::kPm25), MakeSchema(Pollutant::kPm10),
                                     MakeSchema(Pollutant::kO3),   MakeSchema(Pollutant::kNo2),
                                     MakeSchema(Pollutant::kSo2),  MakeSchema(Pollutant::kCo)};
  return schemas[static_cast<std::size_t>(airquality::Index(pollutant))];
}

base::Result<void> CheckPlaceSchema(const FeatureSchema& schema, Pollutant pollutant) {
  const FeatureSchema& builds = PlaceSchema(pollutant);
  if (schema.fingerprint() == builds.fingerprint()) return {};
  return base::InvalidArgument(
      fmt::format("was trained on features {}, this program builds {} of places: train it again",
                  schema.fingerprint(), builds.fingerprint()));
}

PlaceColumns PlaceColumnsOf(Pollutant pollutant) {
  return {.reporting_km = ColumnOf(pollutant, "_reporting_km"),
          .around_age_days = ColumnOf(pollutant, "_around_age_days")};
}

void WritePlaceRow(Pollutant pollutant, std::span<const Neighbour> neighbours,
                   const NetworkReport& report, std::span<float> row) {
  GC_CHECK(row.size() == PlaceSchema(pollutant).size(), "the row has the schema's size");
  const std::vector<ReportedValues>& values =
      report.values[static_cast<std::size_t>(airquality::Index(pollutant))];
  Interpolation around;
  std::vector<NeighbourLink> links;
  std::vector<NeighbourValues> seen;
  for (const Neighbour& neighbour : neighbours) {
    const ReportedValues& said = values[neighbour.site];
    if (!said.reports()) continue;
    around.Add(said, neighbour.distance_km);
    links.push_back(LinkTo(neighbour));
    seen.push_back({said.today, said.yesterday, said.today - said.mean30});
  }
  float* out = WriteCalendarFeatures(pollutant, report.day, row.data());
  out = around.Write(out);
  out = WriteNeighbourFeatures(links, seen, out);
  out = WriteOtherPollutants(pollutant, neighbours, report, out);
  GC_CHECK(out == row.data() + row.size(), "every column is written");
}

}  // namespace geoclimate::features
