#include "apps/geoclimate/keys_output.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "geoclimate/base/day.h"
#include "geoclimate/formats/json.h"

namespace geoclimate::app {
namespace {

std::string_view StateOf(const store::ApiKeyRecord& key, base::Timestamp now) {
  if (key.revoked_at && *key.revoked_at <= now) return "revoked";
  if (key.expires_at && *key.expires_at <= now) return "expired";
  return "active";
}

std::string TimeOr(const std::optional<base::Timestamp>& time, std::string_view otherwise) {
  return time ? base::FormatTimestamp(*time) : std::string(otherwise);
}

void WriteTime(formats::JsonWriter& json, std::string_view name,
               const std::optional<base::Timestamp>& time) {
  json.Key(name);
  if (time) {
    json.String(base::FormatTimestamp(*time));
  } else {
    json.Null();
  }
}

void WriteKey(formats::JsonWriter& json, const store::ApiKeyRecord& key) {
  json.Key("prefix").String(key.prefix).Key("name").String(key.name);
  json.Key("scopes").String(key.scopes);
  WriteTime(json, "created_at", key.created_at);
  WriteTime(json, "expires_at", key.expires_at);
  json.Key("requests_per_minute").Integer(static_cast<std::int64_t>(key.requests_per_minute));
  json.Key("daily_rows").Integer(static_cast<std::int64_t>(key.daily_rows));
}

}  // namespace

std::string RenderNewKeyText(const store::ApiKeyRecord& key, std::string_view secret) {
  return fmt::format("{}\nThis is shown once. '{}' has the scopes {} and expires {}.\n", secret,
                     key.name, key.scopes, TimeOr(key.expires_at, "never"));
}

std::string RenderNewKeyJson(const store::ApiKeyRecord& key, std::string_view secret) {
  std::string text;
  formats::JsonWriter json(text);
  json.BeginObject().Key("key").String(secret);
  WriteKey(json, key);
  json.EndObject();
  return text + '\n';
}

std::string RenderKeysText(std::span<const store::ApiKeyRecord> keys, base::Timestamp now) {
  if (keys.empty()) return "no keys; make one with 'geoclimate keys create --name NAME'\n";
  std::size_t width = 4;
  for (const store::ApiKeyRecord& key : keys) width = std::max(width, key.name.size());
  std::string text = fmt::format("{:12}  {:{}}  {:18}  {:7}  {:20}  {:20}  {}\n", "key", "name",
                                 width, "scopes", "state", "expires", "last used", "replaced by");
  for (const store::ApiKeyRecord& key : keys) {
    text += fmt::format("{:12}  {:{}}  {:18}  {:7}  {:20}  {:20}  {}\n", key.prefix, key.name,
                        width, key.scopes, StateOf(key, now), TimeOr(key.expires_at, "never"),
                        TimeOr(key.last_used_at, "never"), key.successor);
  }
  return text;
}

std::string RenderKeysJson(std::span<const store::ApiKeyRecord> keys, base::Timestamp now) {
  std::string text;
  formats::JsonWriter json(text);
  json.BeginArray();
  for (const store::ApiKeyRecord& key : keys) {
    json.BeginObject();
    WriteKey(json, key);
    json.Key("state").String(StateOf(key, now));
    WriteTime(json, "revoked_at", key.revoked_at);
    WriteTime(json, "last_used_at", key.last_used_at);
    json.Key("successor").String(key.successor).EndObject();
  }
  json.EndArray();
  return text + '\n';
}

std::string RenderRevoked(std::string_view prefix, Rendering rendering) {
  if (rendering == Rendering::kText) return fmt::format("{} opens nothing any more\n", prefix);
  std::string text;
  formats::JsonWriter(text).BeginObject().Key("revoked").String(prefix).EndObject();
  return text + '\n';
}

}  // namespace geoclimate::app
