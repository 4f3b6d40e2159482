#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "geoclimate/ingest/column_map.h"
#include "geoclimate/ingest/row_parser.h"
#include "geoclimate/service/observations.h"

namespace geoclimate::service {

// Reads submitted rows by the rules of files: a row is given to ingest::RowParser as a record of
// EPA's daily file with the columns that the row has.
//
// Not thread-safe. `descriptions` must outlive it.
class ObservationRows {
 public:
  explicit ObservationRows(std::span<const ingest::SourceDescription> descriptions);
  ~ObservationRows();

  // Nothing on success; then the two below are those of the row.
  std::optional<RefusedRow> Read(const SubmittedRow& row);
  const airquality::Observation& observation() const { return parser_->observation(); }
  // See RowParser.
  const airquality::Site* news_of_site() const { return parser_->news_of_site(); }

 private:
  // A table with certain columns, and its parser.
  struct Table;

  Table& TableFor(airquality::Pollutant pollutant, const SubmittedRow& row);

  std::span<const ingest::SourceDescription> descriptions_;
  std::map<std::pair<airquality::Pollutant, std::uint32_t>, std::unique_ptr<Table>> tables_;
  std::vector<std::string_view> record_;
  ingest::RowParser* parser_ = nullptr;
};

}  // namespace geoclimate::service
