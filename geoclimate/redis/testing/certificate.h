#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <memory>
#include <string>

#include "geoclimate/base/check.h"

namespace geoclimate::redis::testing {

// Writes a certificate for `name` ("IP:127.0.0.1", "DNS:localhost") that has signed itself, and its
// key, as PEM. Valid for an hour.
inline void WriteCertificate(const std::string& name, const std::string& certificate_file,
                             const std::string& key_file) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"),
                                                                &EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), &X509_free);
  GC_CHECK(key != nullptr && certificate != nullptr, "a key and a certificate");
  constexpr long kVersion3 = 2;
  constexpr long kHour = 3600;
  X509_set_version(certificate.get(), kVersion3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -kHour);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), kHour);
  X509_set_pubkey(certificate.get(), key.get());
  X509_NAME* const subject = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("test"), -1, -1, 0);
  X509_set_issuer_name(certificate.get(), subject);
  X509_EXTENSION* const names =
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, name.c_str());
  X509_add_ext(certificate.get(), names, -1);
  X509_EXTENSION_free(names);
  GC_CHECK(X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0, "a signature");
  const auto write = [](const std::string& path, auto what) {
    std::FILE* const file = std::fopen(path.c_str(), "w");
    GC_CHECK(file != nullptr, path.c_str());
    what(file);
    GC_CHECK(std::fclose(file) == 0, path.c_str());
  };
  write(certificate_file, [&](std::FILE* file) { PEM_write_X509(file, certificate.get()); });
  write(key_file, [&](std::FILE* file) {
    PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
}

}  // namespace geoclimate::redis::testing
