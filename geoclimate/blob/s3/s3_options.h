#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "geoclimate/base/result.h"

namespace geoclimate::blob {

// How a bucket is named in a URL: https://BUCKET.HOST/KEY, or https://HOST/BUCKET/KEY, which stores
// without a wildcard name in DNS need.
enum class Addressing : std::uint8_t { kVirtualHost, kPathStyle };

// None changes at run time.
struct S3Options {
  std::string bucket = {};
  // Before every key, with a '/' between; empty: none. Segments like a key's.
  std::string prefix = {};
  std::string region = "us-east-1";
  // "https://HOST[:PORT]"; empty: AWS's of the region.
  std::string endpoint = {};
  Addressing addressing = Addressing::kVirtualHost;

  // Larger blobs are written and read in parts of this size, from 5 MiB to 5 GiB (10 000 parts at
  // most: the parts of a very large blob are larger). Larger parts cost fewer requests, smaller
  // ones less to repeat.
  std::size_t multipart_bytes = std::size_t{16} << 20;
  // Parts of one blob under way at once, each on a thread and a connection of its own.
  std::size_t parallel_parts = 4;
  // A blob that is larger is not read: kOutOfRange.
  std::size_t max_blob_bytes = std::size_t{4} << 30;
  // Of one page of a listing; S3 gives 1 000 at most.
  std::size_t list_page_keys = 1000;

  // x-amz-server-side-encryption of what is written: "AES256", "aws:kms"; empty: the bucket's own
  // rule. The key of KMS is the bucket's default when empty.
  std::string encryption = {};
  std::string kms_key_id = {};

  // Of one request, and of all attempts at it. Both are longer by the time that the request's bytes
  // take at `slowest_bytes_per_second`.
  std::chrono::milliseconds attempt_timeout{10'000};
  std::chrono::milliseconds operation_timeout{30'000};
  std::size_t slowest_bytes_per_second = std::size_t{1} << 20;

  // kInvalidArgument naming the field.
  base::Result<void> Validate() const;
};

// "s3://BUCKET[/PREFIX]": sets the two. kInvalidArgument for anything else.
base::Result<S3Options> ParseS3Url(std::string_view url);

}  // namespace geoclimate::blob
