// The XML answers of an object store and of a token service: any bytes are taken, and what a
// listing, an error or credentials say stays within what was sent.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "geoclimate/base/check.h"
#include "geoclimate/blob/s3/s3_xml.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace geoclimate;
  const std::string_view xml(reinterpret_cast<const char*>(data), size);
  if (const auto page = blob::ParseListPage(xml); page.ok()) {
    std::size_t bytes = page->continuation_token.size();
    for (const blob::BlobEntry& entry : page->entries) bytes += entry.key.size();
    GC_CHECK(bytes <= size, "nothing is expanded");
  } else {
    GC_CHECK(page.error().code() == base::ErrorCode::kDataLoss, "a listing that is none");
  }
  const blob::ErrorDocument error = blob::ParseErrorDocument(xml);
  GC_CHECK(error.code.size() + error.message.size() <= size, "nothing is expanded");
  if (const auto id = blob::ParseUploadId(xml); id.ok()) {
    GC_CHECK(!id->empty() && id->size() <= size, "an upload has an id");
  }
  if (const auto etag = blob::ParseCompletedUpload(xml); etag.ok()) {
    GC_CHECK(!etag->empty() && etag->size() <= size, "an object has an ETag");
    const auto again = blob::EncodeCompletedUpload({{*etag, "x"}});
    GC_CHECK(!again.empty(), "any ETag can be sent back");
  }
  if (const auto role = blob::ParseAssumedRole(xml); role.ok()) {
    GC_CHECK(role->expires.has_value(), "temporary credentials expire");
  }
  return 0;
}
