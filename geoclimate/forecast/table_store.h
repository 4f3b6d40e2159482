#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/day.h"
#include "geoclimate/base/result.h"
#include "geoclimate/blob/blob_store.h"
#include "geoclimate/blob/lease.h"
#include "geoclimate/forecast/forecast_table.h"

namespace geoclimate::forecast {

// Which table is the current one.
struct TablePointer {
  std::string digest;
  base::LocalDay as_of;
  base::Timestamp issued_at;
};

struct TableStoreOptions {
  // After this long without Publish() or release another writer may take over. Longer than an issue
  // takes.
  std::chrono::seconds lease = std::chrono::minutes(10);
};

// Forecast tables in a BlobStore, below "tables/":
//
//   tables/DIGEST.gcft     the bytes of a table, never changed
//   tables/current.json    digest, as_of and issued_at of the current one, replaced atomically
//   tables/lease.json      who may replace it, and until when
//
//   GC_ASSIGN_OR_RETURN(TableStore::Lease lease, tables.Acquire("issue on host a"));
//   ... compute ...
//   GC_ASSIGN_OR_RETURN(TablePointer current, tables.Publish(lease, content));
//
// A reader that polls Current() and loads when the digest changes sees whole tables only, whatever
// moment a writer dies at. Thread-safe, and safe between processes whose clocks agree to within the
// lease. `store` and `clock` must outlive it.
class TableStore {
 public:
  TableStore(blob::BlobStore& store, const base::Clock& clock, TableStoreOptions options = {});

  // kNotFound before the first table; kDataLoss for a pointer that is none.
  base::Result<TablePointer> Current() const;
  // kNotFound, or kDataLoss when the bytes are not the ones that the digest names.
  base::Result<std::shared_ptr<const ForecastTable>> Load(std::string_view digest) const;
  // Load() of Current().
  base::Result<std::shared_ptr<const ForecastTable>> LoadCurrent() const;

  // The right to publish, given back by its destructor.
  using Lease = blob::Lease;
  // kAborted, naming the holder and when its lease ends, while another writer has it. `holder`
  // says who asks, for people.
  base::Result<Lease> Acquire(std::string_view holder);

  // Makes the table of `content` the current one and prolongs the lease. kAborted when the lease
  // ran out and another writer took it; the current table stays then.
  base::Result<TablePointer> Publish(Lease& lease, const TableContent& content);

 private:
  blob::BlobStore& store_;
  const base::Clock& clock_;
  TableStoreOptions options_;
};

}  // namespace geoclimate::forecast
