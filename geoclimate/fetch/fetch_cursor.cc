#include "geoclimate/fetch/fetch_cursor.h"

#include <fmt/format.h>

#include "geoclimate/base/day.h"
#include "geoclimate/formats/json.h"

namespace geoclimate::fetch {
namespace {

std::string KeyOf(std::string_view source) {
  return fmt::format("fetch/{}.json", source);
}

base::Result<FetchCursor> Decode(std::string_view bytes) {
  GC_ASSIGN_OR_RETURN(const formats::Json document, formats::ParseJson(bytes));
  FetchCursor cursor;
  GC_ASSIGN_OR_RETURN(cursor.scope, document.StringAt("scope"));
  GC_ASSIGN_OR_RETURN(const std::string_view complete_to, document.StringAt("complete_to"));
  GC_ASSIGN_OR_RETURN(cursor.complete_to, base::ParseTimestamp(complete_to));
  const formats::Json* span = document.Find("span");
  if (span == nullptr || span->is_null()) return cursor;
  GC_ASSIGN_OR_RETURN(const std::string_view to, span->StringAt("to"));
  GC_ASSIGN_OR_RETURN(cursor.span_to, base::ParseTimestamp(to));
  GC_ASSIGN_OR_RETURN(cursor.span_after, span->IntegerAt("after"));
  return cursor;
}

}  // namespace

base::Result<std::optional<FetchCursor>> LoadCursor(const blob::BlobStore& blobs,
                                                    std::string_view source,
                                                    std::string_view scope) {
  const auto blob = blobs.Get(KeyOf(source));
  if (!blob.ok()) {
    if (blob.error().code() == base::ErrorCode::kNotFound) return std::optional<FetchCursor>();
    return blob.error();
  }
  auto cursor = Decode(blob->bytes);
  if (!cursor.ok()) {
    return base::DataLoss(fmt::format("the cursor {} is damaged ({}): delete it to fetch anew",
                                      KeyOf(source), cursor.error().message()));
  }
  if (cursor->scope != scope) return std::optional<FetchCursor>();
  return std::optional<FetchCursor>(*std::move(cursor));
}

base::Result<void> SaveCursor(blob::BlobStore& blobs, std::string_view source,
                              const FetchCursor& cursor) {
  std::string text;
  formats::JsonWriter json(text);
  json.BeginObject().Key("scope").String(cursor.scope);
  json.Key("complete_to").String(base::FormatTimestamp(cursor.complete_to));
  json.Key("span");
  if (cursor.span_to) {
    json.BeginObject().Key("to").String(base::FormatTimestamp(*cursor.span_to));
    json.Key("after").Integer(cursor.span_after).EndObject();
  } else {
    json.Null();
  }
  json.EndObject();
  const auto saved = blobs.Put(KeyOf(source), text);
  if (!saved.ok()) return saved.error();
  return {};
}

base::Result<void> ForgetCursor(blob::BlobStore& blobs, std::string_view source) {
  return blobs.Delete(KeyOf(source));
}

}  // namespace geoclimate::fetch
