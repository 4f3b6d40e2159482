// What lies in a shared cache is a value that encodes to the same bytes again, or nothing.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "geoclimate/base/check.h"
#include "geoclimate/cache/tier_value.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace geoclimate::cache;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto decoded = DecodeTierValue("key", bytes);
  if (const auto* value = std::get_if<TierValue>(&decoded)) {
    GC_CHECK(EncodeTierValue("key", *value) == bytes, "a value has one form");
  }
  // As a payload everything comes back, and under no other key.
  const std::string encoded = EncodeTierValue("key", {.bytes = bytes});
  const auto again = DecodeTierValue("key", encoded);
  const auto* value = std::get_if<TierValue>(&again);
  GC_CHECK(value != nullptr && value->bytes == bytes, "what was encoded is decoded");
  GC_CHECK(std::holds_alternative<TierValueFault>(DecodeTierValue("other", encoded)),
           "a value is of its key only");
  return 0;
}
