#include "geoclimate/formats/certificate.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <fstream>
#include <iterator>
#include <memory>

#include <fmt/format.h>

namespace geoclimate::formats {
namespace {

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Bio = std::unique_ptr<BIO, Free>;
using X509Pointer = std::unique_ptr<X509, Free>;
using KeyPointer = std::unique_ptr<EVP_PKEY, Free>;

base::Result<std::string> ReadFile(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::string bytes(std::istreambuf_iterator<char>(stream), {});
  if (!stream.is_open() || stream.bad()) return base::FromErrno(errno, file.string());
  return bytes;
}

Bio Wrap(const std::string& bytes) {
  return Bio(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
}

base::Result<X509Pointer> ReadX509(const std::filesystem::path& file) {
  GC_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(file));
  X509Pointer certificate(PEM_read_bio_X509(Wrap(bytes).get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  if (certificate == nullptr) {
    return base::InvalidArgument(fmt::format("{} holds no certificate in PEM", file.string()));
  }
  return certificate;
}

base::Timestamp TimeOf(const ASN1_TIME* time) {
  std::tm parts{};
  ASN1_TIME_to_tm(time, &parts);
  return base::Timestamp(std::chrono::seconds(::timegm(&parts)));
}

std::string SubjectOf(const X509* certificate) {
  const Bio text(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(text.get(), X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
  std::array<char, 1024> bytes{};
  const int length = BIO_read(text.get(), bytes.data(), static_cast<int>(bytes.size()));
  return {bytes.data(), static_cast<std::size_t>(std::max(length, 0))};
}

// Nobody is asked for a passphrase.
int NoPassphrase(char*, int, int, void*) {
  return 0;
}

}  // namespace

base::Result<Certificate> ReadCertificate(const std::filesystem::path& file) {
  GC_ASSIGN_OR_RETURN(const X509Pointer certificate, ReadX509(file));
  return Certificate{.subject = SubjectOf(certificate.get()),
                     .valid_from = TimeOf(X509_get0_notBefore(certificate.get())),
                     .valid_to = TimeOf(X509_get0_notAfter(certificate.get()))};
}

base::Result<void> CheckCertificateKey(const std::filesystem::path& certificate,
                                       const std::filesystem::path& key) {
  GC_ASSIGN_OR_RETURN(const X509Pointer shown, ReadX509(certificate));
  GC_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(key));
  const KeyPointer secret(
      PEM_read_bio_PrivateKey(Wrap(bytes).get(), nullptr, &NoPassphrase, nullptr));
  const bool fits = secret != nullptr && X509_check_private_key(shown.get(), secret.get()) == 1;
  ERR_clear_error();
  if (secret == nullptr) {
    return base::InvalidArgument(
        fmt::format("{} holds no private key in PEM that needs no passphrase", key.string()));
  }
  if (!fits) {
    return base::InvalidArgument(fmt::format("{} is not the key of the certificate in {}",
                                             key.string(), certificate.string()));
  }
  return {};
}

}  // namespace geoclimate::formats
