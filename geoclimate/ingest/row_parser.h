#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "geoclimate/airquality/observation.h"
#include "geoclimate/airquality/site.h"
#include "geoclimate/ingest/column_map.h"
#include "geoclimate/ingest/reject.h"

namespace geoclimate::ingest {

// What became of a row.
enum class RowOutcome : std::uint8_t {
  kObservation,
  kBlank,    // every field empty
  kSkipped,  // a parameter without an AQI that the description names, such as lead
  kRejected,
};

// Turns the records of one file into observations. The first thing wrong with a row, in the order
// date, site, parameter, value and then the rest, is its reason to be rejected.
//
// Not thread-safe. `columns` and its source must outlive the parser.
class RowParser {
 public:
  explicit RowParser(const ColumnMap& columns);

  // The results below are those of the last call.
  RowOutcome Parse(std::span<const std::string_view> fields);

  const airquality::Observation& observation() const { return observation_; }
  // The AQI that the file gives; nothing where it gives none.
  std::optional<std::int32_t> file_aqi() const { return file_aqi_; }
  // The observation's site, when this row is the first of the site in the file, or adds to what
  // earlier rows said of it (a name, coordinates); else null. Valid until the next call.
  const airquality::Site* news_of_site() const { return news_of_site_; }
  // Why the row was rejected; line and text are left to the caller.
  const RejectedRow& rejected() const { return rejected_; }
  // Under what name the row was skipped.
  std::string_view skipped_as() const { return parameter_.skipped_as; }

 private:
  // What a row's parameter code and duration mean. Rows of a file mostly share both.
  struct Parameter {
    airquality::ParameterCode code = 0;
    std::optional<airquality::Pollutant> pollutant;
    std::string_view skipped_as;
  };
  // The last text of a column and what it meant: columns repeat themselves.
  template <typename T>
  struct Remembered {
    std::string text;
    std::optional<T> value;
    bool Is(std::string_view other) const { return value.has_value() && text == other; }
    const T& Set(std::string_view new_text, T new_value) {
      text = new_text;
      return value.emplace(std::move(new_value));
    }
  };
  struct KnownSite {
    airquality::Site site;
    // Coordinates as the file writes them.
    std::string latitude;
    std::string longitude;
  };

  std::string_view Field(Role role) const;
  bool IsBlank() const;
  bool Reject(Role role, RejectReason reason, std::string detail);
  bool RejectField(std::int32_t field, RejectReason reason, std::string detail);
  bool RejectText(Role role, RejectReason reason, std::string_view what);

  // Each false when the row is rejected.
  bool ParseDate();
  bool ParseSite();
  bool ParseSiteId();
  bool ParseNewSiteId(Role role, std::string_view text);
  bool TakeLastSite();
  bool ParsePoc();
  bool ParseParameter();
  bool ParseStatistic();
  bool ParseUnits();
  bool ParseValue();
  bool ParseAqi();
  bool ParseCount();
  bool ParseCompleteness();
  bool ParseSource();
  bool ParseEventType();
  bool ParseCoordinates(KnownSite& known);
  void DescribeSite(KnownSite& known);
  void SetMonitor();

  const ColumnMap& columns_;
  const SourceDescription& source_;
  std::span<const std::string_view> fields_;

  airquality::Observation observation_;
  std::optional<std::int32_t> file_aqi_;
  const airquality::Site* news_of_site_ = nullptr;
  RejectedRow rejected_;

  base::LocalDay day_;
  Parameter parameter_;
  std::int32_t value_field_ = ColumnMap::kAbsent;
  const ValueColumn* value_column_ = nullptr;
  std::optional<airquality::MonitorKind> monitor_;
  std::uint32_t observation_count_ = 0;
  KnownSite* site_ = nullptr;

  Remembered<Parameter> last_parameter_;
  Remembered<DurationRule> last_duration_;
  Remembered<airquality::Unit> last_unit_;
  Remembered<airquality::Source> last_source_;
  Remembered<airquality::EventStatus> last_event_type_;
  Remembered<std::uint8_t> last_completeness_;
  Remembered<std::uint32_t> last_count_;
  std::string joined_;  // a site id of three columns
  Remembered<airquality::SiteId> last_site_;
  std::unordered_map<airquality::SiteId, KnownSite> sites_;
};

}  // namespace geoclimate::ingest
