#include "geoclimate/blob/s3/s3_options.h"

#include <fmt/format.h>

#include <algorithm>

#include "geoclimate/blob/blob_store.h"

namespace geoclimate::blob {
namespace {

constexpr std::size_t kLeastPart = std::size_t{5} << 20;
constexpr std::size_t kMostPart = std::size_t{5} << 30;
// S3's keys have 1 024 bytes at most, and a blob's key 800.
constexpr std::size_t kMostPrefix = 200;

// Bucket names as Amazon S3's user guide has them, "General purpose bucket naming rules".
bool IsBucketName(std::string_view name) {
  const auto is_character = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  };
  const auto is_alphanumeric = [](char c) { return c != '-' && c != '.'; };
  return name.size() >= 3 && name.size() <= 63 && std::ranges::all_of(name, is_character) &&
         is_alphanumeric(name.front()) && is_alphanumeric(name.back()) &&
         name.find("..") == std::string_view::npos;
}

bool IsRegion(std::string_view region) {
  return !region.empty() && region.size() <= 60 && std::ranges::all_of(region, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
}

// A scheme and a host, without a path.
bool IsEndpoint(std::string_view endpoint) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (!endpoint.starts_with(scheme)) continue;
    const std::string_view host = endpoint.substr(scheme.size());
    return !host.empty() && host.find_first_of("/?#@ ") == std::string_view::npos;
  }
  return false;
}

}  // namespace

base::Result<void> S3Options::Validate() const {
  if (!IsBucketName(bucket)) {
    return base::InvalidArgument(fmt::format("'{}' cannot be the name of a bucket", bucket));
  }
  if (!prefix.empty() && (prefix.size() > kMostPrefix || !ValidateKey(prefix).ok())) {
    return base::InvalidArgument(fmt::format("'{}' cannot be a prefix of keys", prefix));
  }
  if (!IsRegion(region)) return base::InvalidArgument(fmt::format("'{}' is no region", region));
  if (!endpoint.empty() && !IsEndpoint(endpoint)) {
    return base::InvalidArgument(
        fmt::format("'{}' is no endpoint, which is https://HOST or http://HOST", endpoint));
  }
  // A certificate for *.HOST does not cover a name with more dots.
  if (addressing == Addressing::kVirtualHost && !endpoint.starts_with("http://") &&
      bucket.find('.') != std::string::npos) {
    return base::InvalidArgument(
        fmt::format("the bucket '{}' has dots in its name and needs path-style URLs", bucket));
  }
  if (multipart_bytes < kLeastPart || multipart_bytes > kMostPart) {
    return base::InvalidArgument("multipart_bytes is not from 5 MiB to 5 GiB");
  }
  if (!encryption.empty() && encryption != "AES256" && encryption != "aws:kms") {
    return base::InvalidArgument(
        fmt::format("encryption: '{}' is none of AES256, aws:kms", encryption));
  }
  if (!kms_key_id.empty() && encryption != "aws:kms") {
    return base::InvalidArgument("kms_key_id is for the encryption aws:kms alone");
  }
  if (parallel_parts == 0 || parallel_parts > 64) {
    return base::InvalidArgument("parallel_parts is not from 1 to 64");
  }
  return {};
}

base::Result<S3Options> ParseS3Url(std::string_view url) {
  constexpr std::string_view kScheme = "s3://";
  if (!url.starts_with(kScheme)) {
    return base::InvalidArgument(fmt::format("'{}' is not of the form s3://BUCKET/PREFIX", url));
  }
  const std::string_view rest = url.substr(kScheme.size());
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  S3Options options;
  options.bucket = rest.substr(0, slash);
  options.prefix = rest.substr(std::min(slash + 1, rest.size()));
  if (options.prefix.ends_with('/')) options.prefix.pop_back();
  GC_RETURN_IF_ERROR(options.Validate());
  return options;
}

}  // namespace geoclimate::blob
