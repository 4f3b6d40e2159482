#include "geoclimate/blob/s3/checksum.h"

#include <gtest/gtest.h>

namespace geoclimate::blob {
namespace {

TEST(Checksum, IsTheDigestInBase64) {
  EXPECT_EQ(Base64(formats::Sha256("")), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
  EXPECT_EQ(Base64(formats::Sha256("abc")), "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
}

}  // namespace
}  // namespace geoclimate::blob
