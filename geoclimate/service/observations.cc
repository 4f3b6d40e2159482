#include "geoclimate/service/observations.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "geoclimate/formats/byte_source.h"
#include "geoclimate/ingest/observation_reader.h"
#include "geoclimate/service/observation_rows.h"

namespace geoclimate::service {
namespace {

constexpr std::array<std::string_view, kObservationFieldCount> kFieldNames = {
    "site_id", "date",  "pollutant", "parameter_code",   "value",
    "unit",    "poc",   "source",    "percent_complete", "site_name",
    "county",  "state", "cbsa",      "latitude",         "longitude"};

// A full disk is not the caller asking for too much, nor a role without rights his lack of them.
base::Error AsUnavailable(const base::Error& error) {
  const bool own = error.code() == base::ErrorCode::kResourceExhausted ||
                   error.code() == base::ErrorCode::kPermissionDenied;
  return own ? base::Unavailable(error.message()) : error;
}

}  // namespace

std::string_view FieldName(ObservationField field) {
  return kFieldNames[static_cast<std::size_t>(field)];
}

std::optional<ObservationField> ParseField(std::string_view name) {
  const auto found = std::find(kFieldNames.begin(), kFieldNames.end(), name);
  if (found == kFieldNames.end()) return std::nullopt;
  return static_cast<ObservationField>(found - kFieldNames.begin());
}

void SubmissionReceipt::Refuse(RefusedRow row) {
  ++rejected;
  ++rejected_by_reason[row.reason];
  if (refused.size() < kMostRefusals) refused.push_back(std::move(row));
}

Observations::Observations(store::ObservationStore& store, const Sites& sites,
                           const base::Clock& clock, std::function<void()> on_stored,
                           std::vector<ingest::SourceDescription> descriptions)
    : store_(store),
      sites_(sites),
      clock_(clock),
      on_stored_(std::move(on_stored)),
      descriptions_(std::move(descriptions)) {}

base::Result<std::unique_ptr<Observations>> Observations::Open(store::ObservationStore& store,
                                                               const Sites& sites,
                                                               const base::Clock& clock,
                                                               std::function<void()> on_stored) {
  GC_ASSIGN_OR_RETURN(std::vector<ingest::SourceDescription> descriptions,
                      ingest::BuiltInSources());
  return std::unique_ptr<Observations>(
      new Observations(store, sites, clock, std::move(on_stored), std::move(descriptions)));
}

base::Result<SubmissionReceipt> Observations::Submit(std::span<const SubmittedRow> rows) {
  Gathered gathered;
  ObservationRows reader(descriptions_);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    auto refused = reader.Read(rows[i]);
    if (refused) {
      refused->row = i;
      gathered.receipt.Refuse(*std::move(refused));
      continue;
    }
    if (reader.news_of_site() != nullptr) gathered.sites.push_back(*reader.news_of_site());
    gathered.observations.push_back(reader.observation());
    gathered.rows.push_back(i);
  }
  return Store(std::move(gathered));
}

base::Result<SubmissionReceipt> Observations::SubmitTable(std::string_view csv) {
  Gathered gathered;
  formats::MemorySource bytes(csv);
  ingest::ReaderOptions options;
  options.file_aqi = ingest::FileAqi::kKeep;  // the lines come with it
  GC_ASSIGN_OR_RETURN(const auto reader,
                      ingest::ObservationReader::Open(bytes, descriptions_, options));
  for (;;) {
    auto next = reader->Next();
    if (!next.ok()) return base::InvalidArgument(next.error().message());
    if (!*next) break;
    ingest::ObservationBatch& batch = **next;
    const auto append = [](auto& to, auto& from) {
      to.insert(to.end(), std::make_move_iterator(from.begin()),
                std::make_move_iterator(from.end()));
    };
    append(gathered.sites, batch.sites);
    append(gathered.observations, batch.observations);
    append(gathered.rows, batch.lines);
    for (ingest::RejectedRow& row : batch.rejected) {
      gathered.receipt.Refuse(
          {.row = row.line,
           .field = row.column == 0 ? std::string() : fmt::format("column {}", row.column),
           .reason = std::string(ingest::ReasonName(row.reason)),
           .detail = std::move(row.detail)});
    }
  }
  return Store(std::move(gathered));
}

void Observations::RefuseUnknownSites(Gathered& gathered) const {
  const auto directory = sites_.Directory();
  std::unordered_set<airquality::SiteId> located;
  for (const airquality::Site& site : gathered.sites) {
    if (site.coordinates) located.insert(site.id);
  }
  const auto known = [&](airquality::SiteId id) {
    return located.contains(id) || directory->Find(id) != nullptr;
  };
  std::size_t kept = 0;
  for (std::size_t i = 0; i < gathered.observations.size(); ++i) {
    const airquality::SiteId site = gathered.observations[i].key.site;
    if (known(site)) {
      gathered.observations[kept++] = gathered.observations[i];
      continue;
    }
    gathered.receipt.Refuse(
        {.row = gathered.rows[i],
         .field = std::string(FieldName(ObservationField::kSiteId)),
         .reason = "unknown_site",
         .detail = fmt::format("site '{}' is not known: give its latitude and longitude",
                               site.ToString())});
  }
  gathered.observations.resize(kept);
  std::erase_if(gathered.sites, [&](const airquality::Site& site) { return !known(site.id); });
}

base::Result<store::WriteCounts> Observations::Write(const Gathered& gathered) {
  // Of equals in rank the origin that sorts last counts (DailyValue): behind every path, and what
  // came later behind what came earlier.
  const std::string origin = fmt::format("~api/{:020}", clock_.Now().time_since_epoch().count());
  GC_ASSIGN_OR_RETURN(const auto writer, store_.BeginWrite(origin));
  GC_RETURN_IF_ERROR(writer->PutSites(gathered.sites));
  GC_RETURN_IF_ERROR(writer->Append(gathered.observations, base::Timestamp()));
  return writer->Commit();
}

base::Result<SubmissionReceipt> Observations::Store(Gathered gathered) {
  RefuseUnknownSites(gathered);
  SubmissionReceipt& receipt = gathered.receipt;
  receipt.accepted = gathered.observations.size();
  if (gathered.observations.empty()) return std::move(receipt);
  const auto stored = Write(gathered);
  if (!stored.ok()) return AsUnavailable(stored.error());
  receipt.stored = *stored;
  if (receipt.stored.observations_new + receipt.stored.observations_replaced > 0) on_stored_();
  return std::move(receipt);
}

}  // namespace geoclimate::service
