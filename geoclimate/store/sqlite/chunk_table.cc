#include "geoclimate/store/sqlite/chunk_table.h"

#include <fmt/format.h>

#include <utility>

#include "geoclimate/store/sqlite/version_codec.h"

namespace geoclimate::store::sqlite {

using base::Result;

Result<std::vector<Version>> ReadChunks(Session& session, std::int64_t series, std::int64_t first,
                                        std::int64_t last) {
  GC_ASSIGN_OR_RETURN(Statement * query, session.Prepared("chunks_of_series"));
  query->Bind(1, series);
  query->Bind(2, first);
  query->Bind(3, last);
  std::vector<Version> all;
  while (true) {
    GC_ASSIGN_OR_RETURN(const bool row, query->Step());
    if (!row) return all;
    auto versions = DecodeVersions(query->Text(3), static_cast<std::int32_t>(query->Integer(1)),
                                   static_cast<std::int32_t>(query->Integer(2)));
    if (!versions.ok()) {
      const std::int64_t period = query->Integer(0);
      query->Reset();
      return base::DataLoss(fmt::format(
          "{}: damaged: observations of series {} in {}: {}; restore a backup, or move the file "
          "away and ingest again",
          session.connection().path(), series, period, versions.error().message()));
    }
    if (all.empty()) {
      all = *std::move(versions);
    } else {
      all.insert(all.end(), versions->begin(), versions->end());
    }
  }
}

Result<std::vector<Version>> ReadChunk(Session& session, std::int64_t series, std::int64_t period) {
  return ReadChunks(session, series, period, period);
}

Result<void> WriteChunk(Session& session, std::int64_t series, std::int64_t period,
                        std::span<const Version> versions) {
  const EncodedVersions encoded = EncodeVersions(versions);
  GC_ASSIGN_OR_RETURN(Statement * put, session.Prepared("put_chunk"));
  put->Bind(1, series);
  put->Bind(2, period);
  put->Bind(3, std::int64_t{encoded.origin});
  put->Bind(4, std::int64_t{encoded.receipt});
  put->Bind(5, std::string_view(encoded.json));
  return put->Run();
}

}  // namespace geoclimate::store::sqlite
