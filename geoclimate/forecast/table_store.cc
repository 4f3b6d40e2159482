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

base::Error AsDataLoss(std::string_view key, const base::Error& error) {
  return base::DataLoss(fmt::format("'{}': {}", key, error.message()));
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
  return Lease::Acquire(store_, clock_, {.key = std::string(kLeaseKey), .time = options_.lease},
                        holder);
}

base::Result<TablePointer> TableStore::Publish(Lease& lease, const TableContent& content) {
  const std::string bytes = EncodeForecastTable(content);
  const TablePointer pointer{.digest = formats::Sha256(bytes).Hex(),
                             .as_of = content.as_of,
                             .issued_at = content.issued_at};
  const auto stored = store_.PutIfAbsent(TableKey(pointer.digest), bytes);
  if (!stored.ok()) {
    if (stored.error().code() != base::ErrorCode::kAlreadyExists) return stored.error();
    GC_RETURN_IF_ERROR(store_.Sync(TableKey(pointer.digest)));
  }
  // Last, so that a writer that lost its lease while it computed replaces nothing.
  GC_RETURN_IF_ERROR(lease.Renew());
  GC_RETURN_IF_ERROR(store_.Put(kPointerKey, EncodePointer(pointer)));
  return pointer;
}

}  // namespace geoclimate::forecast
