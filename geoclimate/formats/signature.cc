#include "geoclimate/formats/signature.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include <array>
#include <limits>
#include <utility>

namespace geoclimate::formats {
namespace {

constexpr std::array<std::pair<std::string_view, SignatureAlgorithm>, 3> kNames = {
    {{"HS256", SignatureAlgorithm::kHs256},
     {"RS256", SignatureAlgorithm::kRs256},
     {"EdDSA", SignatureAlgorithm::kEdDsa}}};

constexpr std::size_t kLeastSecretBytes = 32;
constexpr int kLeastRsaBits = 2048;
constexpr int kMostRsaBits = 16'384;
constexpr std::size_t kEd25519Bytes = 32;
constexpr std::size_t kHmacBytes = 32;

template <typename T, void (*Free)(T*)>
struct Freed {
  void operator()(T* object) const { Free(object); }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY, EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX, EVP_PKEY_CTX_free>>;
using Number = std::unique_ptr<BIGNUM, Freed<BIGNUM, BN_free>>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, Freed<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, Freed<OSSL_PARAM, OSSL_PARAM_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX, EVP_MD_CTX_free>>;

const unsigned char* BytesOf(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

Number NumberOf(std::string_view bytes) {
  return Number(BN_bin2bn(BytesOf(bytes), static_cast<int>(bytes.size()), nullptr));
}

base::Error Unusable(std::string_view what) {
  ERR_clear_error();
  return base::InvalidArgument(std::string(what));
}

}  // namespace

struct VerificationKey::Material {
  Key key;             // of RSA and Ed25519
  std::string secret;  // of HMAC

  ~Material() { OPENSSL_cleanse(secret.data(), secret.size()); }
};

std::string_view SignatureAlgorithmName(SignatureAlgorithm algorithm) {
  for (const auto& [name, known] : kNames) {
    if (known == algorithm) return name;
  }
  return {};
}

std::optional<SignatureAlgorithm> ParseSignatureAlgorithm(std::string_view name) {
  for (const auto& [known, algorithm] : kNames) {
    if (known == name) return algorithm;
  }
  return std::nullopt;
}

base::Result<VerificationKey> VerificationKey::FromSecret(std::string_view secret) {
  if (secret.size() < kLeastSecretBytes) {
    return Unusable("a secret of HS256 needs at least 32 bytes");
  }
  auto material = std::make_shared<Material>();
  material->secret = secret;
  return VerificationKey(SignatureAlgorithm::kHs256, std::move(material));
}

base::Result<VerificationKey> VerificationKey::FromMaterial(std::shared_ptr<Material> material) {
  EVP_PKEY* const key = material->key.get();
  if (key == nullptr) return Unusable("this is no public key");
  if (EVP_PKEY_is_a(key, "ED25519") == 1) {
    return VerificationKey(SignatureAlgorithm::kEdDsa, std::move(material));
  }
  if (EVP_PKEY_is_a(key, "RSA") != 1) return Unusable("only keys of RSA and Ed25519 are taken");
  const int bits = EVP_PKEY_get_bits(key);
  if (bits < kLeastRsaBits || bits > kMostRsaBits) {
    return Unusable("a key of RSA needs 2048 to 16384 bits");
  }
  return VerificationKey(SignatureAlgorithm::kRs256, std::move(material));
}

base::Result<VerificationKey> VerificationKey::FromPem(std::string_view pem) {
  if (pem.size() > std::numeric_limits<int>::max()) return Unusable("this is no public key");
  const std::unique_ptr<BIO, Freed<BIO, BIO_free_all>> bytes(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  auto material = std::make_shared<Material>();
  material->key.reset(PEM_read_bio_PUBKEY(bytes.get(), nullptr, nullptr, nullptr));
  return FromMaterial(std::move(material));
}

base::Result<VerificationKey> VerificationKey::FromRsa(std::string_view modulus,
                                                       std::string_view exponent) {
  constexpr std::size_t kMostBytes = kMostRsaBits / 8;
  constexpr std::size_t kMostExponentBytes = 8;
  if (modulus.size() > kMostBytes || exponent.size() > kMostExponentBytes) {
    return Unusable("the numbers of the RSA key are too long");
  }
  const Number n = NumberOf(modulus);
  const Number e = NumberOf(exponent);
  const Builder builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
  const Parameters parameters(OSSL_PARAM_BLD_to_param(builder.get()));
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  EVP_PKEY* made = nullptr;
  if (EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) {
    return Unusable("these numbers make no RSA key");
  }
  auto material = std::make_shared<Material>();
  material->key.reset(made);
  return FromMaterial(std::move(material));
}

base::Result<VerificationKey> VerificationKey::FromEd25519(std::string_view point) {
  if (point.size() != kEd25519Bytes) return Unusable("a key of Ed25519 has 32 bytes");
  auto material = std::make_shared<Material>();
  material->key.reset(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, BytesOf(point), point.size()));
  return FromMaterial(std::move(material));
}

bool VerificationKey::Verify(std::string_view message, std::string_view signature) const {
  if (algorithm_ == SignatureAlgorithm::kHs256) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> made{};
    unsigned length = 0;
    const std::string& secret = material_->secret;
    if (HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), BytesOf(message),
             message.size(), made.data(), &length) == nullptr) {
      return false;
    }
    return length == kHmacBytes && signature.size() == kHmacBytes &&
           CRYPTO_memcmp(made.data(), signature.data(), kHmacBytes) == 0;
  }
  const DigestContext context(EVP_MD_CTX_new());
  const EVP_MD* const digest = algorithm_ == SignatureAlgorithm::kRs256 ? EVP_sha256() : nullptr;
  const bool valid =
      EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, material_->key.get()) == 1 &&
      EVP_DigestVerify(context.get(), BytesOf(signature), signature.size(), BytesOf(message),
                       message.size()) == 1;
  ERR_clear_error();
  return valid;
}

}  // namespace geoclimate::formats
