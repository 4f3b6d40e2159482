#include "geoclimate/server/http/routes/observations_body.h"

#include <fmt/format.h>

#include "geoclimate/formats/json_cursor.h"

namespace geoclimate::server::http::routes {
namespace {

using formats::JsonCursor;

void ReadRow(JsonCursor& json, Arena& arena, service::SubmittedRow& row) {
  if (!json.EnterObject()) return;
  for (std::string_view key; json.NextKey(key);) {
    const auto field = service::ParseField(key);
    if (!field) {
      row.unknown_field = arena.Copy(key);
      json.SkipValue();
      continue;
    }
    std::string_view text;
    switch (json.Peek()) {
      case JsonCursor::Kind::kNull:
        json.ReadNull();
        break;
      case JsonCursor::Kind::kString:
        if (json.ReadString(text)) row[*field] = arena.Copy(text);
        break;
      // Values of other kinds are no valid text of any field: the row is refused with them.
      default:
        row[*field] = json.SkipRawValue();
    }
  }
}

}  // namespace

base::Result<std::vector<service::SubmittedRow>> ReadObservationsBody(std::string_view body,
                                                                      Arena& arena) {
  std::vector<service::SubmittedRow> rows;
  JsonCursor json(body);
  const auto read_rows = [&] {
    for (json.EnterArray(); json.NextElement();) ReadRow(json, arena, rows.emplace_back());
  };
  bool found = true;
  if (json.Peek() == JsonCursor::Kind::kArray) {
    read_rows();
  } else {
    found = false;
    json.EnterObject();
    for (std::string_view key; json.NextKey(key);) {
      if (key != "observations") {
        return base::InvalidArgument(
            fmt::format("unknown field '{}': the body is {{\"observations\": [...]}}", key));
      }
      if (found) return base::InvalidArgument("field 'observations' is given twice");
      found = true;
      read_rows();
    }
  }
  GC_RETURN_IF_ERROR(json.Finish());
  if (!found) return base::InvalidArgument("field 'observations' is missing");
  return rows;
}

}  // namespace geoclimate::server::http::routes
