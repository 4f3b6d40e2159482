#pragma once

#include <string_view>

#include "geoclimate/blob/blob_store.h"
#include "geoclimate/blob/s3/s3_client.h"

namespace geoclimate::blob {

// The field of an object's metadata with the SHA-256 of its bytes, in hexadecimal.
inline constexpr std::string_view kSha256Field = "x-amz-meta-sha256";

// Reads an object: with one request when it is not larger than a part, else in parts, several at a
// time, all of the same version. The bytes are compared with the SHA-256 that they were written
// with, or with x-amz-checksum-sha256 of the whole where the object has only that.
//
// kNotFound; kDataLoss when the bytes are not the ones that were written; kOutOfRange for an object
// of more than max_blob_bytes; kUnavailable when it was replaced again and again meanwhile.
base::Result<Blob> Download(const S3Client& client, std::string_view key);

}  // namespace geoclimate::blob
