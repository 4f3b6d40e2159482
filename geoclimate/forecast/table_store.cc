#include "geoclimate/forecast/table_store.h"

#include <fmt/format.h>

#include <utility>

#include "geoclimate/formats/digest.h"
#include "geoclimate/formats/json.h"

namespace geoclimate::forecast {
namespace {

constexpr std::string_view kPointerKey = "tables/current.json";
constexpr std::string_view kLeaseKey = "tables/lease.json";

std::string TableKey(std::string_view digest) {
  return fmt::format("tables/{}.gcft", digest);
}

std::string EncodePointer(const TablePointer& pointer) {
  std::string json;
  formats::JsonWriter(json)
      .BeginObject()
      .Key("digest")
      .String(pointer.digest)
      .Key("as_of")
      .String(base::FormatDay(pointer.as_of))
      .Key("issued_at")
      .String(base::FormatTimestamp(pointer.issued_at))
      .EndObject();
  return json;
}

base::Result<TablePointer> ParsePointer(std::string_view text) {
  GC_ASSIGN_OR_RETURN(const formats::Json json, formats::ParseJson(text));
  GC_ASSIGN_OR_RETURN(const std::string_view digest, json.StringAt("digest"));
  GC_ASSIGN_OR_RETURN(const formats::Sha256Digest sha256, formats::Sha256Digest::ParseHex(digest));
  GC_ASSIGN_OR_RETURN(const std::string_view as_of, json.StringAt("as_of"));
  GC_ASSIGN_OR_RETURN(const base::LocalDay day, base::ParseDay(as_of));
  GC_ASSIGN_OR_RETURN(const std::string_view issued_at, json.StringAt("issued_at"));
  GC_ASSIGN_OR_RETURN(const base::Timestamp time, base::ParseTimestamp(issued_at));
  return TablePointer{.digest = sha256.Hex(), .as_of = day, .issued_at = time};
}

// What stands in the lease's blob. `turn` counts the takers, so that no two leases have the same
// bytes.
struct LeaseState {
  std::string holder;
  std::uint64_t turn = 0;
  base::Timestamp until;
};

std::string EncodeLease(const LeaseState& lease) {
  std::string json;
  formats::JsonWriter(json)
      .BeginObject()
      .Key("holder")
      .String(lease.holder)
      .Key("turn")
      .Integer(static_cast<std::int64_t>(lease.turn))
      .Key("until")
      .String(base::FormatTimestamp(lease.until))
      .EndObject();
  return json;
}

base::Result<LeaseState> ParseLease(std::string_view text) {
  GC_ASSIGN_OR_RETURN(const formats::Json json, formats::ParseJson(text));
  GC_ASSIGN_OR_RETURN(const std::string_view holder, json.StringAt("holder"));
  GC_ASSIGN_OR_RETURN(const std::int64_t turn, json.IntegerAt("turn"));
  GC_ASSIGN_OR_RETURN(const std::string_view until, json.StringAt("until"));
  GC_ASSIGN_OR_RETURN(const base::Timestamp time, base::ParseTimestamp(until));
  return LeaseState{
      .holder = std::string(holder), .turn = static_cast<std::uint64_t>(turn), .until = time};
}

base::Error AsDataLoss(std::string_view key, const base::Error& error) {
  return base::DataLoss(fmt::format("'{}': {}", key, error.message()));
}

base::Error Held(const LeaseState& lease) {
  return base::Error(base::ErrorCode::kAborted,
                     fmt::format("{} is publishing forecasts until {}", lease.holder,
                                 base::FormatTimestamp(lease.until)));
}

}  // namespace

TableStore::TableStore(blob::BlobStore& store, const base::Clock& clock, TableStoreOptions options)
    : store_(store), clock_(clock), options_(options) {}

base::Result<TablePointer> TableStore::Current() const {
  const auto blob = store_.Get(kPointerKey);
  if (!blob.ok()) return blob.error();
  auto pointer = ParsePointer(blob->bytes);
  if (!pointer.ok()) return AsDataLoss(kPointerKey, pointer.error());
  return pointer;
}

base::Result<std::shared_ptr<const ForecastTable>> TableStore::Load(std::string_view digest) const {
  const std::string key = TableKey(digest);
  GC_ASSIGN_OR_RETURN(const blob::Blob blob, store_.Get(key));
  auto table = ForecastTable::Parse(blob.bytes);
  if (!table.ok()) return table.error().WithContext(key);
  if (table->digest() != digest) {
    return base::DataLoss(fmt::format("'{}' holds the bytes of {}", key, table->digest()));
  }
  return std::make_shared<const ForecastTable>(*std::move(table));
}

base::Result<std::shared_ptr<const ForecastTable>> TableStore::LoadCurrent() const {
  GC_ASSIGN_OR_RETURN(const TablePointer pointer, Current());
  return Load(pointer.digest);
}

base::Result<TableStore::Lease> TableStore::Acquire(std::string_view holder) {
  // The blob keeps whole seconds.
  const base::Timestamp until =
      std::chrono::floor<std::chrono::seconds>(clock_.Now()) + options_.lease;
  const auto blob = store_.Get(kLeaseKey);
  if (!blob.ok() && blob.error().code() != base::ErrorCode::kNotFound) return blob.error();
  LeaseState state{.holder = std::string(holder), .turn = 1, .until = until};
  base::Result<std::string> version = base::Internal("");
  if (!blob.ok()) {
    version = store_.PutIfAbsent(kLeaseKey, EncodeLease(state));
  } else {
    const auto previous = ParseLease(blob->bytes);
    if (!previous.ok()) return AsDataLoss(kLeaseKey, previous.error());
    if (previous->until > clock_.Now()) return Held(*previous);
    state.turn = previous->turn + 1;
    version = store_.PutIfMatch(kLeaseKey, EncodeLease(state), blob->version);
  }
  if (version.ok()) return Lease(*this, state.holder, state.turn, *std::move(version));
  if (version.error().code() == base::ErrorCode::kAlreadyExists ||
      version.error().code() == base::ErrorCode::kAborted) {
    return base::Error(base::ErrorCode::kAborted,
                       "another writer took the lease on the forecast table just now");
  }
  return version.error();
}

base::Result<void> TableStore::Prolong(Lease& lease, base::Timestamp until) {
  const LeaseState state{.holder = lease.holder_, .turn = lease.turn_, .until = until};
  GC_ASSIGN_OR_RETURN(lease.version_,
                      store_.PutIfMatch(kLeaseKey, EncodeLease(state), lease.version_));
  return {};
}

base::Result<TablePointer> TableStore::Publish(Lease& lease, const TableContent& content) {
  const std::string bytes = EncodeForecastTable(content);
  const TablePointer pointer{.digest = formats::Sha256(bytes).Hex(),
                             .as_of = content.as_of,
                             .issued_at = content.issued_at};
  const auto stored = store_.PutIfAbsent(TableKey(pointer.digest), bytes);
  if (!stored.ok() && stored.error().code() != base::ErrorCode::kAlreadyExists) {
    return stored.error();
  }
  // Last, so that a writer that lost its lease while it computed replaces nothing.
  GC_RETURN_IF_ERROR(
      Prolong(lease, std::chrono::floor<std::chrono::seconds>(clock_.Now()) + options_.lease));
  GC_RETURN_IF_ERROR(store_.Put(kPointerKey, EncodePointer(pointer)));
  return pointer;
}

TableStore::Lease::Lease(TableStore& tables, std::string holder, std::uint64_t turn,
                         std::string version)
    : tables_(&tables), holder_(std::move(holder)), turn_(turn), version_(std::move(version)) {}

TableStore::Lease::Lease(Lease&& other) noexcept
    : tables_(std::exchange(other.tables_, nullptr)),
      holder_(std::move(other.holder_)),
      turn_(other.turn_),
      version_(std::move(other.version_)) {}

TableStore::Lease::~Lease() {
  if (tables_ == nullptr) return;
  // Best effort: a lease that cannot be given back runs out.
  const auto released = tables_->Prolong(*this, base::Timestamp());
  static_cast<void>(released.ok());
}

}  // namespace geoclimate::forecast
