#include "geoclimate/formats/digest.h"

#include <openssl/evp.h>
#include <xxhash.h>

#include <fmt/format.h>

namespace geoclimate::formats {
namespace {

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string Sha256Digest::Hex() const {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes.size());
  for (const std::uint8_t byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 0xF];
  }
  return text;
}

base::Result<Sha256Digest> Sha256Digest::ParseHex(std::string_view text) {
  Sha256Digest digest;
  bool valid = text.size() == 2 * digest.bytes.size();
  for (std::size_t i = 0; valid && i < digest.bytes.size(); ++i) {
    const int high = HexValue(text[2 * i]);
    const int low = HexValue(text[2 * i + 1]);
    valid = high >= 0 && low >= 0;
    digest.bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  if (valid) return digest;
  return base::InvalidArgument(
      fmt::format("'{}' is not a SHA-256, which has 64 hexadecimal digits", text.substr(0, 80)));
}

namespace {

// OpenSSL's digests fail only when memory runs out or the algorithm is missing from the build.
class DigestContext {
 public:
  DigestContext() { GC_CHECK(context_ != nullptr, "memory for a digest"); }
  ~DigestContext() { EVP_MD_CTX_free(context_); }
  DigestContext(const DigestContext&) = delete;
  DigestContext& operator=(const DigestContext&) = delete;

  void Start() {
    // Fetched once: EVP_sha256() would be looked up in a table under a lock at each start.
    static const EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    GC_CHECK(sha256 != nullptr && EVP_DigestInit_ex(context_, sha256, nullptr) == 1,
             "OpenSSL always has SHA-256");
  }
  void Update(std::string_view bytes) {
    GC_CHECK(EVP_DigestUpdate(context_, bytes.data(), bytes.size()) == 1,
             "a digest accepts bytes until it is finished");
  }
  Sha256Digest Finish() {
    Sha256Digest digest;
    GC_CHECK(EVP_DigestFinal_ex(context_, digest.bytes.data(), nullptr) == 1,
             "a digest is finished once");
    return digest;
  }

 private:
  EVP_MD_CTX* context_ = EVP_MD_CTX_new();
};

}  // namespace

struct Sha256Stream::State {
  DigestContext context;
};

Sha256Stream::Sha256Stream() : state_(std::make_unique<State>()) {
  state_->context.Start();
}
Sha256Stream::~Sha256Stream() = default;

void Sha256Stream::Update(std::string_view bytes) {
  state_->context.Update(bytes);
}

Sha256Digest Sha256Stream::Finish() {
  return state_->context.Finish();
}

// A context of the thread's own is used again and again: nothing is asked of the heap.
Sha256Digest Sha256(std::string_view bytes) {
  thread_local DigestContext context;
  context.Start();
  context.Update(bytes);
  return context.Finish();
}

std::uint64_t Xxh3(std::string_view bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

Xxh3Digest128 Xxh3Of128(std::string_view bytes, std::uint64_t seed) {
  const XXH128_hash_t hash = XXH3_128bits_withSeed(bytes.data(), bytes.size(), seed);
  return {hash.low64, hash.high64};
}

}  // namespace geoclimate::formats
