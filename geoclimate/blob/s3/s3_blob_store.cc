#include "geoclimate/blob/s3/s3_blob_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "geoclimate/blob/s3/checksum.h"
#include "geoclimate/blob/s3/multipart_upload.h"
#include "geoclimate/blob/s3/ranged_download.h"
#include "geoclimate/blob/s3/s3_xml.h"
#include "geoclimate/formats/digest.h"

namespace geoclimate::blob {
namespace {

using base::ErrorCode;
using http_client::HeaderField;

constexpr std::string_view kWriteField = "x-amz-meta-write";

// Whether any key can begin so: whole segments that a key may have, and the beginning of one more.
bool CanBeginKey(std::string_view prefix) {
  const std::size_t slash = prefix.rfind('/');
  const bool has_folder = slash != std::string_view::npos;
  if (has_folder && !ValidateKey(prefix.substr(0, slash)).ok()) return false;
  const std::string_view begun = has_folder ? prefix.substr(slash + 1) : prefix;
  return begun.empty() || ValidateKey(fmt::format("x{}", begun)).ok();
}

void AddEncryption(const S3Options& options, std::vector<HeaderField>& headers) {
  if (options.encryption.empty()) return;
  headers.push_back({"x-amz-server-side-encryption", options.encryption});
  if (!options.kms_key_id.empty()) {
    headers.push_back({"x-amz-server-side-encryption-aws-kms-key-id", options.kms_key_id});
  }
}

UploadReply UploadWhole(const S3Client& client, std::string_view key, std::string_view bytes,
                        const formats::Sha256Digest& digest, std::vector<HeaderField> headers,
                        const std::vector<HeaderField>& conditions) {
  headers.push_back({"x-amz-checksum-sha256", Base64(digest)});
  headers.insert(headers.end(), conditions.begin(), conditions.end());
  const S3Reply reply = client.Send({.operation = S3Operation::kPut,
                                     .method = "PUT",
                                     .key = key,
                                     .headers = std::move(headers),
                                     .body = bytes,
                                     .body_sha256 = digest,
                                     .transfer_bytes = bytes.size()});
  if (!reply.answer.ok()) return {reply.answer.error(), reply.repeated};
  const auto etag = reply.answer->Header("etag");
  if (etag.has_value()) return {std::string(*etag), reply.repeated};
  return {base::DataLoss(fmt::format("the store took '{}' without giving its ETag", key)), true};
}

}  // namespace

S3BlobStore::S3BlobStore(const S3Client& client, std::uint64_t writer)
    : client_(client), writer_(writer) {}

base::Result<Blob> S3BlobStore::Get(std::string_view key) const {
  GC_RETURN_IF_ERROR(ValidateKey(key));
  return Download(client_, key);
}

base::Result<bool> S3BlobStore::Exists(std::string_view key) const {
  GC_RETURN_IF_ERROR(ValidateKey(key));
  const S3Reply reply =
      client_.Send({.operation = S3Operation::kHead, .method = "HEAD", .key = key});
  if (reply.answer.ok()) return true;
  if (reply.answer.error().code() == ErrorCode::kNotFound) return false;
  return reply.answer.error();
}

base::Result<std::string> S3BlobStore::Put(std::string_view key, std::string_view bytes) {
  return Write(key, bytes, {});
}

base::Result<std::string> S3BlobStore::PutIfAbsent(std::string_view key, std::string_view bytes) {
  auto version = Write(key, bytes, {{"If-None-Match", "*"}});
  if (version.ok() || version.error().code() != ErrorCode::kAborted) return version;
  return base::AlreadyExists(fmt::format("there is a blob '{}' already", key));
}

base::Result<std::string> S3BlobStore::PutIfMatch(std::string_view key, std::string_view bytes,
                                                  std::string_view version) {
  auto replaced = Write(key, bytes, {{"If-Match", std::string(version)}});
  if (replaced.ok() || (replaced.error().code() != ErrorCode::kAborted &&
                        replaced.error().code() != ErrorCode::kNotFound)) {
    return replaced;
  }
  return base::Error(ErrorCode::kAborted,
                     fmt::format("the blob '{}' was replaced by another writer", key));
}

base::Result<std::string> S3BlobStore::Write(std::string_view key, std::string_view bytes,
                                             const Fields& conditions) {
  GC_RETURN_IF_ERROR(ValidateKey(key));
  const std::string write = fmt::format("{:016x}-{}", writer_, next_write_++);
  const formats::Sha256Digest digest = formats::Sha256(bytes);
  Fields headers = {{"Content-Type", "application/octet-stream"},
                    {std::string(kSha256Field), digest.Hex()},
                    {std::string(kWriteField), write}};
  AddEncryption(client_.options(), headers);
  UploadReply reply =
      bytes.size() > client_.options().multipart_bytes
          ? UploadInParts(client_, key, bytes, headers, conditions)
          : UploadWhole(client_, key, bytes, digest, std::move(headers), conditions);
  if (reply.etag.ok()) return std::move(reply.etag);
  const ErrorCode code = reply.etag.error().code();
  // What an earlier attempt has done stands in the way of the later one: its own object fails the
  // condition, and the upload that it completed is gone.
  if (reply.repeated && (code == ErrorCode::kAborted || code == ErrorCode::kNotFound)) {
    return EtagIfWrittenBy(key, write);
  }
  return std::move(reply.etag);
}

base::Result<std::string> S3BlobStore::EtagIfWrittenBy(std::string_view key,
                                                       std::string_view write) const {
  const S3Reply reply =
      client_.Send({.operation = S3Operation::kHead, .method = "HEAD", .key = key});
  if (reply.answer.ok() && reply.answer->Header(kWriteField) == write) {
    const auto etag = reply.answer->Header("etag");
    if (etag.has_value()) return std::string(*etag);
  }
  return base::Unavailable(fmt::format(
      "'{}' may have been written: the answer was lost, and the blob is now another's", key));
}

base::Result<std::vector<BlobEntry>> S3BlobStore::List(std::string_view prefix) const {
  std::vector<BlobEntry> entries;
  if (!CanBeginKey(prefix)) return entries;
  const std::string& own = client_.options().prefix;
  const std::string before = own.empty() ? "" : own + "/";
  S3Request request{.operation = S3Operation::kList};
  std::string token;
  do {
    request.query = {{"list-type", "2"},
                     {"encoding-type", "url"},
                     {"max-keys", fmt::format("{}", client_.options().list_page_keys)},
                     {"prefix", fmt::format("{}{}", before, prefix)}};
    if (!token.empty()) request.query.emplace_back("continuation-token", token);
    const S3Reply reply = client_.Send(request);
    if (!reply.answer.ok()) return reply.answer.error();
    GC_ASSIGN_OR_RETURN(ListPage page, ParseListPage(reply.answer->body));
    if (page.continuation_token == token && !token.empty()) {
      return base::DataLoss("the store lists the same page again and again");
    }
    token = std::move(page.continuation_token);
    for (BlobEntry& entry : page.entries) {
      if (!entry.key.starts_with(before)) continue;
      entry.key.erase(0, before.size());
      // What others have put into the bucket.
      if (entry.key.starts_with(prefix) && ValidateKey(entry.key).ok()) {
        entries.push_back(std::move(entry));
      }
    }
  } while (!token.empty());
  std::ranges::sort(entries, {}, &BlobEntry::key);
  return entries;
}

base::Result<void> S3BlobStore::Delete(std::string_view key) {
  GC_RETURN_IF_ERROR(ValidateKey(key));
  const S3Reply reply =
      client_.Send({.operation = S3Operation::kDelete, .method = "DELETE", .key = key});
  if (reply.answer.ok() || reply.answer.error().code() == ErrorCode::kNotFound) return {};
  return reply.answer.error();
}

}  // namespace geoclimate::blob
