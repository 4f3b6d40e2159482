#include "geoclimate/store/postgres/version_reader.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "geoclimate/store/postgres/series_rows.h"
#include "geoclimate/store/postgres/version_rows.h"

namespace geoclimate::store::postgres {
namespace {

using base::Result;

constexpr int kRowsAtOnce = 1 << 15;
constexpr std::size_t kMostGroups = 4096;

template <typename T>
std::optional<std::int64_t> Number(const std::optional<T>& value) {
  if (!value) return std::nullopt;
  return static_cast<std::int64_t>(*value);
}

}  // namespace

Result<void> VersionReader::Visit(const ObservationQuery& query) {
  for (int attempt = 0;; ++attempt) {
    GC_ASSIGN_OR_RETURN(Lease lease, database_.Connect());
    database_.dictionary().FollowServer(database_.pool().opened());
    Result<void> done = VisitOn(*lease, query);
    if (done.ok() || !lease->broken() || visited_ || attempt > 0) return done;
  }
}

Result<std::vector<VersionReader::KnownSeries>> VersionReader::Begin(Connection& connection,
                                                                     const ObservationQuery& query,
                                                                     Range& range) {
  using Limits = std::numeric_limits<std::int64_t>;
  range = {.from = query.from ? query.from->time_since_epoch().count() : Limits::min(),
           .to = query.to ? query.to->time_since_epoch().count() : Limits::max(),
           .receipt = std::numeric_limits<std::int32_t>::max()};
  std::optional<std::int64_t> site;
  if (query.site) site = query.site->number();
  std::vector<Call> calls;
  calls.push_back({"begin_read", {}});
  calls.push_back({"wanted_series", Parameters()
                                        .Optional4(site)
                                        .Optional4(Number(query.pollutant))
                                        .Optional4(Number(query.duration))});
  if (query.received_by) {
    calls.push_back(
        {"newest_receipt_by", Parameters().Time(query.received_by->time_since_epoch().count())});
  }
  GC_ASSIGN_OR_RETURN(const std::vector<Rows> rows, connection.Run(std::move(calls)));
  if (query.received_by) {
    range.receipt = rows[2].size() == 0 ? 0 : static_cast<std::int32_t>(rows[2].Integer(0, 0));
  }
  std::vector<KnownSeries> series;
  series.reserve(static_cast<std::size_t>(rows[1].size()));
  for (int row = 0; row < rows[1].size(); ++row) {
    series.push_back(
        {static_cast<std::int32_t>(rows[1].Integer(row, 0)), ReadSeries(rows[1], row, 1)});
  }
  return series;
}

std::vector<VersionReader::Group> VersionReader::TakeGroups(
    std::span<const KnownSeries>& rest) const {
  const auto other_group = [](const KnownSeries& a, const KnownSeries& b) {
    return a.series.site != b.series.site || a.series.pollutant != b.series.pollutant;
  };
  std::vector<Group> groups;
  while (!rest.empty() && groups.size() < groups_at_once_) {
    const auto last = std::ranges::adjacent_find(rest, other_group);
    const auto count =
        static_cast<std::size_t>(last == rest.end() ? std::ssize(rest) : last - rest.begin() + 1);
    groups.push_back({rest.first(count), {}});
    rest = rest.subspan(count);
  }
  return groups;
}

Result<void> VersionReader::Ask(Connection& connection, std::span<const Group> groups,
                                const Range& range) {
  Column ids(Type::kInteger4);
  for (const Group& group : groups) {
    for (const KnownSeries& series : group.series) ids.Add(series.id);
  }
  std::vector<Call> calls;
  calls.push_back(
      {"versions_of_series",
       Parameters().Array(ids).Time(range.from).Time(range.to).Integer4(range.receipt)});
  return connection.Send(std::move(calls));
}

void VersionReader::Sort(const Rows& rows, std::vector<Group>& groups) {
  struct Place {
    std::size_t group;
    std::uint32_t series;
  };
  std::unordered_map<std::int32_t, Place> places;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    for (std::uint32_t j = 0; j < groups[i].series.size(); ++j) {
      places.emplace(groups[i].series[j].id, Place{i, j});
    }
  }
  std::int32_t series = 0;
  Place place{};
  for (int row = 0; row < rows.size(); ++row) {
    const auto id = static_cast<std::int32_t>(rows.Integer(row, 0));
    if (id != series) {
      series = id;
      place = places.at(id);
    }
    Version version = ReadVersion(rows, row, 1);
    version.series = place.series;
    groups[place.group].versions.push_back(version);
  }
}

