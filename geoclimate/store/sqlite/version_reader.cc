#include "geoclimate/store/sqlite/version_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

#include "geoclimate/store/period.h"
#include "geoclimate/store/sqlite/chunk_table.h"
#include "geoclimate/store/sqlite/series_columns.h"

namespace geoclimate::store::sqlite {
namespace {

using base::Result;
using Limits = std::numeric_limits<std::int64_t>;

// Starts of the years that are kept lie within.
constexpr std::int64_t kFirstMinute = MinutesOf(base::DayStart(base::MakeDay(1899, 1, 1), {}));
constexpr std::int64_t kLastMinute = MinutesOf(base::DayStart(base::MakeDay(2152, 1, 1), {}));

// The first whole minute that is not before `time`.
std::int64_t MinutesNotBefore(base::Timestamp time) {
  const std::int64_t minutes = MinutesOf(time);
  return TimeOfMinutes(minutes) < time ? minutes + 1 : minutes;
}

template <typename T>
void BindOptional(Statement& statement, int parameter, const std::optional<T>& value) {
  if (value) {
    statement.Bind(parameter, static_cast<std::int64_t>(*value));
  } else {
    statement.BindNull(parameter);
  }
}

}  // namespace

Result<std::vector<VersionReader::KnownSeries>> VersionReader::SeriesOf(
    const ObservationQuery& query) {
  GC_ASSIGN_OR_RETURN(Statement * statement, transaction_.session().Prepared(
                                                 query.site ? "series_of_site" : "all_series"));
  BindOptional(*statement, 1, query.pollutant);
  BindOptional(*statement, 2, query.duration);
  if (query.site) statement->Bind(3, std::int64_t{query.site->number()});
  std::vector<KnownSeries> series;
  while (true) {
    GC_ASSIGN_OR_RETURN(const bool row, statement->Step());
    if (!row) return series;
    series.push_back({statement->Integer(0), ReadSeries(*statement, 1)});
  }
}

Result<VersionReader::Range> VersionReader::RangeOf(const ObservationQuery& query) {
  Range range{Limits::min(), Limits::max(), Limits::max()};
  if (query.from) range.from = MinutesNotBefore(*query.from);
  if (query.to) range.to = MinutesNotBefore(*query.to);
  if (query.received_by) {
    GC_ASSIGN_OR_RETURN(Statement * newest, transaction_.session().Prepared("newest_receipt_by"));
    newest->Bind(1, std::int64_t{query.received_by->time_since_epoch().count()});
    GC_ASSIGN_OR_RETURN(const bool row, newest->Step());
    range.receipt = row ? newest->Integer(0) : 0;
    newest->Reset();
  }
  return range;
}

Result<void> VersionReader::Visit(const ObservationQuery& query,
                                  const std::function<void(const StoredObservation&)>& visit) {
  GC_RETURN_IF_ERROR(transaction_.UpdateDictionary());
  GC_ASSIGN_OR_RETURN(const Range range, RangeOf(query));
  GC_ASSIGN_OR_RETURN(const std::vector<KnownSeries> series, SeriesOf(query));
  const auto other_group = [](const KnownSeries& a, const KnownSeries& b) {
    return a.series.site != b.series.site || a.series.pollutant != b.series.pollutant;
  };
  for (auto begin = series.begin(); begin != series.end();) {
    const auto last = std::adjacent_find(begin, series.end(), other_group);
    const auto end = last == series.end() ? last : last + 1;
    GC_RETURN_IF_ERROR(VisitGroup({begin, end}, range, visit));
    begin = end;
  }
  return {};
}

Result<std::vector<Version>> VersionReader::VersionsOf(const KnownSeries& known,
                                                       const Range& range) {
  const auto period = [&](std::int64_t minutes) {
    return PeriodOf(std::clamp(minutes, kFirstMinute, kLastMinute), known.series.duration).id;
  };
  if (range.from >= range.to) return std::vector<Version>();
  GC_ASSIGN_OR_RETURN(
      std::vector<Version> versions,
      ReadChunks(transaction_.session(), known.id, period(range.from), period(range.to - 1)));
  std::erase_if(versions, [&](const Version& version) {
    return version.start < range.from || version.start >= range.to ||
           version.receipt > range.receipt;
  });
  return versions;
}

Result<std::vector<Version>> VersionReader::Versions(std::span<const KnownSeries> group,
                                                     const Range& range) {
  std::vector<Version> all;
  for (std::uint32_t i = 0; i < group.size(); ++i) {
    GC_ASSIGN_OR_RETURN(std::vector<Version> versions, VersionsOf(group[i], range));
    for (Version& version : versions) version.series = i;
    if (all.empty()) {
      all = std::move(versions);
    } else {
      all.insert(all.end(), versions.begin(), versions.end());
    }
  }
  // received_at never falls as receipts grow, but two may share one.
  const auto before = [&](const Version& a, const Version& b) {
    if (a.start != b.start) return a.start < b.start;
    if (a.series != b.series) return a.series < b.series;
    if (a.receipt != b.receipt) {
      const auto received_a = transaction_.dictionary().ReceivedAt(a.receipt);
      const auto received_b = transaction_.dictionary().ReceivedAt(b.receipt);
      if (received_a != received_b) return received_a < received_b;
    }
    return a.Identity() < b.Identity();
  };
  if (!std::is_sorted(all.begin(), all.end(), before)) std::sort(all.begin(), all.end(), before);
  return all;
}

Result<void> VersionReader::VisitGroup(std::span<const KnownSeries> group, const Range& range,
                                       const std::function<void(const StoredObservation&)>& visit) {
  GC_ASSIGN_OR_RETURN(const std::vector<Version> versions, Versions(group, range));
  for (const Version& version : versions) {
    GC_ASSIGN_OR_RETURN(const StoredObservation stored,
                        Stored(group[version.series].series, version));
    visit(stored);
  }
  return {};
}

Result<StoredObservation> VersionReader::Stored(const Series& series,
                                                const Version& version) const {
  const std::optional<std::string_view> origin = transaction_.dictionary().Origin(version.origin);
  const std::optional<base::Timestamp> received_at =
      transaction_.dictionary().ReceivedAt(version.receipt);
  if (!origin || !received_at) {
    return base::DataLoss(
        fmt::format("{}: damaged: origin {} or receipt {} is not there; restore a backup",
                    transaction_.session().connection().path(), version.origin, version.receipt));
  }
  StoredObservation stored;
  airquality::Observation& observation = stored.observation;
  observation.key = KeyOf(series, TimeOfMinutes(version.start));
  observation.value = airquality::Concentration::FromMicro(version.value);
  observation.source = static_cast<airquality::Source>(version.source);
  observation.completeness = static_cast<std::uint8_t>(version.completeness);
  observation.monitor = static_cast<airquality::MonitorKind>(version.monitor);
  stored.available_at =
      std::max(airquality::AvailableAt(observation.key, observation.monitor),
               base::Timestamp(std::chrono::microseconds(version.available_at_floor)));
  stored.received_at = *received_at;
  stored.origin = *origin;
  return stored;
}

}  // namespace geoclimate::store::sqlite
