#include "geoclimate/access/token_verifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <string>
#include <utility>

#include "geoclimate/access/authentication.h"
#include "geoclimate/formats/testing/token_signer.h"
#include "geoclimate/store/sqlite/temporary_folder.h"

namespace geoclimate::access {
namespace {

using formats::SignatureAlgorithm;
using formats::TokenSigner;

constexpr std::int64_t kNow = 1'800'000'000;

TokenOptions OptionsFor(std::string issuer, std::string audience) {
  TokenOptions options;
  options.issuer = std::move(issuer);
  options.audience = std::move(audience);
  return options;
}

class TokenVerifierTest : public testing::Test {
 protected:
  void Write(std::string_view name, std::string_view text) {
    std::ofstream(folder_ / name) << text;
  }
  std::unique_ptr<TokenVerifier> Open() {
    auto opened = TokenVerifier::Open(options_, std::nullopt, clock_);
    EXPECT_TRUE(opened.ok()) << opened.error().ToString();
    return *std::move(opened);
  }
  // The verifier of a set with both public keys.
  std::unique_ptr<TokenVerifier> OpenSet() {
    Write("keys.json", "{\"keys\":[" + rsa_.Jwk("r1") + "," + ed_.Jwk("e1") + "]}");
    options_.jwks_file = folder_ / "keys.json";
    return Open();
  }
  static std::string Claims(const std::string& more = "", std::int64_t expires = kNow + 300) {
    return R"({"iss":"https://id.example","aud":"geoclimate","sub":"alice","scope":"read predict openid","exp":)" +
           std::to_string(expires) + more + "}";
  }
  base::ErrorCode CodeOf(const TokenVerifier& verifier, const std::string& token) const {
    const auto verified = verifier.Verify(token, clock_.Now());
    if (verified.ok()) return base::ErrorCode{};
    if (token.size() > 20) {
      EXPECT_EQ(verified.error().message().find(token.substr(0, 20)), std::string::npos);
    }
    return verified.error().code();
  }

