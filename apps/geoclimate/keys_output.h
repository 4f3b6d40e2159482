#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "geoclimate/base/clock.h"
#include "geoclimate/store/api_key_store.h"

namespace geoclimate::app {

// What the verbs of `keys` print. Only the two of a new key have a secret in them.

std::string RenderNewKeyText(const store::ApiKeyRecord& key, std::string_view secret);
std::string RenderNewKeyJson(const store::ApiKeyRecord& key, std::string_view secret);

// A table with a line a key: "active", "expired" or "revoked" at `now`.
std::string RenderKeysText(std::span<const store::ApiKeyRecord> keys, base::Timestamp now);
std::string RenderKeysJson(std::span<const store::ApiKeyRecord> keys, base::Timestamp now);

enum class Rendering : std::uint8_t { kText, kJson };
std::string RenderRevoked(std::string_view prefix, Rendering rendering);

}  // namespace geoclimate::app
