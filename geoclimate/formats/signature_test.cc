#include "geoclimate/formats/signature.h"

#include <gtest/gtest.h>

#include <string>

#include "geoclimate/formats/base64.h"
#include "geoclimate/formats/testing/token_signer.h"

namespace geoclimate::formats {
namespace {

std::string Bytes(std::string_view base64) {
  return *DecodeBase64Url(base64);
}

// RFC 7515, appendix A.1.
TEST(VerificationKey, TheStandardsExampleOfHs256Holds) {
  const auto key = VerificationKey::FromSecret(Bytes(
      "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"));
  ASSERT_TRUE(key.ok());
  const std::string message =
      "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVl"
      "fQ";
  const std::string signature = Bytes("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
  EXPECT_TRUE(key->Verify(message, signature));
  EXPECT_FALSE(key->Verify(message + "x", signature));
  EXPECT_FALSE(key->Verify(message, signature.substr(1)));
  EXPECT_FALSE(key->Verify(message, ""));
}

// RFC 8037, appendices A.2 and A.4.
TEST(VerificationKey, TheStandardsExampleOfEdDsaHolds) {
  const auto key =
      VerificationKey::FromEd25519(Bytes("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"));
  ASSERT_TRUE(key.ok());
  const std::string message = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
  const std::string signature = Bytes(
      "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg");
  EXPECT_TRUE(key->Verify(message, signature));
  EXPECT_FALSE(key->Verify(message + "x", signature));
}

TEST(VerificationKey, EachKindVerifiesWhatItsOwnKeySignedAlone) {
  const std::string secret(32, 's');
  const TokenSigner signers[] = {TokenSigner::Rsa(), TokenSigner::Ed25519(),
                                 TokenSigner::Hmac(secret)};
  const VerificationKey keys[] = {*VerificationKey::FromPem(signers[0].Pem()),
                                  *VerificationKey::FromPem(signers[1].Pem()),
                                  *VerificationKey::FromSecret(secret)};
  EXPECT_EQ(keys[0].algorithm(), SignatureAlgorithm::kRs256);
  EXPECT_EQ(keys[1].algorithm(), SignatureAlgorithm::kEdDsa);
  EXPECT_EQ(keys[2].algorithm(), SignatureAlgorithm::kHs256);
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t k = 0; k < 3; ++k) {
      EXPECT_EQ(keys[i].Verify("text", signers[k].Sign("text")), i == k) << i << k;
    }
    EXPECT_FALSE(keys[i].Verify("text", TokenSigner::Rsa().Sign("text")));
  }
}

TEST(VerificationKey, WeakOrForeignKeysAreRefused) {
  EXPECT_FALSE(VerificationKey::FromSecret(std::string(31, 's')).ok());
  EXPECT_FALSE(VerificationKey::FromPem(TokenSigner::Rsa(1024).Pem()).ok());
  EXPECT_FALSE(VerificationKey::FromPem("").ok());
  EXPECT_FALSE(VerificationKey::FromPem("-----BEGIN PUBLIC KEY-----\nAAAA\n").ok());
  EXPECT_FALSE(VerificationKey::FromEd25519(std::string(31, 'p')).ok());
  EXPECT_FALSE(VerificationKey::FromRsa("", "").ok());
  EXPECT_FALSE(VerificationKey::FromRsa(std::string(3000, 'n'), "\x03").ok());
}

TEST(SignatureAlgorithm, NoneIsNone) {
  for (const std::string_view name : {"none", "None", "", "hs256", "HS512", "ES256"}) {
    EXPECT_EQ(ParseSignatureAlgorithm(name), std::nullopt) << name;
  }
  EXPECT_EQ(ParseSignatureAlgorithm("EdDSA"), SignatureAlgorithm::kEdDsa);
}

}  // namespace
}  // namespace geoclimate::formats
