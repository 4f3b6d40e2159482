#include "geoclimate/blob/s3/multipart_upload.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "geoclimate/blob/s3/checksum.h"
#include "geoclimate/blob/s3/part_threads.h"
#include "geoclimate/blob/s3/s3_error.h"
#include "geoclimate/blob/s3/s3_xml.h"
#include "geoclimate/formats/digest.h"

namespace geoclimate::blob {
namespace {

using http_client::Answer;
using http_client::HeaderField;

constexpr std::size_t kMostParts = 10'000;
constexpr int kPreconditionFailed = 412;
constexpr int kServerError = 500;

base::Result<std::string> Begin(const S3Client& client, std::string_view key,
                                std::vector<HeaderField> headers) {
  headers.push_back({"x-amz-checksum-algorithm", "SHA256"});
  const S3Reply reply = client.Send({.operation = S3Operation::kMultipart,
                                     .method = "POST",
                                     .key = key,
                                     .query = {{"uploads", ""}},
                                     .headers = std::move(headers)});
  if (!reply.answer.ok()) return reply.answer.error();
  return ParseUploadId(reply.answer->body);
}

base::Result<UploadedPart> UploadPart(const S3Client& client, std::string_view key,
                                      const std::string& upload, std::size_t number,
                                      std::string_view bytes) {
  const formats::Sha256Digest digest = formats::Sha256(bytes);
  UploadedPart part{.etag = "", .sha256_base64 = Base64(digest)};
  const S3Reply reply =
      client.Send({.operation = S3Operation::kMultipart,
                   .method = "PUT",
                   .key = key,
                   .query = {{"partNumber", fmt::format("{}", number)}, {"uploadId", upload}},
                   .headers = {{"x-amz-checksum-sha256", part.sha256_base64}},
                   .body = bytes,
                   .transfer_bytes = bytes.size()});
  if (!reply.answer.ok()) return reply.answer.error();
  const auto etag = reply.answer->Header("etag");
  if (!etag.has_value()) return base::DataLoss("the store took a part without giving its ETag");
  part.etag = *etag;
  return part;
}

// A completion that failed after its status was sent.
base::Result<void> CheckCompleted(const Answer& answer) {
  const ErrorDocument error = ParseErrorDocument(answer.body);
  if (error.code.empty()) return {};
  const int status = error.code == "PreconditionFailed" ? kPreconditionFailed : kServerError;
  return base::Error(S3ErrorCodeOf(status, error.code),
                     fmt::format("an upload was not completed: {}: {}", error.code, error.message));
}

UploadReply Complete(const S3Client& client, std::string_view key, const std::string& upload,
                     const std::vector<UploadedPart>& parts,
                     const std::vector<HeaderField>& conditions) {
  const std::string document = EncodeCompletedUpload(parts);
  std::vector<HeaderField> headers = conditions;
  headers.push_back({"Content-Type", "application/xml"});
  // The store may put a very large object together before it answers.
  constexpr std::size_t kBytesOfTheWait = std::size_t{30} << 20;
  const S3Reply reply = client.Send({.operation = S3Operation::kMultipart,
                                     .method = "POST",
                                     .key = key,
                                     .query = {{"uploadId", upload}},
                                     .headers = std::move(headers),
                                     .body = document,
                                     .transfer_bytes = kBytesOfTheWait,
                                     .check = &CheckCompleted});
  if (!reply.answer.ok()) return {reply.answer.error(), reply.repeated};
  return {ParseCompletedUpload(reply.answer->body), reply.repeated};
}

}  // namespace

UploadReply UploadInParts(const S3Client& client, std::string_view key, std::string_view bytes,
                          const std::vector<HeaderField>& headers,
                          const std::vector<HeaderField>& conditions) {
  const auto upload = Begin(client, key, headers);
  if (!upload.ok()) return {upload.error(), false};
  const std::size_t part_bytes =
      std::max(client.options().multipart_bytes, (bytes.size() + kMostParts - 1) / kMostParts);
  const std::size_t count = (bytes.size() + part_bytes - 1) / part_bytes;
  std::vector<UploadedPart> parts(count);
  const auto uploaded =
      ForEachPart(count, client.options().parallel_parts, [&](std::size_t i) -> base::Result<void> {
        GC_ASSIGN_OR_RETURN(parts[i], UploadPart(client, key, *upload, i + 1,
                                                 bytes.substr(i * part_bytes, part_bytes)));
        return {};
      });
  UploadReply reply = uploaded.ok() ? Complete(client, key, *upload, parts, conditions)
                                    : UploadReply{uploaded.error(), false};
  if (!reply.etag.ok()) {
    // Best effort: the failure that counts is the one above.
    static_cast<void>(client.Send({.operation = S3Operation::kMultipart,
                                   .method = "DELETE",
                                   .key = key,
                                   .query = {{"uploadId", *upload}}}));
  }
  return reply;
}

}  // namespace geoclimate::blob
