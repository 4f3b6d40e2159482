#include "geoclimate/store/sqlite/version_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <optional>
#include <string_view>
#include <tuple>

namespace geoclimate::store::sqlite {
namespace {

using base::Result;
using Limits = std::numeric_limits<std::int64_t>;

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

Result<std::vector<VersionRow>> VersionReader::Rows(std::span<const KnownSeries> group,
                                                    const Range& range) {
  GC_ASSIGN_OR_RETURN(Statement * query, transaction_.session().Prepared("versions_of_series"));
  query->Bind(2, range.from);
  query->Bind(3, range.to);
  query->Bind(4, range.receipt);
  std::vector<VersionRow> rows;
  for (std::size_t i = 0; i < group.size(); ++i) {
    query->Bind(1, group[i].id);
    while (true) {
      GC_ASSIGN_OR_RETURN(const bool row, query->Step());
      if (!row) break;
      rows.push_back(ReadVersion(*query, static_cast<std::int64_t>(i)));
    }
  }
  // received_at never falls as receipts grow, but two may share one.
  const auto before = [&](const VersionRow& a, const VersionRow& b) {
    if (a.start != b.start) return a.start < b.start;
    if (a.series != b.series) return a.series < b.series;
    if (a.receipt != b.receipt) {
      const auto received_a = transaction_.dictionary().ReceivedAt(a.receipt);
      const auto received_b = transaction_.dictionary().ReceivedAt(b.receipt);
      if (received_a != received_b) return received_a < received_b;
    }
    return std::tie(a.source, a.value, a.completeness) <
           std::tie(b.source, b.value, b.completeness);
  };
  if (!std::is_sorted(rows.begin(), rows.end(), before)) {
    std::sort(rows.begin(), rows.end(), before);
  }
  return rows;
}

Result<void> VersionReader::VisitGroup(std::span<const KnownSeries> group, const Range& range,
                                       const std::function<void(const StoredObservation&)>& visit) {
  GC_ASSIGN_OR_RETURN(const std::vector<VersionRow> rows, Rows(group, range));
  for (const VersionRow& row : rows) {
    GC_ASSIGN_OR_RETURN(const StoredObservation stored,
                        Stored(group[static_cast<std::size_t>(row.series)].series, row));
    visit(stored);
  }
  return {};
}

Result<StoredObservation> VersionReader::Stored(const Series& series, const VersionRow& row) const {
  const std::optional<std::string_view> origin = transaction_.dictionary().Origin(row.origin);
  const std::optional<base::Timestamp> received_at =
      transaction_.dictionary().ReceivedAt(row.receipt);
  if (!origin || !received_at) {
    return base::DataLoss(
        fmt::format("{}: damaged: origin {} or receipt {} is not there; restore a backup",
                    transaction_.session().connection().path(), row.origin, row.receipt));
  }
  StoredObservation stored;
  airquality::Observation& observation = stored.observation;
  observation.key = KeyOf(series, TimeOfMinutes(row.start));
  observation.value = airquality::Concentration::FromMicro(row.value);
  observation.source = static_cast<airquality::Source>(row.source);
  observation.completeness = static_cast<std::uint8_t>(row.completeness);
  observation.monitor = static_cast<airquality::MonitorKind>(row.monitor);
  stored.available_at =
      std::max(airquality::AvailableAt(observation.key, observation.monitor),
               base::Timestamp(std::chrono::microseconds(row.available_at_floor)));
  stored.received_at = *received_at;
  stored.origin = *origin;
  return stored;
}

}  // namespace geoclimate::store::sqlite
