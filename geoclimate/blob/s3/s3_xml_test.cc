#include "geoclimate/blob/s3/s3_xml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "geoclimate/base/day.h"

namespace geoclimate::blob {
namespace {

TEST(S3Xml, AListingIsReadPageByPage) {
  const auto page = ParseListPage(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>b</Name>"
      "<IsTruncated>true</IsTruncated><NextContinuationToken>1ue/=</NextContinuationToken>"
      "<Contents><Key>a%2Fb</Key><ETag>&quot;x&quot;</ETag><Size>434234</Size></Contents>"
      "<Contents><Size>0</Size><Key>c+d&amp;</Key></Contents></ListBucketResult>");
  ASSERT_TRUE(page.ok()) << page.error().message();
  ASSERT_EQ(page->entries.size(), 2U);
  EXPECT_EQ(page->entries[0].key, "a/b");
  EXPECT_EQ(page->entries[0].size, 434234U);
  EXPECT_EQ(page->entries[0].version, "\"x\"");
  EXPECT_EQ(page->entries[1].version, "");
  EXPECT_EQ(page->entries[1].key, "c d&");
  EXPECT_EQ(page->continuation_token, "1ue/=");
  const auto last = ParseListPage(
      "<ListBucketResult><IsTruncated>false</IsTruncated>"
      "</ListBucketResult>");
  ASSERT_TRUE(last.ok());
  EXPECT_EQ(last->continuation_token, "");
}

TEST(S3Xml, AListingThatLosesObjectsIsNone) {
  for (const char* xml :
       {"", "<", "<Error/>", "<ListBucketResult>",
        "<ListBucketResult><Contents/></ListBucketResult>",
        "<ListBucketResult><Contents><Key>%2</Key><Size>1</Size></Contents></ListBucketResult>",
        "<ListBucketResult><Contents><Key>a</Key><Size>-1</Size></Contents></ListBucketResult>",
        "<ListBucketResult><Contents><Key>a</Key><Size>1x</Size></Contents></ListBucketResult>",
        "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>"}) {
    const auto page = ParseListPage(xml);
    ASSERT_FALSE(page.ok()) << xml;
    EXPECT_EQ(page.error().code(), base::ErrorCode::kDataLoss);
  }
}

TEST(S3Xml, EntitiesThatADocumentDefinesAreNotExpanded) {
  const auto page = ParseListPage(
      "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b SYSTEM \"file:///etc/passwd\">]>"
      "<ListBucketResult><Contents><Key>&a;&b;</Key><Size>1</Size></Contents></ListBucketResult>");
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page->entries[0].key, "&a;&b;");
}

TEST(S3Xml, AnErrorHasACodeAndAMessage) {
  const ErrorDocument error = ParseErrorDocument(
      "<?xml version=\"1.0\"?><Error><Code>NoSuchKey</Code><Message>It is not there.</Message>"
      "<RequestId>1</RequestId></Error>");
  EXPECT_EQ(error.code, "NoSuchKey");
  EXPECT_EQ(error.message, "It is not there.");
  EXPECT_EQ(ParseErrorDocument("<html>Bad gateway</html>").code, "");
  EXPECT_EQ(ParseErrorDocument("").code, "");
}

TEST(S3Xml, AnUploadBeginsWithItsIdAndEndsWithItsParts) {
  const auto id = ParseUploadId(
      "<InitiateMultipartUploadResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
      "<Bucket>b</Bucket><Key>k</Key><UploadId>VXBsb2Fk</UploadId>"
      "</InitiateMultipartUploadResult>");
  ASSERT_TRUE(id.ok());
  EXPECT_EQ(*id, "VXBsb2Fk");
  EXPECT_FALSE(ParseUploadId("<InitiateMultipartUploadResult/>").ok());
  EXPECT_EQ(EncodeCompletedUpload({{"\"a\"", "x="}, {"<b>", "y="}}),
            "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
            "<Part><PartNumber>1</PartNumber><ETag>\"a\"</ETag><ChecksumSHA256>x=</ChecksumSHA256>"
            "</Part><Part><PartNumber>2</PartNumber><ETag>&lt;b&gt;</ETag>"
            "<ChecksumSHA256>y=</ChecksumSHA256></Part></CompleteMultipartUpload>");
}

TEST(S3Xml, ACompletedUploadHasAnETag) {
  const auto etag = ParseCompletedUpload(
      "   \n<CompleteMultipartUploadResult><ETag>&quot;3858-2&quot;</ETag>"
      "</CompleteMultipartUploadResult>");
  ASSERT_TRUE(etag.ok());
  EXPECT_EQ(*etag, "\"3858-2\"");
  for (const char* xml : {"", "<Error><Code>InternalError</Code></Error>"}) {
    EXPECT_EQ(ParseCompletedUpload(xml).error().code(), base::ErrorCode::kDataLoss);
  }
}

TEST(S3Xml, AnAssumedRoleHasCredentialsThatExpire) {
  const auto credentials = ParseAssumedRole(
      "<AssumeRoleWithWebIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"
      "<AssumeRoleWithWebIdentityResult><Credentials><SessionToken>t</SessionToken>"
      "<SecretAccessKey>s</SecretAccessKey><Expiration>2014-10-24T23:00:23Z</Expiration>"
      "<AccessKeyId>i</AccessKeyId></Credentials></AssumeRoleWithWebIdentityResult>"
      "</AssumeRoleWithWebIdentityResponse>");
  ASSERT_TRUE(credentials.ok());
  ASSERT_TRUE(credentials->expires.has_value());
  EXPECT_EQ(base::FormatTimestamp(*credentials->expires), "2014-10-24T23:00:23Z");
  EXPECT_EQ(ParseAssumedRole("<AssumeRoleWithWebIdentityResponse/>").error().code(),
            base::ErrorCode::kDataLoss);
}

}  // namespace
}  // namespace geoclimate::blob
