#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/base/result.h"
#include "geoclimate/blob/blob_store.h"
#include "geoclimate/blob/s3/credentials.h"

// The XML answers of S3 (Amazon S3 API Reference) and STS. They come from outside: every function
// takes any bytes, and gives kDataLoss for what is not the document that it should be.
namespace geoclimate::blob {

struct ListPage {
  std::vector<BlobEntry> entries;  // as they came, the keys decoded
  std::string continuation_token;  // empty on the last page
};
// Of a ListObjectsV2 with encoding-type=url.
base::Result<ListPage> ParseListPage(std::string_view xml);

struct ErrorDocument {
  std::string code;
  std::string message;
};
// Both empty when the document is no error: many have no body.
ErrorDocument ParseErrorDocument(std::string_view xml);

// The UploadId of a CreateMultipartUpload.
base::Result<std::string> ParseUploadId(std::string_view xml);

struct UploadedPart {
  std::string etag;
  std::string sha256_base64;
};
std::string EncodeCompletedUpload(const std::vector<UploadedPart>& parts);
// The ETag of a CompleteMultipartUpload. Its status is 200 even when it failed: look for an error
// document first.
base::Result<std::string> ParseCompletedUpload(std::string_view xml);

// Of an AssumeRoleWithWebIdentity.
base::Result<Credentials> ParseAssumedRole(std::string_view xml);

}  // namespace geoclimate::blob
