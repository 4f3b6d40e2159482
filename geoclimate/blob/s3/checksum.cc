#include "geoclimate/blob/s3/checksum.h"

#include <string_view>

#include "geoclimate/formats/base64.h"

namespace geoclimate::blob {

std::string Base64(const formats::Sha256Digest& digest) {
  return formats::EncodeBase64(
      {reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size()});
}

}  // namespace geoclimate::blob
