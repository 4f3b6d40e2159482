// The door of signed tokens. The first byte says what the rest is: a token as it is, which nobody
// has signed; "header NEWLINE claims", which are signed here with the right key, so that what lies
// behind the signature is reached; or a set of keys.
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>

#include "geoclimate/access/json_web_keys.h"
#include "geoclimate/access/token_verifier.h"
#include "geoclimate/base/check.h"
#include "geoclimate/base/clock.h"
#include "geoclimate/formats/testing/token_signer.h"

namespace {

namespace access = geoclimate::access;
namespace base = geoclimate::base;
namespace formats = geoclimate::formats;

const std::string& Secret() {
  static const std::string secret(32, 's');
  return secret;
}

const base::FakeClock& Clock() {
  static const base::FakeClock clock{base::Timestamp(std::chrono::seconds(1'800'000'000))};
  return clock;
}

const access::TokenVerifier& Verifier() {
  static const std::unique_ptr<access::TokenVerifier> verifier = [] {
    const std::filesystem::path file =
        std::filesystem::temp_directory_path() / ("token_fuzz_" + std::to_string(::getpid()));
    std::ofstream(file) << Secret();
    access::TokenOptions options;
    options.algorithms = {formats::SignatureAlgorithm::kHs256};
    options.key_file = file;
    options.issuer = "i";
    options.audience = "a";
    auto opened = access::TokenVerifier::Open(options, std::nullopt, Clock());
    GC_CHECK(opened.ok(), "the verifier of the fuzzer");
    std::filesystem::remove(file);
    return *std::move(opened);
  }();
  return *verifier;
}

void TakeUnsigned(std::string_view text) {
  GC_CHECK(!Verifier().Verify(text, Clock().Now()).ok(), "nobody has signed it");
  static_cast<void>(access::LooksLikeToken(text));
}

void TakeSigned(std::string_view text) {
  static const formats::TokenSigner signer = formats::TokenSigner::Hmac(Secret());
  const std::size_t line = text.find('\n');
  if (line == std::string_view::npos) return;
  const std::string token = signer.TokenWithHeader(text.substr(0, line), text.substr(line + 1));
  const auto verified = Verifier().Verify(token, Clock().Now());
  if (!verified.ok()) return;
  GC_CHECK(text.substr(0, line).find("HS256") != std::string_view::npos, "the key's algorithm");
  GC_CHECK(verified->ends_at > Clock().Now(), "it has not ended");
  GC_CHECK(verified->activity != nullptr && !verified->activity->id().empty(), "it has a subject");
  std::string changed = token;
  changed.back() = changed.back() == 'A' ? 'B' : 'A';
  GC_CHECK(!Verifier().Verify(changed, Clock().Now()).ok(), "another signature is wrong");
}

void TakeKeys(std::string_view text) {
  const auto keys = access::JsonWebKeys::Parse(text);
  GC_CHECK(keys.ok() ? keys->size() > 0 : !keys.error().message().empty(), "keys, or why not");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0]) {
    case 's':
      TakeSigned(rest);
      break;
    case 'k':
      TakeKeys(rest);
      break;
    default:
      TakeUnsigned(rest);
  }
  return 0;
}
