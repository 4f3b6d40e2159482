#include "geoclimate/formats/certificate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "geoclimate/base/check.h"
#include "geoclimate/base/day.h"

namespace geoclimate::formats {
namespace {

using ::testing::HasSubstr;

// Made by openssl req -x509 for nobody; the keys guard nothing.
constexpr std::string_view kCertificate = R"(-----BEGIN CERTIFICATE-----
MIIBrzCCAVWgAwIBAgIUMJbmVFvO5pow20K6WGfWd8y+l8EwCgYIKoZIzj0EAwIw
LDEQMA4GA1UECgwHRXhhbXBsZTEYMBYGA1UEAwwPYXBpLmV4YW1wbGUub3JnMCAX
DTI2MTEyODA3Mzc0OFoYDzIxMjYxMTA0MDczNzQ4WjAsMRAwDgYDVQQKDAdFeGFt
cGxlMRgwFgYDVQQDDA9hcGkuZXhhbXBsZS5vcmcwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQFF0FvOzEKwdw7WGNLfE/A4IaoCsjYFobBlZi8MUENPu8ANeqtEOiT
PCVjYgd0TEbLOA+dvjhuVrCBeSIe09WHo1MwUTAdBgNVHQ4EFgQUjJ70eZJ6lLVl
YyjgBA3CoebNrMQwHwYDVR0jBBgwFoAUjJ70eZJ6lLVlYyjgBA3CoebNrMQwDwYD
VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiEA2nzoDGSFQ4TRWJDl+1mc
X8ZVJW5Zb+Ukn2kyIL/UQQwCIAHdxZh2MGggQt2EP4BtIplYR9m45qHFu52zEb8O
tCQm
-----END CERTIFICATE-----
)";
constexpr std::string_view kKey = R"(-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgzsPqk1I/neFJ4/9M
p4dWRy5cq181gCws4p3YrVQOvGuhRANCAAQFF0FvOzEKwdw7WGNLfE/A4IaoCsjY
FobBlZi8MUENPu8ANeqtEOiTPCVjYgd0TEbLOA+dvjhuVrCBeSIe09WH
-----END PRIVATE KEY-----
)";
constexpr std::string_view kOtherKey = R"(-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgOV8A+OdjIR5FNB2A
o2JONDIMokYdlnEn7/d93FcYSDyhRANCAASMix6QdERq9qS+P39uMgkC6TXAdOIb
PYNn1vKDzTgGVNsjGq/SB2H9/t8dPH5vuwu/FoJoNweg4sndizO5wcww
-----END PRIVATE KEY-----
)";

class CertificateTest : public ::testing::Test {
 protected:
  CertificateTest() {
    std::string name = ::testing::TempDir() + "certificate_XXXXXX";
    GC_CHECK(mkdtemp(name.data()) != nullptr, "a temporary folder can be made");
    folder_ = name;
  }
  ~CertificateTest() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path Write(std::string_view name, std::string_view text) {
    std::ofstream(folder_ / name) << text;
    return folder_ / name;
  }

  std::filesystem::path folder_;
};

TEST_F(CertificateTest, SaysWhoseItIsAndFromWhenToWhen) {
  const auto certificate = ReadCertificate(Write("a.pem", kCertificate));
  ASSERT_TRUE(certificate.ok()) << certificate.error().message();
  EXPECT_EQ(certificate->subject, "CN=api.example.org,O=Example");
  EXPECT_EQ(base::FormatTimestamp(certificate->valid_from), "2026-11-28T07:37:48Z");
  EXPECT_EQ(base::FormatTimestamp(certificate->valid_to), "2126-11-04T07:37:48Z");
}

TEST_F(CertificateTest, AKeyFitsItsOwnCertificateOnly) {
  const auto certificate = Write("a.pem", kCertificate);
  EXPECT_TRUE(CheckCertificateKey(certificate, Write("a.key", kKey)).ok());
  const auto other = CheckCertificateKey(certificate, Write("b.key", kOtherKey));
  ASSERT_FALSE(other.ok());
  EXPECT_THAT(other.error().message(), HasSubstr("b.key is not the key of the certificate"));
}

TEST_F(CertificateTest, WhatIsNoneIsNamed) {
  const auto nothing = Write("nothing.pem", "hunter2");
  const auto certificate = ReadCertificate(nothing);
  ASSERT_FALSE(certificate.ok());
  EXPECT_EQ(certificate.error().code(), base::ErrorCode::kInvalidArgument);
  EXPECT_THAT(certificate.error().message(), ::testing::Not(HasSubstr("hunter2")));
  EXPECT_EQ(ReadCertificate(folder_ / "none").error().code(), base::ErrorCode::kNotFound);
  const auto key = CheckCertificateKey(Write("a.pem", kCertificate), nothing);
  ASSERT_FALSE(key.ok());
  EXPECT_THAT(key.error().message(), HasSubstr("holds no private key"));
}

}  // namespace
}  // namespace geoclimate::formats
