#include "geoclimate/access/tls_files.h"

#include <unistd.h>

#include <cerrno>

namespace geoclimate::access {

base::Result<void> TlsFiles::Validate() const {
  if (certificate.empty() != key.empty() || (certificate.empty() && !client_ca.empty())) {
    return base::InvalidArgument("TLS needs both a certificate and its key");
  }
  for (const std::filesystem::path& file : {certificate, key, client_ca}) {
    if (file.empty() || ::access(file.c_str(), R_OK) == 0) continue;
    return base::FromErrno(errno, file.string());
  }
  return {};
}

}  // namespace geoclimate::access
