#include "geoclimate/blob/s3/ranged_download.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <utility>

#include "geoclimate/blob/s3/checksum.h"
#include "geoclimate/blob/s3/part_threads.h"
#include "geoclimate/formats/digest.h"

namespace geoclimate::blob {
namespace {

using http_client::Answer;
using http_client::HeaderField;

constexpr int kPartialContent = 206;

struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::uint64_t total = 0;
};

// "bytes 0-9/100".
std::optional<ByteRange> ParseContentRange(std::string_view text) {
  constexpr std::string_view kUnit = "bytes ";
  if (!text.starts_with(kUnit)) return std::nullopt;
  const char* at = text.data() + kUnit.size();
  const char* const end = text.data() + text.size();
  ByteRange range;
  for (const auto& [number, stop] :
       {std::pair{&range.first, '-'}, {&range.last, '/'}, {&range.total, '\0'}}) {
    const auto [rest, error] = std::from_chars(at, end, *number);
    const bool stops = stop == '\0' ? rest == end : rest != end && *rest == stop;
    if (error != std::errc() || !stops) return std::nullopt;
    at = rest == end ? end : rest + 1;
  }
  if (range.first > range.last || range.last >= range.total) return std::nullopt;
  return range;
}

base::Error NotTheBytes(std::string_view key) {
  return base::DataLoss(
      fmt::format("the store's bytes of '{}' are not the ones that were written", key));
}

base::Result<void> Verify(std::string_view key, std::string_view bytes, const Answer& first) {
  const formats::Sha256Digest digest = formats::Sha256(bytes);
  if (const auto written = first.Header(kSha256Field)) {
    if (*written == digest.Hex()) return {};
    return NotTheBytes(key);
  }
  const auto checksum = first.Header("x-amz-checksum-sha256");
  // With a '-' it is of the parts' checksums, and nothing can be said of the whole.
  if (checksum.has_value() && checksum->find('-') == std::string_view::npos &&
      *checksum != Base64(digest)) {
    return NotTheBytes(key);
  }
  return {};
}

S3Request RangeRequest(std::string_view key, std::uint64_t first, std::uint64_t last) {
  S3Request request{.key = key};
  request.headers.push_back({"Range", fmt::format("bytes={}-{}", first, last)});
  request.transfer_bytes = last - first + 1;
  return request;
}

base::Result<Answer> GetFirst(const S3Client& client, std::string_view key) {
  const S3Options& options = client.options();
  S3Request request = RangeRequest(key, 0, options.multipart_bytes - 1);
  request.headers.push_back({"x-amz-checksum-mode", "ENABLED"});
  request.max_answer_bytes = options.max_blob_bytes;
  request.check = [&](const Answer& answer) -> base::Result<void> {
    const auto range = ParseContentRange(answer.Header("content-range").value_or(""));
    if (answer.status != kPartialContent) return Verify(key, answer.body, answer);
    if (!range.has_value() || range->first != 0 || range->last + 1 != answer.body.size()) {
      return base::DataLoss(fmt::format("the store gave another range of '{}'", key));
    }
    return range->total == answer.body.size() ? Verify(key, answer.body, answer)
                                              : base::Result<void>();
  };
  S3Reply reply = client.Send(request);
  if (!reply.answer.ok() && reply.answer.error().code() == base::ErrorCode::kOutOfRange) {
    // An object without bytes has no first one; and a store may know no ranges at all.
    request.headers.erase(request.headers.begin());
    reply = client.Send(request);
  }
  return std::move(reply.answer);
}

// What comes after the first part. kAborted when the object was replaced meanwhile.
base::Result<void> GetRest(const S3Client& client, std::string_view key, const std::string& etag,
                           std::size_t begin, std::string& bytes) {
  const std::size_t part_bytes = client.options().multipart_bytes;
  const std::size_t count = (bytes.size() - begin + part_bytes - 1) / part_bytes;
  return ForEachPart(
      count, client.options().parallel_parts, [&](std::size_t i) -> base::Result<void> {
        const std::size_t from = begin + i * part_bytes;
        const std::size_t size = std::min(part_bytes, bytes.size() - from);
        S3Request request = RangeRequest(key, from, from + size - 1);
        request.headers.push_back({"If-Match", etag});
        request.max_answer_bytes = size;
        const S3Reply reply = client.Send(request);
        if (!reply.answer.ok()) return reply.answer.error();
        if (reply.answer->body.size() != size) {
          return base::DataLoss(fmt::format("the store gave another range of '{}'", key));
        }
        std::ranges::copy(reply.answer->body, bytes.begin() + static_cast<std::ptrdiff_t>(from));
        return {};
      });
}

base::Result<Blob> DownloadOnce(const S3Client& client, std::string_view key) {
  GC_ASSIGN_OR_RETURN(Answer first, GetFirst(client, key));
  const auto etag = first.Header("etag");
  if (!etag.has_value()) return base::DataLoss(fmt::format("'{}' has no ETag", key));
  Blob blob{.bytes = std::move(first.body), .version = std::string(*etag)};
  const auto range = ParseContentRange(first.Header("content-range").value_or(""));
  if (!range.has_value() || range->total <= blob.bytes.size()) return blob;
  if (range->total > client.options().max_blob_bytes) {
    return base::OutOfRange(fmt::format("'{}' has {} bytes, more than {}", key, range->total,
                                        client.options().max_blob_bytes));
  }
  const std::size_t begin = blob.bytes.size();
  blob.bytes.resize(range->total);
  GC_RETURN_IF_ERROR(GetRest(client, key, blob.version, begin, blob.bytes));
  GC_RETURN_IF_ERROR(Verify(key, blob.bytes, first));
  return blob;
}

}  // namespace

base::Result<Blob> Download(const S3Client& client, std::string_view key) {
  constexpr int kTries = 5;
  for (int i = 0; i < kTries; ++i) {
    auto blob = DownloadOnce(client, key);
    if (blob.ok() || blob.error().code() != base::ErrorCode::kAborted) return blob;
  }
  return base::Unavailable(fmt::format("'{}' was replaced each time that it was read", key));
}

}  // namespace geoclimate::blob
