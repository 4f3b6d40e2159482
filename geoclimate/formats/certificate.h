#pragma once

#include <filesystem>
#include <string>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/result.h"

namespace geoclimate::formats {

// What a certificate says of itself (X.509, RFC 5280).
struct Certificate {
  std::string subject;  // "CN=api.example.org,O=Example"
  base::Timestamp valid_from;
  base::Timestamp valid_to;
};

// The first certificate of a PEM file. Errors of reading, kInvalidArgument for a file without one.
base::Result<Certificate> ReadCertificate(const std::filesystem::path& file);

// Success when the private key in `key` is the one of the first certificate in `certificate`; both
// PEM, the key without a passphrase. kInvalidArgument naming the file that is wrong.
base::Result<void> CheckCertificateKey(const std::filesystem::path& certificate,
                                       const std::filesystem::path& key);

}  // namespace geoclimate::formats