  base::FakeClock clock_{base::Timestamp(std::chrono::seconds(kNow))};
  store::sqlite::TemporaryFolder folder_;
  TokenOptions options_ = OptionsFor("https://id.example", "geoclimate");
  const TokenSigner rsa_ = TokenSigner::Rsa();
  const TokenSigner ed_ = TokenSigner::Ed25519();
  static constexpr auto kFine = base::ErrorCode{};
  static constexpr auto kRefused = base::ErrorCode::kUnauthenticated;
  static constexpr auto kEnded = base::ErrorCode::kDeadlineExceeded;
};

TEST_F(TokenVerifierTest, TokensOfEachKeyAreVerified) {
  const auto verifier = OpenSet();
  for (const std::string& token : {rsa_.Token(Claims(), "r1"), ed_.Token(Claims(), "e1")}) {
    const auto verified = verifier->Verify(token, clock_.Now());
    ASSERT_TRUE(verified.ok()) << verified.error().ToString();
    EXPECT_EQ(verified->scopes, ScopeSet({Scope::kRead, Scope::kPredict}));
    EXPECT_EQ(verified->activity->id(), "alice");
    EXPECT_EQ(verified->ends_at, clock_.Now() + std::chrono::seconds(360));
  }
}

TEST_F(TokenVerifierTest, ASecretSignsOnlyWhereItIsAllowed) {
  const std::string secret(40, 's');
  Write("secret", secret + "\n");
  options_.key_file = folder_ / "secret";
  const TokenSigner hmac = TokenSigner::Hmac(secret);
  EXPECT_EQ(CodeOf(*Open(), hmac.Token(Claims())), kRefused);
  options_.algorithms = {SignatureAlgorithm::kHs256};
  EXPECT_EQ(CodeOf(*Open(), hmac.Token(Claims())), kFine);
  EXPECT_EQ(CodeOf(*Open(), hmac.Token(Claims(), "any")), kFine);
  EXPECT_EQ(CodeOf(*Open(), TokenSigner::Hmac(secret + "x").Token(Claims())), kRefused);
}

TEST_F(TokenVerifierTest, NoneIsNoAlgorithm) {
  const auto verifier = OpenSet();
  for (const std::string alg : {"none", "None", "NONE", "", "HS512"}) {
    const std::string text = formats::EncodeBase64Url(R"({"alg":")" + alg + R"(","kid":"r1"})") +
                             "." + formats::EncodeBase64Url(Claims()) + ".";
    EXPECT_EQ(CodeOf(*verifier, text), kRefused) << alg;
    EXPECT_EQ(CodeOf(*verifier, text + formats::EncodeBase64Url("x")), kRefused) << alg;
  }
}

// The public key is no secret: who takes it for one must find no door.
TEST_F(TokenVerifierTest, APublicKeyIsNeverASecret) {
  Write("public.pem", rsa_.Pem());
  options_.key_file = folder_ / "public.pem";
  options_.algorithms = {SignatureAlgorithm::kHs256, SignatureAlgorithm::kRs256};
  const auto verifier = Open();
  EXPECT_EQ(CodeOf(*verifier, rsa_.Token(Claims())), kFine);
  for (const std::string& secret : {rsa_.Pem(), rsa_.Pem().substr(0, rsa_.Pem().size() - 1)}) {
    EXPECT_EQ(CodeOf(*verifier, TokenSigner::Hmac(secret).Token(Claims())), kRefused);
  }
  EXPECT_EQ(CodeOf(*verifier, rsa_.Token(Claims(), "", "HS256")), kRefused);
  EXPECT_EQ(CodeOf(*verifier, ed_.Token(Claims(), "", "RS256")), kRefused);
}

TEST_F(TokenVerifierTest, TheKidChoosesTheKey) {
  const auto verifier = OpenSet();
  EXPECT_EQ(CodeOf(*verifier, rsa_.Token(Claims(), "e1")), kRefused);
  EXPECT_EQ(CodeOf(*verifier, rsa_.Token(Claims(), "x")), kRefused);
  EXPECT_EQ(CodeOf(*verifier, rsa_.Token(Claims())), kRefused);  // which of two?
  EXPECT_EQ(CodeOf(*verifier, rsa_.TokenWithHeader(R"({"alg":"RS256","kid":1})", Claims())),
            kRefused);
}

TEST_F(TokenVerifierTest, WhatWasChangedIsRefused) {
  const auto verifier = OpenSet();
  const std::string token = ed_.Token(Claims(), "e1");
  for (std::size_t i = 0; i < token.size(); i += 7) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_NE(CodeOf(*verifier, changed), kFine) << i;
  }
  for (const std::string& other :
       {token + "=", token + ".", token.substr(0, token.size() - 1), "." + token, std::string(),
        std::string(".."), std::string(9000, 'a') + "..", " " + token}) {
    EXPECT_EQ(CodeOf(*verifier, other), kRefused);
  }
}

TEST_F(TokenVerifierTest, TimesCountWithTheSkew) {
  const auto verifier = OpenSet();
  const auto code = [&](const std::string& claims) {
    return CodeOf(*verifier, ed_.Token(claims, "e1"));
  };
  EXPECT_EQ(code(Claims("", kNow - 59)), kFine);
  EXPECT_EQ(code(Claims("", kNow - 60)), kEnded);
  EXPECT_EQ(code(Claims(R"(,"nbf":)" + std::to_string(kNow + 60))), kFine);
  EXPECT_EQ(code(Claims(R"(,"nbf":)" + std::to_string(kNow + 61))), kRefused);
  EXPECT_EQ(code(Claims(R"(,"iat":)" + std::to_string(kNow + 61))), kRefused);
  EXPECT_EQ(code(Claims(R"(,"nbf":"soon")")), kRefused);
  EXPECT_EQ(code(Claims(R"(,"nbf":-1)")), kRefused);
  EXPECT_EQ(code(Claims(R"(,"nbf":1e300)")), kRefused);
}

TEST_F(TokenVerifierTest, EveryClaimThatIsNeededIsAskedFor) {
  const auto verifier = OpenSet();
  const std::string exp = R"(,"exp":)" + std::to_string(kNow + 300) + "}";
  const std::string refused[] = {
      R"({"iss":"https://id.example","aud":"geoclimate","sub":"a"})",
      R"({"aud":"geoclimate","sub":"a")" + exp,
      R"({"iss":"https://other.example","aud":"geoclimate","sub":"a")" + exp,
      R"({"iss":"https://id.example","sub":"a")" + exp,
      R"({"iss":"https://id.example","aud":"other","sub":"a")" + exp,
      R"({"iss":"https://id.example","aud":["other",7],"sub":"a")" + exp,
      R"({"iss":"https://id.example","aud":"geoclimate")" + exp,
      R"({"iss":"https://id.example","aud":"geoclimate","sub":"")" + exp,
      R"({"iss":"https://id.example","aud":"geoclimate","sub":"a","sub":"b")" + exp,
      "[]",
      "7"};
  for (const std::string& claims : refused) {
    EXPECT_EQ(CodeOf(*verifier, ed_.Token(claims, "e1")), kRefused) << claims;
  }
  const std::string listed =
      R"({"iss":"https://id.example","aud":["other","geoclimate"],"sub":"a")" + exp;
  EXPECT_EQ(CodeOf(*verifier, ed_.Token(listed, "e1")), kFine);
  EXPECT_EQ(
      CodeOf(*verifier, ed_.TokenWithHeader(
                            R"({"alg":"EdDSA","kid":"e1","crit":["b64"],"b64":false})", listed)),
      kRefused);
}

TEST_F(TokenVerifierTest, ScopesAreTheWordsThatNameOne) {
  const auto verifier = OpenSet();
  const auto scopes = [&](const std::string& more) {
    const std::string claims =
        R"({"iss":"https://id.example","aud":"geoclimate","sub":"a","exp":)" +
        std::to_string(kNow + 300) + more + "}";
    return verifier->Verify(ed_.Token(claims, "e1"), clock_.Now())->scopes.ToString();
  };
  EXPECT_EQ(scopes(""), "");
  EXPECT_EQ(scopes(R"(,"scope":"openid  predict email")"), "predict");
  EXPECT_EQ(scopes(R"(,"scp":["read","admin","x",7])"), "admin,read");
  EXPECT_EQ(scopes(R"(,"scope":"read,admin")"), "");
  EXPECT_EQ(scopes(R"(,"scope":7)"), "");
}

TEST_F(TokenVerifierTest, NewKeysCountWithoutAStartAndOldOnesStop) {
  const auto verifier = OpenSet();
  const std::string before = rsa_.Token(Claims(), "r1");
  const TokenSigner other = TokenSigner::Ed25519();
  Authentication authentication{.keyless = Keyless::kNever, .tokens = verifier.get()};
  Authenticator authenticator(&authentication);
  const auto show = [&](const std::string& token) {
    return authenticator
        .Check({.api_key = "", .authorization = "Bearer " + token}, "192.0.2.1", clock_.Now())
        .rejection;
  };
  EXPECT_EQ(show(before), Rejection::kNone);
  EXPECT_EQ(show(before), Rejection::kNone);  // remembered
  Write("keys.json", "not json");
  EXPECT_FALSE(verifier->Refresh().ok());
  EXPECT_EQ(show(before), Rejection::kNone);
  Write("keys.json", "{\"keys\":[" + other.Jwk("o1") + "]}");
  ASSERT_TRUE(verifier->Refresh().ok());
  EXPECT_EQ(show(before), Rejection::kUnknown);
  EXPECT_EQ(show(other.Token(Claims(), "o1")), Rejection::kNone);
  EXPECT_EQ(show(other.Token(Claims())), Rejection::kNone);  // the only key
  clock_.Advance(std::chrono::hours(1));
  EXPECT_EQ(show(other.Token(Claims(), "o1")), Rejection::kEnded);
}

TEST_F(TokenVerifierTest, WrongFilesAndOptionsAreNamed) {
  for (TokenOptions wrong : {OptionsFor("i", ""), OptionsFor("", "a")}) {
    wrong.key_file = "k";
    EXPECT_FALSE(wrong.Validate().ok());
  }
  options_.jwks_file = folder_ / "keys.json";
  for (const std::string_view text :
       {"", "{}", R"({"keys":[]})", R"({"keys":[{"kty":"EC"}]})", R"({"keys":[{"kty":"RSA"}]})",
        R"({"keys":[{"kty":"oct","k":"c2hvcnQ"}]})", R"({"keys":[7]})"}) {
    Write("keys.json", text);
    const auto opened = TokenVerifier::Open(options_, std::nullopt, clock_);
    ASSERT_FALSE(opened.ok()) << text;
    EXPECT_THAT(opened.error().message(), testing::HasSubstr("keys.json")) << text;
  }
  Write("keys.json", "{\"keys\":[" + ed_.Jwk("a") + "," + rsa_.Jwk("a") + "]}");
  EXPECT_THAT(TokenVerifier::Open(options_, std::nullopt, clock_).error().message(),
              testing::HasSubstr("twice"));
}

}  // namespace
}  // namespace geoclimate::access
