#include "geoclimate/store/postgres/version_rows.h"

#include <chrono>
#include <memory>
#include <string_view>

#include "geoclimate/store/postgres/binary.h"

namespace geoclimate::store::postgres {
namespace {

constexpr std::size_t kCopyBytes = 64 << 10;
constexpr std::int16_t kColumns = 9;

std::int64_t StartMicroseconds(const Version& version) {
  return TimeOfMinutes(version.start).time_since_epoch().count();
}

// The columns that name a row.
struct KeyColumns {
  Column series{Type::kInteger4};
  Column start{Type::kTime};
  Column value{Type::kInteger8};
  Column source{Type::kInteger2};
  Column completeness{Type::kInteger2};

  void Add(const VersionRow& row) {
    series.Add(row.series);
    start.AddTime(StartMicroseconds(row.version));
    value.Add(row.version.value);
    source.Add(row.version.source);
    completeness.Add(row.version.completeness);
  }
  void AddTo(Parameters& parameters) const {
    parameters.Array(series).Array(start).Array(value).Array(source).Array(completeness);
  }
};

// And those that a version that comes again may change.
struct StateColumns {
  Column monitor{Type::kInteger2};
  Column floor{Type::kTime};
  Column origin{Type::kInteger4};

  void Add(const VersionRow& row) {
    monitor.Add(row.version.monitor);
    floor.AddTime(row.version.available_at_floor);
    origin.Add(row.version.origin);
  }
  void AddTo(Parameters& parameters) const { parameters.Array(monitor).Array(floor).Array(origin); }
};

template <std::integral T>
void PutField(T value, std::string& out) {
  PutInteger(std::int32_t{sizeof(T)}, out);
  PutInteger(value, out);
}

void PutRow(const VersionRow& row, std::string& out) {
  const Version& version = row.version;
  PutInteger(kColumns, out);
  PutField(row.series, out);
  PutField(EncodeMicroseconds(StartMicroseconds(version)), out);
  PutField(version.value, out);
  PutField(std::int16_t{version.source}, out);
  PutField(std::int16_t{version.completeness}, out);
  PutField(std::int16_t{version.monitor}, out);
  PutField(EncodeMicroseconds(version.available_at_floor), out);
  PutField(version.origin, out);
  PutField(version.receipt, out);
}

}  // namespace

Version ReadVersion(const Rows& rows, int row, int first) {
  Version version;
  version.start = static_cast<std::int32_t>(MinutesOf(rows.Time(row, first)));
  version.value = rows.Integer(row, first + 1);
  version.source = static_cast<std::uint8_t>(rows.Integer(row, first + 2));
  version.completeness = static_cast<std::uint8_t>(rows.Integer(row, first + 3));
  version.monitor = static_cast<std::uint8_t>(rows.Integer(row, first + 4));
  version.available_at_floor = rows.Microseconds(row, first + 5);
  version.origin = static_cast<std::int32_t>(rows.Integer(row, first + 6));
  version.receipt = static_cast<std::int32_t>(rows.Integer(row, first + 7));
  return version;
}

Call InsertVersions(std::span<const VersionRow> rows) {
  KeyColumns keys;
  StateColumns states;
  Column receipt(Type::kInteger4);
  for (const VersionRow& row : rows) {
    keys.Add(row);
    states.Add(row);
    receipt.Add(row.version.receipt);
  }
  Call call{"insert_versions", {}};
  keys.AddTo(call.parameters);
  states.AddTo(call.parameters);
  call.parameters.Array(receipt);
  return call;
}

Call UpdateVersions(std::span<const VersionRow> rows) {
  KeyColumns keys;
  StateColumns states;
  for (const VersionRow& row : rows) {
    keys.Add(row);
    states.Add(row);
  }
  Call call{"update_versions", {}};
  keys.AddTo(call.parameters);
  states.AddTo(call.parameters);
  return call;
}

std::function<bool(std::string&)> CopyVersions(std::span<const VersionRow> rows) {
  const auto next = std::make_shared<std::size_t>(0);
  return [rows, next](std::string& out) {
    using std::string_view_literals::operator""sv;
    if (*next == 0) out += "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0"sv;
    while (*next < rows.size() && out.size() < kCopyBytes) PutRow(rows[(*next)++], out);
    if (*next < rows.size()) return true;
    PutInteger(std::int16_t{-1}, out);
    return false;
  };
}

}  // namespace geoclimate::store::postgres
