#include "geoclimate/service/observation_rows.h"

#include <algorithm>
#include <array>
#include <string>

#include <fmt/format.h>

#include "geoclimate/base/check.h"
#include "geoclimate/ingest/reject.h"

namespace geoclimate::service {
namespace {

using Field = ObservationField;
using ingest::Role;

// Fields that are columns of their own in a file. The pollutant is told by the column of the value.
constexpr std::array<std::pair<Field, Role>, 13> kRoles = {
    {{Field::kSiteId, Role::kSiteId},
     {Field::kDate, Role::kDate},
     {Field::kParameterCode, Role::kParameter},
     {Field::kUnit, Role::kUnits},
     {Field::kPoc, Role::kPoc},
     {Field::kSource, Role::kSource},
     {Field::kPercentComplete, Role::kCompleteness},
     {Field::kSiteName, Role::kSiteName},
     {Field::kCounty, Role::kCounty},
     {Field::kState, Role::kState},
     {Field::kCbsa, Role::kCbsa},
     {Field::kLatitude, Role::kLatitude},
     {Field::kLongitude, Role::kLongitude}}};

RefusedRow Refused(Field field, std::string_view reason, std::string detail) {
  return {.row = 0,
          .field = std::string(FieldName(field)),
          .reason = std::string(reason),
          .detail = std::move(detail)};
}

// The files' word for a source, which is the network's name.
std::string_view SourceWord(std::string_view text) {
  if (text == "final") return "AQS";
  if (text == "provisional") return "AirNow";
  return text;
}

// The description whose columns of values each tell their pollutant, and that column's header.
struct DailyColumn {
  const ingest::SourceDescription* description;
  const ingest::ValueColumn* column;
};

DailyColumn FindDailyColumn(std::span<const ingest::SourceDescription> descriptions,
                            airquality::Pollutant pollutant) {
  for (const ingest::SourceDescription& description : descriptions) {
    for (const ingest::ValueColumn& column : description.values) {
      if (column.parameter == airquality::Traits(pollutant).parameter) {
        return {&description, &column};
      }
    }
  }
  GC_CHECK(false, "the built-in descriptions have a column of values for every pollutant");
}

}  // namespace

struct ObservationRows::Table {
  ingest::ColumnMap columns;
  std::vector<Field> order;  // of the record's fields
  std::optional<ingest::RowParser> parser;
};

ObservationRows::ObservationRows(std::span<const ingest::SourceDescription> descriptions)
    : descriptions_(descriptions) {}

ObservationRows::~ObservationRows() = default;

ObservationRows::Table& ObservationRows::TableFor(airquality::Pollutant pollutant,
                                                  const SubmittedRow& row) {
  std::uint32_t present = 0;
  for (const auto& [field, role] : kRoles) {
    // A file without the column of a required field would be refused as a whole.
    const bool required = field == Field::kSiteId || field == Field::kDate;
    if (required || !row[field].empty()) present |= std::uint32_t{1} << static_cast<int>(field);
  }
  std::unique_ptr<Table>& table = tables_[{pollutant, present}];
  if (table != nullptr) return *table;
  table = std::make_unique<Table>();
  const DailyColumn daily = FindDailyColumn(descriptions_, pollutant);
  std::vector<std::string_view> header;
  for (const auto& [field, role] : kRoles) {
    if ((present >> static_cast<int>(field) & 1U) == 0) continue;
    table->order.push_back(field);
    header.push_back(daily.description->headers[static_cast<std::size_t>(role)].front());
  }
  table->order.push_back(Field::kValue);
  header.push_back(daily.column->headers.front());
  auto columns = ingest::MatchHeader({daily.description, 1}, header);
  GC_CHECK(columns.ok(), "a header made of a description's own columns matches it");
  table->columns = *std::move(columns);
  table->parser.emplace(table->columns);
  return *table;
}

std::optional<RefusedRow> ObservationRows::Read(const SubmittedRow& row) {
  if (!row.unknown_field.empty()) {
    return RefusedRow{.row = 0,
                      .field = std::string(row.unknown_field),
                      .reason = "unknown_field",
                      .detail = fmt::format("there is no field '{}'", row.unknown_field)};
  }
  const Field naming = row[Field::kPollutant].empty() ? Field::kParameterCode : Field::kPollutant;
  if (row[naming].empty()) {
    return Refused(Field::kPollutant, ingest::ReasonName(ingest::RejectReason::kMissingField),
                   "neither pollutant nor parameter_code is given");
  }
  const auto pollutant = airquality::ParsePollutant(row[naming]);
  if (!pollutant.ok()) {
    return Refused(naming, ingest::ReasonName(ingest::RejectReason::kUnknownParameter),
                   pollutant.error().message());
  }
  Table& table = TableFor(*pollutant, row);
  record_.clear();
  for (const Field field : table.order) {
    record_.push_back(field == Field::kSource ? SourceWord(row[field]) : row[field]);
  }
  parser_ = &*table.parser;
  if (parser_->Parse(record_) == ingest::RowOutcome::kObservation) return std::nullopt;
  const ingest::RejectedRow& rejected = parser_->rejected();
  const bool located = rejected.column > 0 && rejected.column <= table.order.size();
  return Refused(located ? table.order[rejected.column - 1] : Field::kValue,
                 ingest::ReasonName(rejected.reason), rejected.detail);
}

}  // namespace geoclimate::service
