#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/airquality/observation.h"
#include "geoclimate/airquality/site.h"
#include "geoclimate/base/clock.h"
#include "geoclimate/base/result.h"
#include "geoclimate/ingest/source_description.h"
#include "geoclimate/service/site_directory.h"
#include "geoclimate/store/observation_store.h"

namespace geoclimate::service {

// The fields of a submitted daily value. Texts are read by the rules of files (config/sources/).
enum class ObservationField : std::uint8_t {
  kSiteId,
  kDate,
  kPollutant,  // or the parameter code
  kParameterCode,
  kValue,
  kUnit,             // the pollutant's EPA unit when it is not given
  kPoc,              // 0 when it is not given
  kSource,           // "final" (AQS), the default, or "provisional" (AirNow)
  kPercentComplete,  // unknown when it is not given
  kSiteName,
  kCounty,
  kState,
  kCbsa,
  kLatitude,  // with longitude: makes a new site known
  kLongitude,
};
inline constexpr std::size_t kObservationFieldCount = 15;

// "site_id", "parameter_code".
std::string_view FieldName(ObservationField field);
std::optional<ObservationField> ParseField(std::string_view name);

// One row as it was sent; a field that was not is empty. The texts outlive the call.
struct SubmittedRow {
  std::array<std::string_view, kObservationFieldCount> fields{};
  std::string_view unknown_field;  // the name of a field that is none of the above

  std::string_view operator[](ObservationField field) const {
    return fields[static_cast<std::size_t>(field)];
  }
  std::string_view& operator[](ObservationField field) {
    return fields[static_cast<std::size_t>(field)];
  }
};

struct RefusedRow {
  std::uint64_t row = 0;  // its index from 0, or the line of a table
  std::string field;      // at fault; empty: the row itself
  std::string reason;     // "impossible_date", "unknown_site": a word for programs
  std::string detail;
};

struct SubmissionReceipt {
  static constexpr std::size_t kMostRefusals = 1000;  // listed; all are counted

  std::uint64_t accepted = 0;
  std::uint64_t rejected = 0;
  store::WriteCounts stored;
  std::vector<RefusedRow> refused;
  std::map<std::string, std::uint64_t> rejected_by_reason;

  void Refuse(RefusedRow row);
};

// Takes new observations in: what is right is kept, durably, before the call returns; what is not
// is told with its reason. A value that is there already changes nothing; another value for a known
// measurement becomes a new version that outranks what files say of it at the same rank.
//
// Thread-safe. What Open() is given must outlive it.
class Observations {
 public:
  // `on_stored` is called after each commit that changed something: forecasts and scores follow.
  // Fails when the built-in descriptions of files cannot be read, a fault of the program.
  static base::Result<std::unique_ptr<Observations>> Open(store::ObservationStore& store,
                                                          const Sites& sites,
                                                          const base::Clock& clock,
                                                          std::function<void()> on_stored);

  // A site that is not known yet is taken only with coordinates. The store's errors, nothing being
  // kept then; but what is the store's own trouble and none of the caller's (no room, no right to
  // write) is kUnavailable.
  base::Result<SubmissionReceipt> Submit(std::span<const SubmittedRow> rows);
  // A table as ingest reads it from a file. kInvalidArgument for what is not such a table.
  base::Result<SubmissionReceipt> SubmitTable(std::string_view csv);

 private:
  struct Gathered {
    std::vector<airquality::Site> sites;
    std::vector<airquality::Observation> observations;
    std::vector<std::uint64_t> rows;  // of each observation
    SubmissionReceipt receipt;
  };

  Observations(store::ObservationStore& store, const Sites& sites, const base::Clock& clock,
               std::function<void()> on_stored,
               std::vector<ingest::SourceDescription> descriptions);

  void RefuseUnknownSites(Gathered& gathered) const;
  base::Result<SubmissionReceipt> Store(Gathered gathered);
  base::Result<store::WriteCounts> Write(const Gathered& gathered);

  store::ObservationStore& store_;
  const Sites& sites_;
  const base::Clock& clock_;
  const std::function<void()> on_stored_;
  const std::vector<ingest::SourceDescription> descriptions_;
};

}  // namespace geoclimate::service
