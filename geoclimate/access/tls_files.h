#pragma once

#include <filesystem>

#include "geoclimate/base/result.h"

namespace geoclimate::access {

// What a server shows over TLS, and whom it lets connect. PEM files; they are read again when they
// change.
struct TlsFiles {
  std::filesystem::path certificate;  // with its chain; empty: no TLS
  std::filesystem::path key;          // without a passphrase
  // Callers show a certificate that one of these signed; empty: they need none. It is asked for
  // beside a key or a token, not instead.
  std::filesystem::path client_ca;

  bool enabled() const { return !certificate.empty(); }
  // kInvalidArgument for a key without its certificate or the other way round; kNotFound and others
  // for a file that cannot be read.
  base::Result<void> Validate() const;
};

}  // namespace geoclimate::access
