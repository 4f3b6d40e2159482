#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/blob/s3/s3_client.h"

namespace geoclimate::blob {

struct UploadReply {
  base::Result<std::string> etag;
  bool repeated = false;  // as in S3Reply, of the request that makes the object
};

// Writes an object in parts, several at a time; it is there when the last request succeeds, whole
// or not at all. `headers` are those of the object, `conditions` what must hold when it is made.
// What fails is aborted, so that its parts cost nothing; parts of a process that died stay until a
// rule of the bucket (AbortIncompleteMultipartUpload) removes them.
UploadReply UploadInParts(const S3Client& client, std::string_view key, std::string_view bytes,
                          const std::vector<http_client::HeaderField>& headers,
                          const std::vector<http_client::HeaderField>& conditions);

}  // namespace geoclimate::blob