Result<void> VersionReader::LearnNames(Connection& connection, std::span<const Group> groups) {
  Dictionary::Wanted wanted;
  std::int32_t origin = 0;
  std::int32_t receipt = 0;
  for (const Group& group : groups) {
    for (const Version& version : group.versions) {
      if (version.origin != origin) wanted.origins.insert(origin = version.origin);
      if (version.receipt != receipt) wanted.receipts.insert(receipt = version.receipt);
    }
  }
  return database_.dictionary().Complete(connection, wanted, names_);
}

void VersionReader::VisitGroup(Group& group) {
  const auto before = [&](const Version& a, const Version& b) {
    if (a.start != b.start) return a.start < b.start;
    if (a.series != b.series) return a.series < b.series;
    if (a.receipt != b.receipt) {
      // received_at never falls as receipts grow, but two may share one.
      const base::Timestamp received_a = names_.receipts.at(a.receipt);
      const base::Timestamp received_b = names_.receipts.at(b.receipt);
      if (received_a != received_b) return received_a < received_b;
    }
    return a.Identity() < b.Identity();
  };
  if (!std::ranges::is_sorted(group.versions, before)) std::ranges::sort(group.versions, before);
  StoredObservation stored;
  for (const Version& version : group.versions) {
    airquality::Observation& observation = stored.observation;
    observation.key = KeyOf(group.series[version.series].series, TimeOfMinutes(version.start));
    observation.value = airquality::Concentration::FromMicro(version.value);
    observation.source = static_cast<airquality::Source>(version.source);
    observation.completeness = version.completeness;
    observation.monitor = static_cast<airquality::MonitorKind>(version.monitor);
    stored.available_at =
        std::max(airquality::AvailableAt(observation.key, observation.monitor),
                 base::Timestamp(std::chrono::microseconds(version.available_at_floor)));
    stored.received_at = names_.receipts.at(version.receipt);
    stored.origin = names_.origins.at(version.origin);
    visited_ = true;
    visit_(stored);
  }
}

Result<void> VersionReader::VisitOn(Connection& connection, const ObservationQuery& query) {
  Range range{};
  GC_ASSIGN_OR_RETURN(const std::vector<KnownSeries> series, Begin(connection, query, range));
  std::span<const KnownSeries> rest = series;
  std::vector<Group> groups = TakeGroups(rest);
  if (!groups.empty()) GC_RETURN_IF_ERROR(Ask(connection, groups, range));
  while (!groups.empty()) {
    GC_ASSIGN_OR_RETURN(const std::vector<Rows> answers, connection.Receive());
    Sort(answers.front(), groups);
    GC_RETURN_IF_ERROR(LearnNames(connection, groups));
    // Rows of sites differ in number: half as many or twice as many the next time.
    const int rows = answers.front().size();
    if (rows < kRowsAtOnce / 2) groups_at_once_ = std::min(kMostGroups, 2 * groups_at_once_);
    if (rows > kRowsAtOnce) groups_at_once_ = std::max<std::size_t>(1, groups_at_once_ / 2);
    std::vector<Group> next = TakeGroups(rest);
    if (!next.empty()) GC_RETURN_IF_ERROR(Ask(connection, next, range));
    for (Group& group : groups) VisitGroup(group);
    groups = std::move(next);
  }
  // What was read stays read, whatever the server says now.
  static_cast<void>(connection.RunOne({"commit", {}}));
  return {};
}

}  // namespace geoclimate::store::postgres
