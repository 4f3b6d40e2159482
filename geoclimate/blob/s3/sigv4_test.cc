#include "geoclimate/blob/s3/sigv4.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "geoclimate/blob/s3/uri_encoding.h"
#include "geoclimate/formats/digest.h"

namespace geoclimate::blob {
namespace {

using ::testing::HasSubstr;

// The examples of the Amazon S3 API Reference, "Signature Calculations for the Authorization
// Header: Transferring Payload in a Single Chunk", whose results it prints.
class DocumentedSignature : public testing::Test {
 protected:
  static std::string Sign(std::string_view method, std::string_view path, std::string_view query,
                          std::vector<http_client::HeaderField> headers, std::string payload) {
    const SignedRequest request{.method = method,
                                .host = "examplebucket.s3.amazonaws.com",
                                .encoded_path = path,
                                .encoded_query = query,
                                .headers = std::move(headers),
                                .payload_sha256 = std::move(payload)};
    const Credentials credentials{.access_key_id = "AKIAIOSFODNN7EXAMPLE",
                                  .secret_access_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                                  .session_token = ""};
    const base::Timestamp day = std::chrono::sys_days(std::chrono::year(2013) / 5 / 24);
    return SignV4(request, credentials, {.region = "us-east-1"}, day).back().value;
  }
  static std::string Nothing() { return formats::Sha256("").Hex(); }
};

TEST_F(DocumentedSignature, OfAGetWithARange) {
  EXPECT_EQ(Sign("GET", "/test.txt", "", {{"Range", "bytes=0-9"}}, Nothing()),
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
            "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
            "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

TEST_F(DocumentedSignature, OfAPutWithFieldsAndAKeyThatIsEncoded) {
  EXPECT_THAT(
      Sign("PUT", UriEncode("/test$file.text", Slash::kKept), "",
           {{"Date", "Fri, 24 May 2013 00:00:00 GMT"},
            {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
           formats::Sha256("Welcome to Amazon S3.").Hex()),
      HasSubstr("Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"));
}

TEST_F(DocumentedSignature, OfAQueryWithoutAValue) {
  EXPECT_THAT(
      Sign("GET", "/", CanonicalQuery({{"lifecycle", ""}}), {}, Nothing()),
      HasSubstr("Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"));
}

TEST_F(DocumentedSignature, OfAListing) {
  const std::string query = CanonicalQuery({{"prefix", "J"}, {"max-keys", "2"}});
  EXPECT_EQ(query, "max-keys=2&prefix=J");
  EXPECT_THAT(
      Sign("GET", "/", query, {}, Nothing()),
      HasSubstr("Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"));
}

TEST(SignV4, ATokenOfTemporaryCredentialsIsSentAndSigned) {
  const auto fields =
      SignV4({.method = "GET",
              .host = "h",
              .encoded_path = "/",
              .encoded_query = "",
              .headers = {},
              .payload_sha256 = ""},
             {.access_key_id = "id", .secret_access_key = "s", .session_token = "t"},
             {.region = "r"}, base::Timestamp());
  EXPECT_EQ(fields[2].name, "x-amz-security-token");
  EXPECT_EQ(fields[2].value, "t");
  EXPECT_THAT(fields.back().value, HasSubstr("x-amz-date;x-amz-security-token,"));
}

TEST(UriEncode, LeavesWhatIsUnreservedAlone) {
  EXPECT_EQ(UriEncode("aZ09-._~/", Slash::kKept), "aZ09-._~/");
  EXPECT_EQ(UriEncode("a/b", Slash::kEncoded), "a%2Fb");
  EXPECT_EQ(UriEncode(" +:=&%\xc3\xa4", Slash::kKept), "%20%2B%3A%3D%26%25%C3%A4");
}

TEST(CanonicalQuery, IsSortedAfterItIsEncoded) {
  EXPECT_EQ(CanonicalQuery({{"uploadId", "a+b"}, {"partNumber", "2"}, {"X", "%"}}),
            "X=%25&partNumber=2&uploadId=a%2Bb");
  EXPECT_EQ(CanonicalQuery({}), "");
}

}  // namespace
}  // namespace geoclimate::blob
