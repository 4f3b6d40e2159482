#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "geoclimate/base/result.h"

namespace geoclimate::formats {

// How a signature is made, by its name in RFC 7518 and RFC 8037.
enum class SignatureAlgorithm : std::uint8_t { kHs256, kRs256, kEdDsa };
std::string_view SignatureAlgorithmName(SignatureAlgorithm algorithm);
// Nothing for other names; "none" is one of them.
std::optional<SignatureAlgorithm> ParseSignatureAlgorithm(std::string_view name);

// A key that signatures are verified with, by OpenSSL. What the key is decides the algorithm: a
// public key of RSA can never be taken for a secret of HMAC.
//
// Immutable: thread-safe. A value that shares its key.
class VerificationKey {
 public:
  // HS256. kInvalidArgument below 32 bytes (RFC 7518, 3.2).
  static base::Result<VerificationKey> FromSecret(std::string_view secret);
  // RS256 (of 2048 to 16384 bits) or EdDSA (Ed25519) from a public key in PEM. kInvalidArgument for
  // other keys.
  static base::Result<VerificationKey> FromPem(std::string_view pem);
  // RS256 from modulus and exponent, big-endian.
  static base::Result<VerificationKey> FromRsa(std::string_view modulus, std::string_view exponent);
  // EdDSA from the 32 bytes of an Ed25519 public key.
  static base::Result<VerificationKey> FromEd25519(std::string_view point);

  SignatureAlgorithm algorithm() const { return algorithm_; }
  // Secrets are compared in constant time.
  bool Verify(std::string_view message, std::string_view signature) const;

 private:
  struct Material;
  VerificationKey(SignatureAlgorithm algorithm, std::shared_ptr<const Material> material)
      : algorithm_(algorithm), material_(std::move(material)) {}
  static base::Result<VerificationKey> FromMaterial(std::shared_ptr<Material> material);

  SignatureAlgorithm algorithm_;
  std::shared_ptr<const Material> material_;
};

}  // namespace geoclimate::formats
