#include "geoclimate/server/http/tls_context.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <filesystem>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "geoclimate/base/check.h"

namespace geoclimate::server::http {
namespace {

constexpr std::string_view kSessions = "geoclimate";

using Context = std::shared_ptr<ssl_ctx_st>;

base::Error LibraryError(const std::filesystem::path& file, std::string_view what) {
  std::array<char, 256> text{};
  ERR_error_string_n(ERR_peek_last_error(), text.data(), text.size());
  ERR_clear_error();
  return base::InvalidArgument(fmt::format("{}: {}: {}", file.string(), what, text.data()));
}

// HTTP/1.1 for those who ask by ALPN (RFC 7301), and no answer for those who want something else.
int ChooseProtocol(SSL*, const unsigned char** chosen, unsigned char* length,
                   const unsigned char* offered, unsigned offered_length, void*) {
  static constexpr std::array<unsigned char, 9> kHttp = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  unsigned char* found = nullptr;
  const int outcome =
      SSL_select_next_proto(&found, length, kHttp.data(), kHttp.size(), offered, offered_length);
  *chosen = found;
  return outcome == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

base::Result<void> AskForCertificates(SSL_CTX& context, const std::filesystem::path& authorities) {
  STACK_OF(X509_NAME)* const names = SSL_load_client_CA_file(authorities.c_str());
  if (names == nullptr || SSL_CTX_load_verify_file(&context, authorities.c_str()) != 1) {
    return LibraryError(authorities, "no certificates of authorities");
  }
  SSL_CTX_set_client_CA_list(&context, names);
  SSL_CTX_set_verify(&context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return {};
}

base::Result<Context> Load(const access::TlsFiles& files) {
  ERR_clear_error();
  Context context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (context == nullptr) return base::Internal("no memory for TLS");
  SSL_CTX& c = *context;
  SSL_CTX_set_min_proto_version(&c, TLS1_2_VERSION);
  SSL_CTX_set_options(&c, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                              SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  // Of TLS 1.2 those with forward secrecy and authenticated encryption; 1.3 has no others.
  SSL_CTX_set_cipher_list(&c, "ECDHE+AESGCM:ECDHE+CHACHA20");
  // An idle connection keeps no buffers.
  SSL_CTX_set_mode(&c, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                           SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_id_context(&c, reinterpret_cast<const unsigned char*>(kSessions.data()),
                                 kSessions.size());
  SSL_CTX_set_alpn_select_cb(&c, ChooseProtocol, nullptr);
  if (SSL_CTX_use_certificate_chain_file(&c, files.certificate.c_str()) != 1) {
    return LibraryError(files.certificate, "no certificate");
  }
  if (SSL_CTX_use_PrivateKey_file(&c, files.key.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(&c) != 1) {
    return LibraryError(files.key, "no key that fits the certificate");
  }
  if (!files.client_ca.empty()) GC_RETURN_IF_ERROR(AskForCertificates(c, files.client_ca));
  return context;
}

}  // namespace

base::Result<std::unique_ptr<TlsContext>> TlsContext::Open(const access::TlsFiles& files) {
  GC_RETURN_IF_ERROR(files.Validate());
  std::unique_ptr<TlsContext> context(new TlsContext(files));
  std::vector<std::filesystem::path> watched = {files.certificate, files.key};
  if (!files.client_ca.empty()) watched.push_back(files.client_ca);
  GC_ASSIGN_OR_RETURN(
      context->watch_,
      access::FileWatch::Start("certificate " + files.certificate.string(), std::move(watched),
                               [&opened = *context] { return opened.Read(); }));
  return context;
}

std::unique_ptr<TlsStream> TlsContext::Accept(int socket) {
  Context context;
  {
    const base::MutexLock lock(mutex_);
    context = context_;
  }
  SSL* const ssl = SSL_new(context.get());
  GC_CHECK(ssl != nullptr, "memory for a connection");
  SSL_set_accept_state(ssl);
  return std::make_unique<TlsStream>(ssl, socket);
}

base::Result<void> TlsContext::Read() {
  GC_ASSIGN_OR_RETURN(Context loaded, Load(files_));
  const base::MutexLock lock(mutex_);
  context_ = std::move(loaded);
  return {};
}

}  // namespace geoclimate::server::http
