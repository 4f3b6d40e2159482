#pragma once

// Makes keys and signs with them, for tests of what verifies.

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "geoclimate/base/check.h"
#include "geoclimate/formats/base64.h"

namespace geoclimate::formats {

class TokenSigner {
 public:
  static TokenSigner Rsa(unsigned bits = 2048) {
    return TokenSigner(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{bits}), "RS256");
  }
  static TokenSigner Ed25519() {
    return TokenSigner(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), "EdDSA");
  }
  static TokenSigner Hmac(std::string secret) {
    TokenSigner signer(nullptr, "HS256");
    signer.secret_ = std::move(secret);
    return signer;
  }

  std::string Sign(std::string_view message) const {
    const auto* const bytes = reinterpret_cast<const unsigned char*>(message.data());
    std::array<unsigned char, 2048> signature{};
    std::size_t length = signature.size();
    if (key_ == nullptr) {
      unsigned made = 0;
      HMAC(EVP_sha256(), secret_.data(), static_cast<int>(secret_.size()), bytes, message.size(),
           signature.data(), &made);
      length = made;
    } else {
      EVP_MD_CTX* const context = EVP_MD_CTX_new();
      const EVP_MD* const digest = algorithm_ == "RS256" ? EVP_sha256() : nullptr;
      GC_CHECK(EVP_DigestSignInit(context, nullptr, digest, nullptr, key_.get()) == 1 &&
                   EVP_DigestSign(context, signature.data(), &length, bytes, message.size()) == 1,
               "signing");
      EVP_MD_CTX_free(context);
    }
    return {reinterpret_cast<const char*>(signature.data()), length};
  }

  // A token with {"alg", "kid"} as header; `algorithm` empty: that of the key.
  std::string Token(std::string_view claims, std::string_view kid = "",
                    std::string_view algorithm = "") const {
    std::string header = "{\"alg\":\"" + std::string(algorithm.empty() ? algorithm_ : algorithm);
    header += kid.empty() ? "\"}" : "\",\"kid\":\"" + std::string(kid) + "\"}";
    return TokenWithHeader(header, claims);
  }
  std::string TokenWithHeader(std::string_view header, std::string_view claims) const {
    const std::string text = EncodeBase64Url(header) + "." + EncodeBase64Url(claims);
    return text + "." + EncodeBase64Url(Sign(text));
  }

  std::string Pem() const {
    BIO* const bytes = BIO_new(BIO_s_mem());
    GC_CHECK(PEM_write_bio_PUBKEY(bytes, key_.get()) == 1, "a public key");
    char* text = nullptr;
    const long length = BIO_get_mem_data(bytes, &text);
    std::string pem(text, static_cast<std::size_t>(length));
    BIO_free(bytes);
    return pem;
  }

  // A member of a JSON Web Key Set.
  std::string Jwk(std::string_view kid) const {
    const std::string id = "\"kid\":\"" + std::string(kid) + "\",";
    if (key_ == nullptr)
      return "{" + id + R"("kty":"oct","k":")" + EncodeBase64Url(secret_) + "\"}";
    if (algorithm_ == "EdDSA") {
      std::array<unsigned char, 32> point{};
      std::size_t length = point.size();
      EVP_PKEY_get_raw_public_key(key_.get(), point.data(), &length);
      return "{" + id + R"("kty":"OKP","crv":"Ed25519","x":")" +
             EncodeBase64Url({reinterpret_cast<const char*>(point.data()), length}) + "\"}";
    }
    return "{" + id + R"("kty":"RSA","use":"sig","alg":"RS256","n":")" +
           Number(OSSL_PKEY_PARAM_RSA_N) + R"(","e":")" + Number(OSSL_PKEY_PARAM_RSA_E) + "\"}";
  }

 private:
  struct Free {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  };
  TokenSigner(EVP_PKEY* key, std::string_view algorithm) : key_(key), algorithm_(algorithm) {}

  std::string Number(const char* name) const {
    BIGNUM* number = nullptr;
    EVP_PKEY_get_bn_param(key_.get(), name, &number);
    std::string bytes(static_cast<std::size_t>(BN_num_bytes(number)), '\0');
    BN_bn2bin(number, reinterpret_cast<unsigned char*>(bytes.data()));
    BN_free(number);
    return EncodeBase64Url(bytes);
  }

  std::unique_ptr<EVP_PKEY, Free> key_;  // null: HMAC
  std::string_view algorithm_;
  std::string secret_;
};

}  // namespace geoclimate::formats
